"""Measures on the preset skylake what huge pages save, in a fresh and in a fragmented memory, and what the kernel's work
on them costs; prints Markdown tables.

    python3 tb/kernel/huge_pages.py PROGRAM [--megabytes N] [--records N]

Two programs, which first write a word of each page of their data, as programs initialise their arrays; measured is what
follows. GUPS updates random words. PageRank goes over the edges of a random graph: for each vertex it reads its place in
the edge list and its edges, both sequentially, and the rank of each neighbour, which may be anywhere.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import prices

BASE = 0x40000000
SMALL = 4096
POLICIES = [("4 KiB", []), ("2 MiB", ["os.huge_pages.policy=always"]),
            ("1 GiB", ["os.huge_pages.policy=always", "os.huge_pages.size=1G"])]
MEMORIES = [("fresh", []),
            ("fragmented", ["os.fragmentation.share=0.9", "os.fragmentation.unmovable=0.5",
                            "os.huge_pages.compact=false"]),
            ("fragmented, compaction", ["os.fragmentation.share=0.9", "os.fragmentation.unmovable=0.5"])]
FIGURES = ["core.cycles", "dtlb.misses", "stlb.misses", "walker.walks", "walker.entry_reads", "translation.cost_share",
           "tables.bytes", "kernel.huge.pages", "kernel.huge.fallbacks", "kernel.huge.moved_pages"]


def gups(size, records, dice):
    for _ in range(records // 2):
        word = BASE + dice.randrange(size // 8) * 8
        yield f"R {word:#x} 8"
        yield f"W {word:#x} 8"


def pagerank(size, records, dice):
    """3/4 of the memory are ranks, old and new; the rest are edges, and places in the edge list."""
    vertices = size * 3 // 4 // 16
    new, places, edges = BASE + vertices * 8, BASE + vertices * 16, BASE + size * 7 // 8
    vertex, edge, made = dice.randrange(vertices // 2), 0, 0
    while made < records:
        yield f"R {places + vertex % (size // 64) * 8:#x} 8"
        degree = dice.randrange(1, 16)
        for _ in range(degree):
            yield f"R {edges + edge * 8 % (size // 8):#x} 8"
            yield f"R {BASE + dice.randrange(vertices) * 8:#x} 8"
            edge += 1
        yield f"W {new + vertex * 8:#x} 8"
        vertex = (vertex + 1) % vertices
        made += 2 + 2 * degree


def write_trace(path, size, lines):
    with open(path, "w") as file:
        file.write(f"# layout: known\n# layout: reserve {BASE:#x} {size:#x} rw-u\n")
        for page in range(size // SMALL):
            file.write(f"W {BASE + page * SMALL:#x} 8\n")
        for line in lines:
            file.write(line + "\n")


def run(program, trace, size, settings):
    command = [program, "run", str(trace), "--trace-format", "text", "--format", "json", "-c", "skylake", "--warmup",
               str(size // SMALL), "--set", "os.prefault=false", "--set", "os.frames=buddy", "--set",
               f"memory.bytes={4 * size}", "--set", "os.kernel_traffic=false"]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)["stats"]


def operations(program):
    """Each row is the difference of a run with the operation to one without it."""
    print("\n" + prices.HEADER)
    page, touch = prices.page, prices.touch
    always, promote, reserve = (["os.huge_pages.policy=" + name] for name in ("always", "promote", "reserve"))
    unmap = [f"# layout: unmap {page(0)}"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def row(title, before, after, settings):
            prices.row(title, prices.run(program, folder, after, *settings), prices.run(program, folder, before, *settings))

        last = [f"W {page(5000)} 8"]
        row("first touch of 2 MiB", last, last + touch(1), always)
        row("first touches of its 512 small pages", last, last + touch(512), [])
        row("the same, reserved, and promotion in place", last, last + touch(512), reserve)
        row("the same, and promotion with copying", last, last + touch(512), promote)
        row("munmap of a huge page", touch(1) + last, touch(1) + last + [unmap[0] + " 0x200000"] + last, always)
        row("munmap of its 512 small pages", touch(512) + last, touch(512) + last + [unmap[0] + " 0x200000"] + last, [])
        row("munmap of 4 KiB of a huge page: it is split", touch(1) + last,
            touch(1) + last + [unmap[0] + " 0x1000"] + last, always)
        written = [line for number in range(0, 512 * 512, 512) for line in [f"W {page(number)} 8"]]
        fork = ["# layout: fork @1", f"R {page(0)} 8"]
        few = always + ["os.huge_pages.clear_bytes=4K", "paging.x86.pcide=true"]
        row("fork of a process with 1,024 MiB in huge pages", written, written + fork, few)
        row("copy-on-write fault in a huge page: it is split", written + fork, written + fork + [f"W {page(0)} 8"], few)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--megabytes", type=int, default=1024, help="memory of each program, a power of two")
    parser.add_argument("--records", type=int, default=400_000)
    parser.add_argument("--raw", action="store_true", help="print all figures of each run")
    arguments = parser.parse_args()
    size = arguments.megabytes << 20
    print("| program | memory | pages | huge pages | DTLB misses | STLB misses | reads per walk | "
          "cost of translation |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for title, pattern in (("GUPS", gups), ("PageRank", pagerank)):
            trace = pathlib.Path(name) / "trace.txt"
            write_trace(trace, size, pattern(size, arguments.records, random.Random(1)))
            for memory, how in MEMORIES:
                for pages, policy in POLICIES:
                    if memory != "fresh" and not policy:
                        continue  # small pages need no blocks
                    stats = run(arguments.program, trace, size, how + policy)
                    if arguments.raw:
                        print(title, memory, pages, {key: stats[key] for key in stats if key in FIGURES}, file=sys.stderr)
                    walks = stats["walker.walks"]
                    reads = stats["walker.entry_reads"] / walks if walks else 0
                    print(f"| {title} | {memory} | {pages} | {stats.get('kernel.huge.pages', 0):,} | "
                          f"{stats['dtlb.misses']:,} | {stats['stlb.misses']:,} | {reads:.2f} | "
                          f"{round(100 * stats['translation.cost_share'], 1) + 0.0:.1f} % |", flush=True)
    operations(arguments.program)


if __name__ == "__main__":
    main()

"""Measures what the kernel's work costs on the preset skylake, in cycles by their parts, and prints Markdown tables.

    python3 tb/kernel/prices.py PROGRAM [--fork-pages N]

Each row is the difference of two runs: a program with the operation, and the same program without it.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

PARTS = ["compute", "memory", "device", "lock", "shootdown", "root"]
BASE = 0x10000000


def run(program, folder, lines, *settings, cores=1):
    trace = folder / "trace.txt"
    trace.write_text("\n".join(["# layout: known", f"# layout: reserve {BASE:#x} 0x80000000 rw-u", *lines]) + "\n")
    command = [program, "run", str(trace), "--trace-format", "text", "--no-cost", "--format", "json", "-c", "skylake",
               "--set", "os.prefault=false", "--set", f"cores={cores}"]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)["stats"]


def parts(stats, prefix=""):
    names = [f"{prefix or 'core.'}kernel.{part}_cycles" for part in PARTS]
    return [stats.get(name, 0) for name in names]


HEADER = ("| operation | kernel cycles | instructions | memory | device | lock | shootdown | root writes | "
          "in interrupts of other cores |\n|---|---|---|---|---|---|---|---|---|")


def row(name, with_it, without, prefix=""):
    cells = [a - b for a, b in zip(parts(with_it, prefix), parts(without, prefix))]
    others = (with_it.get("core.interrupt_cycles", 0) - without.get("core.interrupt_cycles", 0)
              if prefix else 0)
    print(f"| {name} | {sum(cells):,} | " + " | ".join(f"{cell:,}" for cell in cells) + f" | {others:,} |")


def page(number):
    return f"{BASE + 4096 * number:#x}"


def touch(count):
    return [f"W {page(number)} 8" for number in range(count)]


def faults(program, folder):
    one = run(program, folder, touch(1))
    two = run(program, folder, touch(2))
    row("minor fault: first touch of a page", two, one)
    few = ["os.resident_limit=8K", "os.swap.bytes=1G", "os.replacement.policy=fifo"]
    before = run(program, folder, touch(3), *few)
    after = run(program, folder, touch(3) + [f"R {page(0)} 8"], *few)
    row("major fault, and the eviction of a dirty page", after, before)
    limit = ["os.resident_limit=12K", "os.swap.bytes=1G", "os.replacement.policy=fifo"]
    clean = touch(4) + [f"R {page(0)} 8", f"R {page(1)} 8", f"R {page(2)} 8"]
    row("major fault, and the eviction of a clean page",
        run(program, folder, clean + [f"R {page(3)} 8"], *limit), run(program, folder, clean, *limit))


def forks(program, folder, pages):
    pcid = "paging.x86.pcide=true"
    touched = touch(pages) + [f"R {page(0)} 8"]
    forked = touch(pages) + ["# layout: fork @1", f"R {page(0)} 8"]
    without = run(program, folder, touched, pcid)
    with_it = run(program, folder, forked, pcid)
    row(f"fork of a process with {pages * 4096 // 2**20:,} MiB in memory", with_it, without)
    written = run(program, folder, forked + [f"W {page(0)} 8"], pcid)
    row("copy-on-write fault: the page is copied", written, with_it)


def munmap_trace(pages, cores, away):
    """Thread 0 unmaps pages that all threads have used. Meanwhile the others run on, or run another process (away)."""
    lines = touch(pages) + [f"W {page(2000)} 8"]
    for thread in range(1, cores):
        space = " @1" if away else ""
        lines += [f"thread {thread}", f"R {page(0)} 8"] + [f"R {page(2000)} 8{space}"] * 5_000
    lines += (["thread 0"] if cores > 1 else []) + [f"R {page(0)} 8"]
    return lines, [f"# layout: unmap {page(0)} {4096 * pages:#x}"], [f"R {page(2000)} 8"]


def unmaps(program, folder):
    # A gap of 5,000 cycles between accesses keeps the other cores running for 25 million cycles.
    settings = ["core.blocking=true", "core.issue_width=4", "core.instruction_gap=20000", "paging.x86.pcide=true"]
    for pages in (1, 1000):
        kinds = [(1, "ipi", False)]
        for cores in (4, 16):
            kinds += [(cores, kind, False) for kind in ("ipi", "lazy", "broadcast")]
            kinds += [(cores, kind, True) for kind in ("ipi", "lazy")]
        for cores, kind, away in kinds:
            lines, call, end = munmap_trace(pages, cores, away)
            if away:
                lines = [f"# layout: @1 reserve {BASE:#x} 0x80000000 rw-u"] + lines
            with_it, without = (run(program, folder, lines + middle + end, *settings, f"os.shootdown={kind}",
                                    cores=cores) for middle in (call, []))
            name = f"munmap of {pages:,} page{'s' if pages > 1 else ''}, {cores} core{'s' if cores > 1 else ''}"
            if cores > 1:
                name += f", {kind}" + (", the others run another process" if away else "")
            row(name, with_it, without, "core0." if cores > 1 else "")


def isolation(program, folder):
    """The entry to an isolated kernel and the exit, of a fault and of a system call that does nothing else."""
    for name, pcid in (("without PCIDs", "false"), ("with PCIDs", "true")):
        settings = ["os.kpti=true", f"paging.x86.pcide={pcid}"]
        row(f"minor fault with page-table isolation, {name}", run(program, folder, touch(2), *settings),
            run(program, folder, touch(1), *settings))
    call = [f"# layout: advise {page(0)} 0x1000 huge"]
    for name, settings in (("", []), (" with page-table isolation", ["os.kpti=true"])):
        row("system call that only returns (madvise)" + name,
            run(program, folder, touch(2) + call + [f"R {page(1)} 8"], *settings),
            run(program, folder, touch(2) + [f"R {page(1)} 8"], *settings))


def switches(program, folder):
    print("\n| switch of the address space, two processes that take turns on 32 pages each | cycles a switch | in the "
          "switch | root writes of the isolated kernel | DTLB misses a switch |\n|---|---|---|---|---|")
    rounds = 200
    cases = [(f"{pcid_name} PCIDs{kpti_name}", pcid, kpti)
             for kpti_name, kpti in (("", "false"), (", page-table isolation", "true"))
             for pcid_name, pcid in (("without", "false"), ("with", "true"))]
    for name, pcid, kpti in cases:
        runs = []
        for turns in (True, False):
            lines = []
            for turn in range(rounds):
                space = turn % 2 if turns else 0
                lines += [f"R {page(number)} 8 @{space}" for number in range(32)]
            runs.append(run(program, folder, [f"# layout: @1 reserve {BASE:#x} 0x80000000 rw-u"] + lines,
                            f"paging.x86.pcide={pcid}", f"os.kpti={kpti}", "os.fault_cycles=1",
                            "os.kernel_traffic=false"))
        count = runs[0]["core.switches"]
        faults = sum(parts(runs[0])) - sum(parts(runs[1]))
        roots = parts(runs[0])[PARTS.index("root")] - parts(runs[1])[PARTS.index("root")]
        # 32 more faults of the other process are not the switches' cost; their root writes are 200 cycles each.
        of_faults = 200 * 32 if kpti == "true" else 0
        cycles = (runs[0]["core.cycles"] - runs[1]["core.cycles"] - faults + roots - of_faults) / count
        misses = (runs[0]["dtlb.misses"] - runs[1]["dtlb.misses"]) / count
        print(f"| {name} | {cycles:.0f} | {runs[0]['core.switching_cycles'] / count:.0f} | "
              f"{(roots - of_faults) / count:.0f} | {misses:.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--fork-pages", type=int, default=262144, help="262144: a process of 1 GiB")
    arguments = parser.parse_args()
    print(HEADER)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        faults(arguments.program, folder)
        isolation(arguments.program, folder)
        unmaps(arguments.program, folder)
        forks(arguments.program, folder, arguments.fork_pages)
        switches(arguments.program, folder)


if __name__ == "__main__":
    main()

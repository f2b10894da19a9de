"""Runs tablewalk for the measurements of docs/flat-or-tree-or-hash.md. Each function gives the rows of a CSV file."""

import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KIB, MIB, GIB, TIB = (1 << shift for shift in (10, 20, 30, 40))

# Hash tables large enough from the start: no program's table grows.
SIZED = ["paging.hashed.initial_bytes=16M", "paging.cuckoo.initial_bytes=2M"]
TIMED = ["flat48", "flattened", "x86-64", "x86-64-la57", "hashed", "cuckoo", "hashed-chained", "inverted"]
HUGE = ["x86-64", "x86-64-la57", "hashed", "cuckoo", "hashed-chained", "inverted"]
PROGRAMS = ["bfs", "pagerank", "hash-join", "key-value", "btree", "heap"]


class Program:
    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments):
        """What the program prints as JSON."""
        run = subprocess.run([self.path, *arguments, "--format", "json"], cwd=ROOT, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"tablewalk {' '.join(arguments)[:300]}: {run.stderr}")
        return json.loads(run.stdout)

    def stats(self, traces, settings, *more):
        sets = [word for setting in settings for word in ("--set", setting)]
        return self("run", *traces, "-c", "skylake", *sets, *more)["stats"]


def rounded(value):
    return float(f"{value:.5g}")


# Bytes: mode, page size of --map, bits of addresses. 0: the smallest page.
SHAPES = [("flat32", 4 * KIB, 32), ("flat48", 4 * KIB, 48), ("x86-32", 4 * KIB, 32), ("x86-pae", 4 * KIB, 32),
          ("sv39", 4 * KIB, 38), ("x86-64", 4 * KIB, 47), ("x86-64-la57", 4 * KIB, 56), ("flattened", 4 * KIB, 47),
          ("hashed", 4 * KIB, 56), ("hashed-chained", 4 * KIB, 56), ("cuckoo", 4 * KIB, 56), ("inverted", 4 * KIB, 56),
          ("x86-32", 4 * MIB, 32), ("sv39", 2 * MIB, 38), ("x86-64", 2 * MIB, 47), ("x86-64-la57", 2 * MIB, 56),
          ("flattened", 2 * MIB, 47), ("hashed", 2 * MIB, 56), ("hashed-chained", 2 * MIB, 56),
          ("cuckoo", 2 * MIB, 56), ("inverted", 2 * MIB, 56)]
MEMORY = "2T"  # an inverted table has an entry for each of its frames
FOOTPRINTS = [4 * KIB * 4**step for step in range(15)]  # to 1 TiB
SPARSE = 64 * TIB  # pages at random addresses of these
MOST_COUNTED = 16 * GIB  # of a sparse space, which is counted page by page
BUILT = [4 * KIB * 4**step for step in range(9)] + [GIB, 4 * GIB]


def counted(run, mode, *what):
    return run("tables", "--mode", mode, "--memory", MEMORY, *what)["modes"][0]


def row(mode, page, space, footprint, pages, size, how):
    return {"organisation": mode, "page": page, "space": space, "footprint": footprint, "pages": pages, "bytes": size,
            "how": how}


def dense_bytes(run):
    rows = []
    for mode, page, bits in SHAPES:
        for footprint in FOOTPRINTS:
            if footprint < page or footprint > 1 << bits:
                continue
            one = counted(run, mode, "--map", f"0:{footprint}:{page}")
            rows.append(row(mode, page, "dense", footprint, one["pages"], one["bytes"], "counted"))
    return rows


def sparse_bytes(run):
    """4 KiB pages at random, as many as fit the footprint: counted by a trace that touches them."""
    rows = []
    for mode, page, bits in SHAPES:
        if page != 4 * KIB or bits < 47:
            continue
        for footprint in FOOTPRINTS:
            if footprint > MOST_COUNTED:
                break
            one = counted(run, mode, f"generated:uniform,footprint={SPARSE},count={footprint // page}")
            rows.append(row(mode, page, "sparse", footprint, one["pages"], one["bytes"], "counted"))
        rows += beyond(mode, rows[-1]["bytes"])
    return rows


def beyond(mode, last):
    """The rest of a sparse space by arithmetic: of R regions, N pages at random touch R * (1 - exp(-N / R))."""
    def touched(bytes_of_region, pages):
        regions = SPARSE // bytes_of_region
        return regions * -math.expm1(-pages / regions)
    rows = []
    for footprint in FOOTPRINTS:
        if footprint <= MOST_COUNTED:
            continue
        pages = footprint // (4 * KIB)
        if mode in ("flat48", "inverted"):
            size = last
        elif mode == "flattened":
            size = 2 * MIB * (1 + touched(GIB, pages))
        elif mode.startswith("x86-64"):
            upper = 1 if mode == "x86-64" else 2
            size = 4 * KIB * (touched(2 * MIB, pages) + touched(GIB, pages) + touched(512 * GIB, pages) + upper)
        else:
            size = last * (footprint // MOST_COUNTED)  # it has doubled twice for four times the pages
        rows.append(row(mode, 4 * KIB, "sparse", footprint, pages, round(size), "arithmetic"))
    return rows


def all_bytes(run):
    return dense_bytes(run) + sparse_bytes(run)


def built(run):
    """Tables that the kernel built in simulated memory, page by page, against those that `tables` counts."""
    rows = []
    for mode, page, bits in SHAPES:
        if mode == "x86-32" and page != 4 * KIB:
            continue
        memory = "2G" if bits == 32 else MEMORY
        for footprint in BUILT:
            if footprint < page or footprint >= 1 << bits:
                continue
            trace = f"generated:stride,base=0,footprint={footprint},stride={page},count={footprint // page}"
            stats = run.stats([trace], [f"paging.mode={mode}", f"memory.bytes={memory}", f"os.page_bytes={page}"], "--no-cost")
            size = counted(run, mode, "--map", f"0:{footprint}:{page}")["bytes"]
            rows.append({"organisation": mode, "page": page, "footprint": footprint, "counted": size,
                         "built": stats["tables.bytes"]})
    return rows


def memory_for(mode, processes):
    """16 GiB; a flat table of each process needs 512 GiB more."""
    return f"memory.bytes={128 if processes > 2 else 2}T" if mode == "flat48" else "memory.bytes=16G"


def figures(stats):
    walks = stats["walker.walks"]
    return {"cost_share": rounded(stats["translation.cost_share"]), "cycles": stats["core.cycles"], "walks": walks,
            "reads_per_walk": rounded(stats["walker.entry_reads"] / walks),
            "walk_cycles": rounded(stats["walker.latency_cycles.mean"]),
            "dram_per_walk": rounded(stats["walker.served_by.dram"] / walks),
            "l2_table_share": rounded(stats["l2.table_share"]), "llc_table_share": rounded(stats["llc.table_share"])}


def programs(run):
    """The six programs with pages of 4 KiB and 2 MiB; and what sharing caches with the tables costs."""
    rows = []
    for page, modes in (("4K", TIMED), ("2M", HUGE)):
        for mode in modes:
            for name in PROGRAMS:
                trace = f"traces/large/{name}.twt"
                settings = [f"paging.mode={mode}", memory_for(mode, 1), f"os.page_bytes={page}", *SIZED]
                one = figures(run.stats([trace], settings))
                sets = [word for setting in settings for word in ("--set", setting)]
                steps = run("explain", trace, "-c", "skylake", *sets)["machines"][0]["steps"]
                sharing = next(step["share"] for step in steps if step["name"] == "cache_sharing")
                rows.append({"program": name, "organisation": mode, "page": page, **one, "sharing_share": rounded(sharing)})
    return rows


def processes(run):
    """One python3 and a hundred that take turns on a core of six address-space numbers."""
    rows = []
    for count, time_slice in ((1, 100000), (100, 100000), (100, 20000)):
        for mode in TIMED:
            settings = [f"paging.mode={mode}", f"os.time_slice_cycles={time_slice}", "os.asids.kind=per_core",
                        "os.asids.count=6", memory_for(mode, count)]
            stats = run.stats(["traces/python3.twt"] * count, settings, "--limit", "500000")
            rows.append({"organisation": mode, "processes": count, "slice": time_slice, "table_bytes": stats["tables.bytes"],
                         "switches": stats.get("core.process_switches", 0), **figures(stats)})
    return rows


def footprints(run):
    """Loads at random, after as many that warm the caches."""
    rows = []
    for footprint in ("1G", "16G", "64G", "256G", "1T"):
        for mode in TIMED:
            settings = [f"paging.mode={mode}", "memory.bytes=2T", "paging.hashed.initial_bytes=256M",
                        "paging.cuckoo.initial_bytes=64M"]
            trace = f"generated:uniform,footprint={footprint},count=400K"
            rows.append({"footprint": footprint, "organisation": mode,
                         **figures(run.stats([trace], settings, "--warmup", "200000"))})
    return rows


# Lines of a text trace for walks from warm and cold caches.
PLACES = [GIB + page * 4096 + page % 64 * 64 for page in random.Random(1).sample(range(GIB // 4096), 256)]
LOADS = [f"R {place:#x} 8 @1" for place in PLACES]
OTHER = [f"R {TIB + 64 * line:#x} 8 @2" for line in range(32 * MIB // 64)]  # four times the last-level cache
EMPTY = ["invalidate all"]  # TLBs and walk caches
EVERY = [line for load in LOADS for line in EMPTY + [load]]
SHIFTS = range(0, 9000, 1000)  # of the time at which cold walks begin, which a refresh of the DRAM may delay


def traces():
    """State, records before those measured, those measured."""
    yield "warm", 2 * LOADS, LOADS
    yield "walk caches cold", 2 * LOADS, EVERY
    for shift in SHIFTS:
        before = 2 * LOADS + OTHER[shift:] + EMPTY
        yield "all cold", before, LOADS
        yield "first walk", before, LOADS[:1]


def walk_figures(stats):
    walks = stats["walker.walks"]
    return {"walk_cycles": stats["walker.latency_cycles.mean"], "reads_per_walk": stats["walker.entry_reads"] / walks,
            "dram_per_walk": stats["walker.served_by.dram"] / walks}


def cold(run):
    """Walks for 256 pages of 1 GiB, one at a time, every load a walk: the machine has no TLBs. Medians."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace.txt")
        for state, before, measured in traces():
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(before + measured) + "\n")
            for mode in TIMED:
                settings = [f"paging.mode={mode}", memory_for(mode, 2), "dtlb.enabled=false", "stlb.enabled=false",
                            "core.blocking=true", "paging.hashed.initial_bytes=4M", "paging.cuckoo.initial_bytes=2M"]
                stats = run.stats([path], settings, "--warmup", str(len(before)), "--no-cost")
                found.setdefault((state, mode), []).append(walk_figures(stats))
    return [{"state": state, "organisation": mode,
             **{name: rounded(statistics.median(one[name] for one in several)) for name in several[0]}}
            for (state, mode), several in found.items()]


ALL = {"bytes": all_bytes, "built": built, "programs": programs, "processes": processes, "footprints": footprints,
       "cold": cold}

#!/usr/bin/env python3
"""Private and shared walk caches: the table of docs/several-cores.md.

usage: python3 -B tb/cores/shared_walk_caches.py TABLEWALK_PROGRAM [--records N]

Machines of four cores from the preset skylake-4, each core with its own walkers: with walk caches of their own, with one
set of the same entries in all, and with one set of a single core's entries.
"""

import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TRACES = os.path.join(HERE, "..", "..", "traces")
CORES = 4
ENTRIES = (32, 8, 4, 2)  # of the preset's walk caches

# Name, whether the walk caches are shared, how many times a core's entries each has.
MACHINES = [
    ("private", False, 1),
    ("shared, as many entries in all", True, CORES),
    ("shared, those of one core", True, 1),
]


def large(*names):
    return [os.path.join(TRACES, "large", name + ".twt") for name in names]


PROGRAMS = [
    ("different programs", large("bfs", "hash-join", "key-value", "heap")),
    ("the same program, a process each", large(*["hash-join"] * CORES)),
    ("threads of one program", [os.path.join(TRACES, "threads", "histogram.twt")]),
]


def row(program, traces, machine, records):
    name, shared, times = machine
    settings = {f"walker.walk_caches.{level}.entries": entries * times for level, entries in enumerate(ENTRIES)}
    settings["sharing.walk_caches"] = str(shared).lower()
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    command = [program, "run", *traces, "-c", "skylake-4", "--warmup", str(records // 4), "--limit",
               str(records - records // 4), "--format", "json", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    stats = json.loads(done.stdout)["stats"]
    hits = stats["walk_cache.level1.hits"] / max(1, stats["walk_cache.level1.lookups"])
    return (f"| {name} | {stats['walker.walks']:,} | {100 * hits:.1f} % | {stats['walker.entry_reads_per_walk']:.3f} | "
            f"{stats['walker.latency_cycles.mean']:.1f} | {100 * stats['translation.cost_share']:.2f} % |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", help="the tablewalk program")
    parser.add_argument("--records", type=int, default=400_000, help="records per core; a quarter is warm-up")
    arguments = parser.parse_args()
    for label, traces in PROGRAMS:
        print(f"\n**{label}**\n")
        print("| walk caches | walks | hits of level 1 | entry reads per walk | mean latency of a walk | cost of translation |")
        print("|---|---|---|---|---|---|", flush=True)
        for machine in MACHINES:
            print(row(arguments.program, traces, machine, arguments.records), flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""TLB prefetchers on programs with large footprints: the table of docs/prefetching.md.

usage: python3 tb/prefetch/prefetchers.py TABLEWALK_PROGRAM [-c PRESET] [--tlb stlb] [--degree N] [--buffer N]

Every trace of traces/large, after a warm-up in which most of its pages are touched for the first time, and a scan of an
array, on the preset with none and with each kind of prefetcher.
"""

import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TRACES = os.path.join(HERE, "..", "..", "traces", "large")
KINDS = ["none", "next_page", "stride", "distance", "line"]
WARM_UP = 1_000_000
# Four passes over five times the reach of the second-level TLB; the first one is the warm-up.
SCAN = ("scan of 32 MiB", "generated:stride,stride=64,footprint=32M,count=2097152", 524_288)


def workloads():
    names = sorted(name for name in os.listdir(TRACES) if name.endswith(".twt"))
    return [(name[:-len(".twt")], os.path.join(TRACES, name), WARM_UP) for name in names] + [SCAN]


def figures(arguments, trace, warm_up, kind):
    key = f"{arguments.tlb}.prefetch."
    command = [arguments.program, "run", trace, "-c", arguments.config, "--warmup", str(warm_up), "--format", "json",
               "--set", f"{key}kind={kind}", "--set", f"{key}degree={arguments.degree}", "--set",
               f"{key}buffer={arguments.buffer}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr.strip())
    return json.loads(done.stdout)["stats"]


def row(name, kind, stats, tlb):
    def count(figure):
        value = stats.get(f"{tlb}.prefetch.{figure}")
        return "" if value is None else f"{value:,}"

    asked = "from_line" if kind == "line" else "issued"
    cells = [name, kind, f"{100 * stats['translation.cost_share']:.2f} %", f"{stats[tlb + '.misses']:,}", count(asked),
             *[count(figure) for figure in ("useful", "late", "unused", "not_found", "harmful")]]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("-c", "--config", default="skylake", help="a preset, or a file")
    parser.add_argument("--tlb", default="stlb", choices=["itlb", "dtlb", "stlb"])
    parser.add_argument("--degree", type=int, default=2)
    parser.add_argument("--buffer", type=int, default=16)
    arguments = parser.parse_args()
    print("| trace | prefetcher | cost of translation | misses | issued | useful | late | unused | not found | harmful |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, trace, warm_up in workloads():
        for kind in KINDS:
            print(row(name, kind, figures(arguments, trace, warm_up, kind), arguments.tlb), flush=True)


if __name__ == "__main__":
    main()

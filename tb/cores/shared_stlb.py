#!/usr/bin/env python3
"""Private and shared second-level TLBs and walkers: the tables of docs/several-cores.md.

usage: python3 tb/cores/shared_stlb.py TABLEWALK_PROGRAM [--records N]

Four machines from the presets skylake-4 and skylake-8, each with the same number of entries, walkers, pointers in walk
caches and miss registers in all; a shared walker reads entries through the last-level cache, so the private ones do too, but for the first machine,
which is the preset.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TRACES = os.path.join(HERE, "..", "..", "traces")

# Name, walker_reads, whether the STLB and the walker are shared.
MACHINES = [
    ("all private, walks through the L1", "l1d", False, False),
    ("all private, walks through the LLC", "llc", False, False),
    ("shared walkers", "llc", False, True),
    ("shared STLB and walkers", "llc", True, True),
]


def shipped(*names):
    return [os.path.join(TRACES, name + ".twt") for name in names]


def large(program, folder, seed, records):
    """A pointer chase over 24 MiB: four times the reach of a core's second-level TLB."""
    path = os.path.join(folder, f"large{seed}.twt")
    if not os.path.exists(path):
        subprocess.run([program, "trace", "generate", "pointer-chase", "--footprint", "24M", "--count", str(records), "--seed",
                        str(seed), "-o", path], check=True, capture_output=True)
    return path


def programs(program, folder, cores, records):
    different = ["python3", "cc1", "git", "sqlite3", "perl", "bzip2", "sort", "gzip"][:cores]
    small = ["git", "sqlite3", "perl", "bzip2", "sort", "gzip", "grep"][:cores - 1]
    larges = [large(program, folder, seed, records) for seed in range(1, cores + 1)]
    return [
        ("different programs", shipped(*different)),
        ("the same program, a process each", shipped(*["python3"] * cores)),
        ("threads of one program" if cores == 4 else "two programs of four threads",
         shipped(*["threads/histogram"] * (cores // 4))),
        ("one large footprint, small ones beside it", larges[:1] + shipped(*small)),
        ("large footprints on all cores", larges),
    ]


def settings(cores, reads, stlb, walker):
    keys = {"walker_reads": reads}
    if walker:
        keys.update({"sharing.walker": "true", "walker.walkers": 2 * cores})
        for level, entries in enumerate([32, 8, 4, 2]):
            keys[f"walker.walk_caches.{level}.entries"] = entries * cores
    if stlb:
        keys.update({"sharing.stlb": "true", "stlb.arrays.0.entries": 1536 * cores,
                     "stlb.arrays.1.entries": 16 * cores, "stlb.miss_registers": 16 * cores})
    return [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]


def row(program, traces, cores, machine, records):
    name, *choices = machine
    command = [program, "run", *traces, "-c", f"skylake-{cores}", "--warmup", str(records // 4), "--limit",
               str(records - records // 4), "--format", "json", *settings(cores, *choices)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    stats = json.loads(done.stdout)["stats"]
    return (f"| {name} | {stats['stlb.misses']:,} | {stats['stlb.mpki']:.2f} | "
            f"{stats['stlb.miss_latency_cycles.mean']:.1f} | {stats['dtlb.miss_latency_cycles.mean']:.1f} | "
            f"{100 * stats['translation.cost_share']:.2f} % | {stats['core.cycles']:,} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", help="the tablewalk program")
    parser.add_argument("--records", type=int, default=520_000, help="records per core; a quarter is warm-up")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for cores in (4, 8):
            for label, traces in programs(arguments.program, folder, cores, arguments.records):
                print(f"\n**{cores} cores, {label}**\n")
                print("| machine | STLB misses | per 1,000 instructions | cycles of one | of a DTLB miss | "
                      "cost of translation | cycles of all cores |")
                print("|---|---|---|---|---|---|---|", flush=True)
                for machine in MACHINES:
                    print(row(arguments.program, traces, cores, machine, arguments.records), flush=True)


if __name__ == "__main__":
    main()

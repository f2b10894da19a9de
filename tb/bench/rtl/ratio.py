"""What the RTL walker costs the host: processor time of runs with it over that of the same runs with the model.

    python3 tb/bench/rtl/ratio.py PROGRAM [--pairs 5] [--limit 3000000] [--preset NAME]...

Prints a table: for each preset and trace the median of alternating pairs of whole processes (user time), the smallest and
the largest, and the number of walks. The traces are two of real programs and random updates of a table, where most
accesses walk.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
TRACES = ["traces/gzip.twt", "traces/cc1.twt", "tb/golden/traces/gups.twt"]
PRESETS = ["default", "ddr4-3200", "ddr5-4800", "skylake", "cva6", "example-walker", "teaching", "skylake-4", "skylake-8"]
NARROW = {"teaching": ["traces/tree32.twt", "tb/golden/traces/gups.twt"]}  # 32-bit addresses
CORES = {"skylake-4": 4, "skylake-8": 8}


def run(program, preset, trace, kind, limit, *options):
    cores = CORES.get(preset, 1)
    command = [program, "run", *[os.path.join(ROOT, trace)] * cores, "-c", preset, "--no-cost", "--limit",
               str(limit // cores), "--set", f"walker.kind={kind}", *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"ratio.py: `{' '.join(command)}` ends with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def user_seconds(*arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run(*arguments)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def cell(program, preset, trace, limit, pairs):
    ratios = []
    for _ in range(pairs):
        rtl, model = (user_seconds(program, preset, trace, kind, limit) for kind in ("rtl", "systemc"))
        ratios.append(rtl / model)
    result = json.loads(run(program, preset, trace, "systemc", limit, "--format", "json"))
    walks = result["stats"]["walker.walks"]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), {walks:,}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--pairs", type=int, default=5, help="of runs (5)")
    parser.add_argument("--limit", type=int, default=3000000, help="records of each run, over all cores (3000000)")
    parser.add_argument("--preset", action="append", choices=PRESETS, metavar="NAME", help="this one only; repeatable")
    arguments = parser.parse_args()
    for preset in arguments.preset or PRESETS:
        for trace in NARROW.get(preset, TRACES):
            figures = cell(arguments.program, preset, trace, arguments.limit, arguments.pairs)
            print(f"| `{preset}` | `{trace}` | {figures} |", flush=True)


if __name__ == "__main__":
    main()

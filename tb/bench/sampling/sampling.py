#!/usr/bin/env python3
"""Compares sampled runs with whole runs: how often a sample states the cost of translation, its error, how often the 95 %
interval contains the whole run's value, and processor time.

    python3 -B tb/bench/sampling/sampling.py build/release/tablewalk [--seeds N] [--sample SPEC] [TRACE...]

Each seed is another offset of the windows. Prints the table of docs/sampling.md; the last row sums up the trials.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(__file__), "../../.."))
TRACES = ["traces/bzip2.twt", "traces/cc1.twt", "traces/python3.twt", "traces/sqlite3.twt"] + [
    f"traces/large/{name}.twt" for name in ("bfs", "btree", "hash-join", "heap", "key-value", "pagerank")]
COST = "translation.cost_share"
CYCLES = "core.cycles"
WALKS = "walker.walks"


def run(program, trace, config, options):
    """The result, and the processor time of all its processes in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program, "run", trace, "-c", config, "--format", "json", *options], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{trace}: {done.stderr.strip()}")
    return json.loads(done.stdout), after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


class Trials:
    """The sampled runs of one trace, or of all."""

    def __init__(self):
        self.trials = 0
        self.errors = []
        self.halves = []
        self.inside = {COST: [], CYCLES: []}
        self.walk_errors = []
        self.seconds = []

    def add(self, whole, sampled, seconds):
        self.trials += 1
        self.seconds.append(seconds)
        stats = sampled["stats"]
        self.walk_errors.append(abs(stats[WALKS] / whole["stats"][WALKS] - 1))
        for name in [COST, CYCLES] if COST in stats else [CYCLES]:
            low, high = sampled["sample"]["intervals"][name]
            self.inside[name].append(low <= whole["stats"][name] <= high)
        if COST in stats:
            low, high = sampled["sample"]["intervals"][COST]
            self.errors.append(stats[COST] - whole["stats"][COST])
            self.halves.append((high - low) / 2)

    def extend(self, other):
        self.trials += other.trials
        self.errors += other.errors
        self.halves += other.halves
        self.walk_errors += other.walk_errors
        for name, values in other.inside.items():
            self.inside[name] += values

    def cells(self):
        errors = ["", "", ""]
        if self.errors:
            errors = [f"{100 * statistics.mean(values):{sign}.2f}" for values, sign in
                      ((self.errors, "+"), ([abs(error) for error in self.errors], ""), (self.halves, ""))]
        inside = [f"{sum(values)} of {len(values)}" for values in self.inside.values()]
        return [f"{len(self.errors)} of {self.trials}", *errors, *inside, f"{100 * max(self.walk_errors):.2f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("traces", nargs="*", metavar="TRACE")
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("-c", "--config", default="skylake")
    parser.add_argument("--sample", default="", help="further parts of the specification")
    arguments = parser.parse_args()
    print("| trace | cost, % | states the cost | mean error | mean size of error | half interval | cost inside | "
          "cycles inside | largest error of walks, % | times faster |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    everything = Trials()
    for trace in arguments.traces or [os.path.join(ROOT, name) for name in TRACES]:
        whole, seconds = run(arguments.program, trace, arguments.config, [])
        trials = Trials()
        for seed in range(1, arguments.seeds + 1):
            spec = ",".join(part for part in (f"seed={seed}", arguments.sample) if part)
            trials.add(whole, *run(arguments.program, trace, arguments.config, ["--sample", spec]))
        name = os.path.basename(trace).removesuffix(".twt")
        share = 100 * whole["stats"][COST]
        faster = seconds / statistics.median(trials.seconds)
        print("|", " | ".join([name, f"{share:.2f}", *trials.cells(), f"{faster:.1f}"]), "|", flush=True)
        everything.extend(trials)
    print("|", " | ".join(["all", "", *everything.cells(), ""]), "|")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Compares traces split into shards with their whole runs: the error of the figures, and how much faster they can be.

    python3 -B tb/bench/shards/shards.py build/release/tablewalk [-c CONFIG] [--shards N,N,...] [--spec KEYS] [TRACE...]

Prints the table of docs/sampling.md. Shards run one after the other, so that the processor time of each is known: the
speed-up is that of the whole run's processor time over that of the slowest shard, as if each had a processor of its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(__file__), "../../.."))
TRACES = [f"traces/large/{name}.twt" for name in ("bfs", "btree", "hash-join", "heap", "key-value", "pagerank")]
COST = "translation.cost_share"


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(program, trace, config, options):
    """The result and the processor seconds."""
    before = processor_time()
    done = subprocess.run([program, "run", trace, "-c", config, "--format", "json", *options], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{trace}: {done.stderr.strip()}")
    return json.loads(done.stdout), processor_time() - before


def seconds_of_machine(program, trace, config, options):
    """The least of three runs without the cost of translation."""
    return min(run(program, trace, config, ["--no-cost", *options])[1] for _ in range(3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("traces", nargs="*", metavar="TRACE")
    parser.add_argument("-c", "--config", default="skylake")
    parser.add_argument("--shards", default="2,4,8")
    parser.add_argument("--spec", default="", help="further keys of the option: warm, between, reach")
    parser.add_argument("--no-times", action="store_true")
    arguments = parser.parse_args()
    more = "," + arguments.spec if arguments.spec else ""
    print("| trace | shards | cost, % | whole run | cycles, error % | walks, error % | times faster |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for trace in arguments.traces or [os.path.join(ROOT, name) for name in TRACES]:
        whole, _ = run(arguments.program, trace, arguments.config, [])
        alone = None if arguments.no_times else seconds_of_machine(arguments.program, trace, arguments.config, [])
        for count in [int(number) for number in arguments.shards.split(",")]:
            split, _ = run(arguments.program, trace, arguments.config, ["--shards", f"{count}{more}"])
            wrong = [name for name in split["shards"]["exact"]
                     if name in split["stats"] and split["stats"][name] != whole["stats"][name]]
            if wrong:
                sys.exit(f"{trace}: {count} shards: {wrong} are not exact")
            error = {name: 100 * (split["stats"][name] / whole["stats"][name] - 1)
                     for name in ("core.cycles", "walker.walks")}
            faster = ""
            if alone is not None:
                slowest = max(seconds_of_machine(arguments.program, trace, arguments.config,
                                                 ["--shard", f"{number}/{count}{more}"])
                              for number in {1, count // 2 + 1, count})
                faster = f"{alone / slowest:.1f}"
            print("|", " | ".join([os.path.basename(trace).removesuffix(".twt"), str(count),
                                   f"{100 * split['stats'][COST]:.2f}", f"{100 * whole['stats'][COST]:.2f}",
                                   f"{error['core.cycles']:+.3f}", f"{error['walker.walks']:+.3f}", faster]), "|",
                  flush=True)


if __name__ == "__main__":
    main()

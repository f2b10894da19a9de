#!/usr/bin/env python3
"""The figures of every shipped trace on every preset: against those written down, or against another program's.

    shipped.py TABLEWALK                       against tb/figures/shipped.csv, which has a few figures of each run
    shipped.py TABLEWALK --update              writes that file; commit it with the reason for what changed
    shipped.py TABLEWALK --against OLD         all figures that both programs have, of whole traces

Without --against the first 20,000 records of a trace are run; --records N changes that, 0 is all. A trace that a machine
cannot run, such as one of 64-bit addresses on a 32-bit machine, must be refused by it. Exit code 1 if anything differs.
"""

import argparse
import concurrent.futures
import csv
import glob
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TABLE = os.path.join(HERE, "shipped.csv")
RECORDS = 20000

# Of each part of the machine one figure that moves when its timing or its contents do.
WRITTEN = ["core.cycles", "core.translation_stall_cycles", "core.memory_stall_cycles", "dtlb.misses", "itlb.misses",
           "stlb.misses", "walker.walks", "walker.entry_reads", "walker.latency_cycles.mean", "l1d.misses", "l1i.misses",
           "l2.misses", "llc.misses", "dram.reads", "dram.row_hits", "tables.bytes"]
REFUSED = "refused"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--update", action="store_true", help="write tb/figures/shipped.csv")
    parser.add_argument("--against", metavar="PROGRAM", help="compare with this program instead")
    parser.add_argument("--traces", default=os.path.join(ROOT, "traces"), help="folder of the traces")
    parser.add_argument("--records", type=int, help="records of each trace; 0 is all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs in parallel; default: one per processor")
    return parser.parse_args()


def output_of(program, *words):
    """(exit status, standard output, standard error) of the program."""
    done = subprocess.run([os.path.realpath(program), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    if done.returncode not in (0, 2):
        raise SystemExit(f"`{program} {' '.join(words)}` ends with status {done.returncode}: {done.stderr.strip()}")
    return done.returncode, done.stdout, done.stderr


def figures(program, trace, preset, records):
    """The figures of a run by name, with the trace on every core, or its threads on four; None if it is refused."""
    options = ["-c", preset, "--no-cost", "--format", "json"] + (["--limit", str(records)] if records else [])
    status, out, problem = output_of(program, "run", trace, *options)
    needs = re.search(r"one trace for (\d+) cores", problem)
    if needs:
        status, out, problem = output_of(program, "run", *[trace] * int(needs.group(1)), *options)
    elif "several threads" in problem or "traces and threads" in problem:
        status, out, problem = output_of(program, "run", trace, *options, "--set", "cores=4")
    if status != 0 and "outside the" not in problem:
        raise SystemExit(f"{trace} on {preset}: {problem.strip()}")
    return json.loads(out)["stats"] if status == 0 else None


def text_of(value):
    """A figure as written down: counts in full, means to six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def knows(program, preset):
    return output_of(program, "config", "show", preset)[0] == 0


def written_row(stats):
    if stats is None:
        return [REFUSED] * len(WRITTEN)
    return [text_of(stats[name]) if name in stats else "-" for name in WRITTEN]


def differences_of_names(now, then, names):
    return [f"{name} {text_of(then[name])} -> {text_of(now[name])}" for name in names if now[name] != then[name]]


class Runs:
    def __init__(self, options):
        self.options = options
        self.records = options.records if options.records is not None else (0 if options.against else RECORDS)
        folder = os.path.join(options.traces, "")
        self.traces = sorted(path[len(folder):] for path in glob.glob(folder + "**/*.twt", recursive=True))
        self.presets = sorted(os.path.basename(path)[:-5] for path in glob.glob(os.path.join(ROOT, "configs", "*.yaml")))

    def stats(self, program, place):
        trace, preset = place
        return figures(program, os.path.join(self.options.traces, trace), preset, self.records)

    def over_all(self, work):
        """(trace, preset), work(trace, preset) for each, in order."""
        places = [(trace, preset) for trace in self.traces for preset in self.presets]
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            yield from zip(places, pool.map(work, places))


def update(runs):
    with open(TABLE, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trace", "preset", *WRITTEN])
        for place, stats in runs.over_all(lambda place: runs.stats(runs.options.program, place)):
            writer.writerow([*place, *written_row(stats)])
    return 0


def against_table(runs):
    with open(TABLE, encoding="utf-8", newline="") as file:
        accepted = {(row["trace"], row["preset"]): row for row in csv.DictReader(file)}
    wrong = 0
    for place, stats in runs.over_all(lambda place: runs.stats(runs.options.program, place)):
        row = accepted.pop(place, None)
        if row is None:
            different = ["is not in the table"]
        else:
            different = [f"{name} {row[name]} -> {now}" for name, now in zip(WRITTEN, written_row(stats)) if row[name] != now]
        if different:
            wrong += 1
            print(f"{place[0]} on {place[1]}: {', '.join(different)}")
    for trace, preset in accepted:
        wrong += 1
        print(f"{trace} on {preset}: is in the table, but there is no such trace or preset")
    print(f"{len(runs.traces)} traces on {len(runs.presets)} presets, {wrong} of the runs differ"
          + ("; after an intended change: shipped.py TABLEWALK --update" if wrong else ""))
    return 1 if wrong else 0


def against_program(runs):
    """Compares what both programs report; figures that only one has are named once, at the end."""
    wrong = refused = compared = 0
    only = (set(), set())
    both = [runs.options.program, runs.options.against]
    missing = [preset for preset in runs.presets if not knows(runs.options.against, preset)]
    runs.presets = [preset for preset in runs.presets if preset not in missing]
    if missing:
        print(f"presets that {runs.options.against} does not know are left out: {', '.join(missing)}")
    for place, (now, then) in runs.over_all(lambda place: [runs.stats(program, place) for program in both]):
        if now is None or then is None:
            refused += 1
            different = [] if now is then else ["only one of them refuses it"]
        else:
            only[0].update(now.keys() - then.keys())
            only[1].update(then.keys() - now.keys())
            names = sorted(now.keys() & then.keys())
            compared += len(names)
            different = differences_of_names(now, then, names)
        if different:
            wrong += 1
            print(f"{place[0]} on {place[1]}: {', '.join(different[:8])}{', ...' if len(different) > 8 else ''}", flush=True)
    for names, which in zip(only, both):
        if names:
            print(f"only of {which}: {', '.join(sorted(names))}")
    runs_made = len(runs.traces) * len(runs.presets) - refused
    print(f"{runs_made} runs of {len(runs.traces)} traces on {len(runs.presets)} presets ({refused} more are refused), "
          f"{compared:,} figures compared, {wrong} of the runs differ")
    return 1 if wrong else 0


def main():
    options = arguments()
    runs = Runs(options)
    if options.against:
        return against_program(runs)
    return update(runs) if options.update else against_table(runs)


if __name__ == "__main__":
    sys.exit(main())

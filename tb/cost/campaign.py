#!/usr/bin/env python3
"""The cost of translation on every machine and trace: checked against separate runs, and next to the stall accounting.

    python3 tb/cost/campaign.py [TABLEWALK] [--records N] [--markdown]

For each machine and trace: the reported cost equals the cycles of one run minus those of another with
core.free_translation; the waterfall adds up to it; with free translation nothing is walked and no cache sees a table
entry. Prints a row for each; --markdown prints the table of docs/cost-of-translation.md. Exit code 1 if one differs.
"""

import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

MACHINES = {
    "default": [],
    "skylake": ["-c", "skylake"],
    "cva6": ["-c", "cva6"],
    "core.blocking": ["--set", "core.blocking=true"],
}
SYNTHETIC = [(pattern, size) for pattern in ("uniform", "gups") for size in ("1G", "16G")]
STEPS = ["tlb_lookups", "walk_steps", "entry_memory", "cache_sharing", "walker_wait"]


class Campaign:
    def __init__(self, program, records):
        self.program = program
        self.records = records
        self.problems = 0

    def json(self, *arguments):
        done = subprocess.run([self.program, *arguments, "--format", "json"], stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def check(self, holds, what):
        if not holds:
            self.problems += 1
            print(f"WRONG: {what}", file=sys.stderr)

    def measure(self, name, path, machine):
        """The figures of a machine and trace, each checked."""
        common = [path, *MACHINES[machine]] + (["--limit", str(self.records)] if self.records else [])
        place = f"{name} on {machine}"
        reported = self.json("run", *common)["stats"]
        real = self.json("run", *common, "--no-cost")["stats"]
        free = self.json("run", *common, "--no-cost", "--set", "core.free_translation=true")["stats"]
        explained = self.json("explain", *common)["machines"][0]
        cost = real["core.cycles"] - free["core.cycles"]
        self.check(reported["translation.cost_cycles"] == cost, f"{place}: the cost is not the difference")
        steps = {step["name"]: step["added_cycles"] for step in explained["steps"]}
        self.check(sum(steps.values()) == cost, f"{place}: the waterfall does not add up")
        tables = [figure for figure in free if figure.startswith("walker.") or ".table_" in figure]
        self.check(all(free[figure] == 0 for figure in tables), f"{place}: free translation walks")
        same = [figure for figure in real if figure.startswith("tables.")]
        self.check(all(free[figure] == real[figure] for figure in same), f"{place}: other tables")
        return {"trace": name, "machine": machine, "cycles": real["core.cycles"],
                "stall": real["core.translation_stall_share"], "cost": cost / real["core.cycles"],
                **{step: steps[step] / real["core.cycles"] for step in STEPS}}


def percent(share):
    return f"{100 * share:.2f} %"


def row_of(figures):
    return [figures["trace"], figures["machine"], f"{figures['cycles']:,}", percent(figures["stall"]),
            percent(figures["cost"]), *(percent(figures[step]) for step in STEPS)]


HEADER = ["trace", "machine", "cycles", "stall share", "cost share", *STEPS]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", default=os.path.join(ROOT, "build/release/tablewalk"))
    parser.add_argument("--records", type=int, default=0, help="records per trace; 0 is all")
    parser.add_argument("--markdown", action="store_true", help="print the table of the document")
    options = parser.parse_args()
    campaign = Campaign(options.program, options.records)
    separator = " | " if options.markdown else "  "
    line = lambda cells: f"| {separator.join(cells)} |" if options.markdown else separator.join(cells)
    print(line(HEADER))
    if options.markdown:
        print("|" + "---|" * len(HEADER))
    with tempfile.TemporaryDirectory() as folder:
        traces = [(os.path.splitext(os.path.basename(path))[0], path)
                  for path in sorted(glob.glob(os.path.join(ROOT, "traces/*.twt")))]
        for pattern, size in SYNTHETIC:
            path = os.path.join(folder, f"{pattern}-{size}.twt")
            subprocess.run([campaign.program, "trace", "generate", pattern, "-o", path, "--footprint", size],
                           stdout=subprocess.DEVNULL, check=True)
            traces.append((f"{pattern} {size}", path))
        for name, path in traces:
            for machine in MACHINES:
                print(line(row_of(campaign.measure(name, path, machine))), flush=True)
    print(f"{len(traces) * len(MACHINES)} runs, {campaign.problems} problems", file=sys.stderr)
    sys.exit(1 if campaign.problems else 0)


if __name__ == "__main__":
    main()

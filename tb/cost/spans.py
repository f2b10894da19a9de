#!/usr/bin/env python3
"""The effects of recorded load dependences and of the front end's depth, as tables of the documents.

    python3 tb/cost/spans.py [TABLEWALK] [--config skylake] [--traces a,b] [--front-end]

Without --front-end: cycles and cost of translation of each shipped trace as it is, and of the same records without
dependences at both ends of core.dependences. With it: both for each core.fetch_queue.
"""

import argparse
import glob
import json
import os
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QUEUES = [0, 1, 2, 4, 8, 16, 24, 64]


def run(program, path, config, *settings):
    """Cycles, and the share of translation in them."""
    arguments = [program, "run", path, "-c", config, "--format", "json"]
    for setting in settings:
        arguments += ["--set", setting]
    stats = json.loads(subprocess.run(arguments, stdout=subprocess.PIPE, check=True).stdout)["stats"]
    return stats["core.cycles"], stats["translation.cost_share"]


def without_dependences(program, path, folder):
    """The same records in a trace without load dependences."""
    known, unknown, packed = (os.path.join(folder, name) for name in ("known.txt", "unknown.txt", "unknown.twt"))
    subprocess.run([program, "trace", "convert", path, known], check=True, stdout=subprocess.DEVNULL)
    with open(known, encoding="utf-8") as lines, open(unknown, "w", encoding="utf-8") as stripped:
        for line in lines:
            if not line.startswith("# dependences"):
                stripped.write(line.split(" <-")[0].rstrip("\n") + "\n")
    subprocess.run([program, "trace", "convert", unknown, packed], check=True, stdout=subprocess.DEVNULL)
    return packed


def text(measured):
    return f"{measured[0]:,} | {measured[1]:.2%}".replace("%", " %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", default=os.path.join(ROOT, "build/release/tablewalk"))
    parser.add_argument("--config", default="skylake")
    parser.add_argument("--traces", default="")
    parser.add_argument("--front-end", action="store_true")
    options = parser.parse_args()
    names = options.traces.split(",") if options.traces else sorted(
        os.path.splitext(os.path.basename(path))[0] for path in glob.glob(os.path.join(ROOT, "traces/*.twt")))
    for name in names:
        path = os.path.join(ROOT, "traces", name + ".twt")
        if options.front_end:
            for queue in QUEUES:
                print(f"| {name} | {queue} | {text(run(options.program, path, options.config, f'core.fetch_queue={queue}'))} |")
            continue
        with tempfile.TemporaryDirectory() as folder:
            unknown = without_dependences(options.program, path, folder)
            ends = [run(options.program, unknown, options.config, f"core.dependences={end}") for end in ("none", "chained")]
        print(f"| {name} | {text(ends[0])} | {text(run(options.program, path, options.config))} | {text(ends[1])} |", flush=True)


if __name__ == "__main__":
    main()

"""Measures what a sweep costs beyond its simulations.

    python3 tb/sweep/overhead.py PROGRAM [--points 1000] [--records 1000000] [--jobs N] [--folder FOLDER]

Runs a sweep of random machines on a generated trace, without the cost of translation: one simulation for each point. Prints
the wall time, the sum of the simulations' times, and the difference for each point: (wall time * jobs - sum) / points.
Then runs the finished sweep again, which only reads, and some of the points by `tablewalk run`, each a new process.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SWEEP = """\
config: skylake
traces: ['generated:zipf,footprint=64M,count={records}']
cost: false
random_seed: 1
points:
  - random:
      count: {points}
      keys:
        stlb.arrays.0.entries: {{from: 96, to: 3072, step: 96}}
        dtlb.arrays.0.entries: {{from: 16, to: 128, times: 2}}
        walker.walkers: [1, 2, 3, 4]
        core.window: {{from: 16, to: 512}}
"""


def timed(command):
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return time.monotonic() - start, done.stdout


def headers(folder):
    for path in sorted(pathlib.Path(folder, "runs").iterdir()):
        with open(path, "rb") as file:
            yield json.loads(file.readline())


def alone(program, sweep, folder, count):
    """Mean wall time of `tablewalk run` on some of the points."""
    plan = json.loads(pathlib.Path(folder, "manifest.json").read_text())["plan"]
    trace = re.search(r"'(generated:[^']*)'", sweep)[1]
    total = 0
    for point in plan["points"][:count]:
        settings = [part for key, value in zip(plan["keys"], point["values"]) for part in ("--set", f"{key}={value}")]
        total += timed([program, "run", trace, "-c", "skylake", "--no-cost", "--format", "json", *settings])[0]
    return total / count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--records", type=int, default=1000000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--alone", type=int, default=20)
    parser.add_argument("--folder", help="kept; default: a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(options.folder or temporary)
        place.mkdir(parents=True, exist_ok=True)
        sweep = SWEEP.format(points=options.points, records=options.records)
        (place / "sweep.yaml").write_text(sweep)
        command = [options.program, "sweep", str(place / "sweep.yaml"), "-o", str(place / "results"), "-j",
                   str(options.jobs)]
        wall, _ = timed(command)
        again, _ = timed(command)
        seconds = [header["seconds"] for header in headers(place / "results")]
        mean_alone = alone(options.program, sweep, place / "results", min(options.alone, options.points))
        size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    overhead = (wall * options.jobs - sum(seconds)) / len(seconds)
    print(f"points                  {len(seconds)} of {options.records} records, {options.jobs} jobs")
    print(f"wall time               {wall:.2f} s")
    print(f"sum of the simulations  {sum(seconds):.2f} s, {1000 * sum(seconds) / len(seconds):.1f} ms each")
    print(f"overhead                {1000 * overhead:.2f} ms of a processor for each point, "
          f"{100 * (1 - sum(seconds) / (wall * options.jobs)):.1f} % of the time")
    print(f"the finished sweep      {again:.2f} s")
    print(f"tablewalk run           {1000 * mean_alone:.1f} ms for each point")
    print(f"disk                    {size / len(seconds) / 1024:.1f} KiB for each point")


if __name__ == "__main__":
    main()

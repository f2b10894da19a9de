"""Measures what a sweep costs beyond its simulations.

    python3 tb/sweep/overhead.py PROGRAM [--points 1000] [--records 1000000] [--jobs N] [--folder FOLDER]

Runs a sweep of random machines on a generated trace, without the cost of translation: one simulation for each point. Prints
the wall time and the processor time of everything, the sums of the simulations', and the differences for each point:
(wall time * jobs - sum) / points, and (processor time - sum) / points. The wall times mean little on a busy machine.
Then runs the finished sweep again, which only reads, and some of the points by `tablewalk run`, each a new process.
"""

import argparse
import json
import os
import pathlib
import re
import resource
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


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(command):
    """Wall time, processor time, standard output."""
    start, used = time.monotonic(), processor_time()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return time.monotonic() - start, processor_time() - used, done.stdout


def headers(folder):
    for path in sorted(pathlib.Path(folder, "runs").iterdir()):
        with open(path, "rb") as file:
            yield json.loads(file.readline())


def alone(program, sweep, folder, count):
    """Mean processor time of `tablewalk run` on some of the points."""
    plan = json.loads(pathlib.Path(folder, "manifest.json").read_text())["plan"]
    trace = re.search(r"'(generated:[^']*)'", sweep)[1]
    total = 0
    for point in plan["points"][:count]:
        settings = [part for key, value in zip(plan["keys"], point["values"]) for part in ("--set", f"{key}={value}")]
        total += timed([program, "run", trace, "-c", "skylake", "--no-cost", "--format", "json", *settings])[1]
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
        wall, used, _ = timed(command)
        again, used_again, _ = timed(command)
        done = list(headers(place / "results"))
        mean_alone = alone(options.program, sweep, place / "results", min(options.alone, options.points))
        size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    points = len(done)
    seconds = sum(header["seconds"] for header in done)
    processor = sum(header["processor_seconds"] for header in done)
    print(f"{points} points of {options.records:,} records, {options.jobs} jobs; load {os.getloadavg()[0]:.1f}")
    print(f"wall time        {wall:9.2f} s; simulations {seconds:9.2f} s; beyond them "
          f"{1000 * (wall * options.jobs - seconds) / points:6.2f} ms of a job for each point, "
          f"{100 * (1 - seconds / (wall * options.jobs)):.1f} %")
    print(f"processor time   {used:9.2f} s; simulations {processor:9.2f} s; beyond them "
          f"{1000 * (used - processor) / points:6.2f} ms for each point, {100 * (1 - processor / used):.1f} %")
    print(f"run again        {again:9.2f} s, {used_again:.2f} s of a processor")
    print(f"tablewalk run    {1000 * mean_alone:9.2f} ms of a processor for each point; the sweep "
          f"{1000 * used / points:.2f} ms")
    print(f"disk             {size / points / 1024:9.1f} KiB for each point")


if __name__ == "__main__":
    main()

"""Compares the SystemC and the RTL walker on many walks, and counts them.

    python3 tb/cosim/campaign.py [BUILD] [--walks N] [--records N] [--traces NAME,...] [--seed S]

BUILD is a build folder with the tests in it: build/release if left out. First come the recorded programs of traces/ on
every variant of the RTL walker that is built in, in every mode that their addresses fit, on machines without TLBs: each
access is a walk. Then random tables, requests, memory latencies and invalidations, until there were N walks of them.
Exit code 1 at the first difference, which is shown.

    python3 tb/cosim/campaign.py --geometries N [--seed S]

prints N random walkers (slots, walk caches, radix split) for the CMake setting TABLEWALK_RTL_WALKERS, of which another
build folder is made for the same comparison.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COUNTS = ["walks", "entry_reads", "entry_updates", "answers", "invalidations", "cycles_compared"]
# The counts of random tables have other names.
WORDS = {"walks": "walks", "entry reads": "entry_reads", "entry updates": "entry_updates", "answers": "answers",
         "invalidations": "invalidations", "cycles": "cycles_compared"}

NARROW = ["x86-32", "x86-pae", "sv32"]  # virtual addresses of 32 bits
WIDE = ["x86-64", "x86-64-la57", "sv39", "sv48", "sv57"]
NARROW_TRACES = ["sieve32", "tree32"]
TRACE_BITS = 38  # Valgrind places code, heap and stack below


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--walks", type=int, default=10_000_000, help="walks on random tables")
    parser.add_argument("--records", type=int, default=100_000, help="records per trace, mode and variant; 0: all")
    parser.add_argument("--traces", default="", help="traces to run; all if left out")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random tables, or of the random walkers")
    parser.add_argument("--geometries", type=int, default=0, help="only print this many random walkers")
    return parser.parse_args()


def random_walker(dice):
    """One item of TABLEWALK_RTL_WALKERS."""
    caches = []
    for level in range(1, 5):
        if dice.random() < 0.5:
            ways = dice.choice([1, 2, 3, 4, 8])
            caches.append(f"{level}x{ways * dice.choice([1, 2, 4])}x{dice.choice([ways, ways, 0])}")
    # Fully associative caches may be of any size; sets of others are a power of two.
    levels = dice.randint(1, 6)
    offset = dice.randint(12, 16)
    bits = [dice.randint(1, 11) for _ in range(levels)]
    while sum(bits) + offset > 52:
        bits.pop()
    text = f"slots={dice.randint(1, 8)}" + (" caches=" + ",".join(caches) if caches else "")
    return f"{text} radix={','.join(map(str, bits))}/{offset}@{dice.choice([4, 8])}"


def built_walkers(program):
    """The program's variants: it lists them in the error for an unknown one."""
    asked = [program, "cosim", os.path.join(ROOT, "traces", "sort.twt"), "--set", "walker.walkers=999"]
    told = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False).stderr
    return re.findall(r"'(slots=[^']*@[48])'", told.split("there are:")[-1])


def settings(walker, mode):
    """Settings that select this walker and make every access walk."""
    fields = dict(part.split("=") for part in walker.split())
    caches = [cache.split("x") for cache in fields.get("caches", "").split(",") if cache]
    listed = ", ".join(f"{{level: {level}, entries: {entries}, ways: {ways}}}" for level, entries, ways in caches)
    values = {"walker.walkers": fields["slots"], "walker.walk_caches": f"[{listed}]", "paging.mode": mode,
              "itlb.enabled": "false", "dtlb.enabled": "false", "stlb.enabled": "false"}
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


def modes_of(walker, trace):
    """The modes in which that walker can run that trace; of flat and uneven radix modes only its own split."""
    split, rest = walker.split("radix=")[1].split("/")
    bits = sum(map(int, split.split(","))) + int(rest.split("@")[0])
    narrow = trace in NARROW_TRACES
    radix = ["radix:" + walker.split("radix=")[1]] if bits >= (32 if narrow else TRACE_BITS) else []
    return (NARROW if narrow else []) + WIDE + radix


def add(totals, counts):
    for name in COUNTS:
        totals[name] += counts[name]


def run(command, environment=None):
    """Standard output of a command; a difference or any other failure ends the campaign."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          env={**os.environ, **(environment or {})})
    if done.returncode != 0:
        print(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}", file=sys.stderr)
        sys.exit(1)
    return done.stdout


def compare_traces(program, arguments):
    names = [name for name in arguments.traces.split(",") if name]
    if not names:
        names = sorted(name[:-4] for name in os.listdir(os.path.join(ROOT, "traces")) if name.endswith(".twt"))
    totals = dict.fromkeys(COUNTS, 0)
    runs = 0
    for name in names:
        for walker in built_walkers(program):
            for mode in modes_of(walker, name):
                command = [program, "cosim", os.path.join(ROOT, "traces", name + ".twt"), "--format", "json",
                           "--limit", str(arguments.records), *settings(walker, mode)]
                add(totals, json.loads(run(command)))
                runs += 1
    if runs == 0:
        sys.exit(f"campaign.py: {program} has no RTL walker")
    return totals, f"{len(names)} traces, {runs} runs"


def compare_random(test, arguments):
    environment = {"TABLEWALK_WALKS": str(arguments.walks), "TABLEWALK_SEED": str(arguments.seed)}
    told = run([test, "--gtest_filter=Cosim.TheWalkersDoTheSameInEveryCycle"], environment)
    counts = {}
    for words, count in re.findall(r"^  ([a-z -]+?) +(\d+)$", told, re.MULTILINE):
        if words in WORDS:
            counts[WORDS[words]] = int(count)
    return counts, f"random tables from seed {arguments.seed}"


def main():
    arguments = parse_arguments()
    if arguments.geometries:
        dice = random.Random(arguments.seed)
        print(";".join(random_walker(dice) for _ in range(arguments.geometries)))
        return 0
    program = os.path.join(arguments.build, "tablewalk")
    test = os.path.join(arguments.build, "cosim_test")
    for path in (program, test):
        if not os.path.exists(path):
            print(f"campaign.py: {path} does not exist; expected a build folder with the tests", file=sys.stderr)
            return 2
    totals = dict.fromkeys(COUNTS, 0)
    print("".join(f"{name:>17}" for name in COUNTS) + f"{'seconds':>9}  differences")
    for compare in (lambda: compare_traces(program, arguments), lambda: compare_random(test, arguments)):
        begun = time.monotonic()
        counts, what = compare()
        add(totals, counts)
        seconds = time.monotonic() - begun
        print("".join(f"{counts[name]:17,}" for name in COUNTS) + f"{seconds:9.0f}  none: {what}", flush=True)
    print("".join(f"{totals[name]:17,}" for name in COUNTS) + f"{'':9}  none in total")
    return 0


if __name__ == "__main__":
    sys.exit(main())

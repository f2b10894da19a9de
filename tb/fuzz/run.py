"""Builds the fuzzer of the readers and parsers, and runs its targets for a while each: see tb/fuzz/README.md.

    python3 tb/fuzz/run.py [--seconds N] [-j N] [TARGET...]

Prints for each target how many inputs were tried, how many edges of the code they reached, and what was found; ends with
status 1 if anything was, and names the file that repeats it. New inputs are kept in build/fuzz/corpus/TARGET, where the
next run finds them. Without clang-14 it ends with status 77.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.join(ROOT, "build", "fuzz")
HERE = os.path.join(ROOT, "tb", "fuzz")
TARGETS = {  # the longest input of each, in bytes: as parser_target.cpp has them
    "trace": 4096, "twt": 4096, "twt_block": 4096, "config": 4096, "options": 4096, "image": 32768, "kdump": 32768,
    "oracle": 4096,
    "maps": 4096,
}
SLOWEST_S = 10
MOST_MEMORY_MIB = 1536
NO_COMPILER = 77


def fail(status, message):
    print(f"run.py: {message}", file=sys.stderr)
    sys.exit(status)


def whole(text):
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}': expected a whole number from 1 on")
    return int(text)


def arguments():
    parser = argparse.ArgumentParser(description="Runs the fuzzer of the readers and parsers.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all if left out")
    parser.add_argument("--seconds", type=whole, default=30, metavar="N", help="for each target; 30 if left out")
    parser.add_argument("-j", "--jobs", type=whole, default=1, metavar="N", help="targets at once; 1 if left out")
    given = parser.parse_args()
    for target in given.targets:
        if target not in TARGETS:
            fail(2, f"target '{target}': expected one of {', '.join(TARGETS)}")
    given.targets = given.targets or list(TARGETS)
    return given


def quietly(*command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stdout[-8000:])
        fail(2, f"this failed: {' '.join(command)}")


def build(jobs):
    """The program, and nothing that it does not need."""
    if shutil.which("clang++-14") is None:
        fail(NO_COMPILER, "no clang++-14: expected the Debian packages clang-14 and libclang-rt-14-dev")
    start = time.monotonic()
    quietly("cmake", "--preset", "fuzz")
    quietly("ninja", "-C", BUILD, "-j", str(jobs), "parser_fuzz")
    print(f"built in {time.monotonic() - start:.0f} s", flush=True)


def log_path(target):
    return os.path.join(BUILD, f"fuzz_{target}.log")


def run(target, seconds):
    """(target, status, what it printed)"""
    kept = os.path.join(BUILD, "corpus", target)
    found = os.path.join(BUILD, "findings")
    for folder in (kept, found):
        os.makedirs(folder, exist_ok=True)
    environment = dict(os.environ)
    if os.access("/dev/shm", os.W_OK):  # many small files are written
        environment["TMPDIR"] = "/dev/shm"
    command = [os.path.join(BUILD, "parser_fuzz"), f"--target={target}", f"-max_total_time={seconds}",
               f"-max_len={TARGETS[target]}", f"-timeout={SLOWEST_S}", f"-rss_limit_mb={MOST_MEMORY_MIB}", "-len_control=30",
               f"-dict={os.path.join(HERE, 'dictionaries', target + '.dict')}", "-print_final_stats=1",
               f"-artifact_prefix={found}/{target}-", kept, os.path.join(HERE, "corpus", target)]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace")
    with open(log_path(target), "w", encoding="utf-8") as file:
        file.write(text)
    return target, done.returncode, text


def last(pattern, text, otherwise="?"):
    matches = re.findall(pattern, text)
    return matches[-1] if matches else otherwise


def summary(text):
    """What a finding is, from what the program printed of it."""
    for pattern in (r"^finding: .*", r".*what\(\): .*", r"^.*runtime error: .*", r"^SUMMARY: .*"):
        match = re.search(pattern, text, re.MULTILINE)
        if match:
            return match.group(0).strip()
    return "ended with an error"


def report(target, status, text):
    """Prints a line for the target; whether it found nothing."""
    count = last(r"stat::number_of_executed_units: (\d+)", text)
    edges = last(r"cov: (\d+)", text)
    corpus = last(r"corp: (\d+)", text)
    findings = "no finding" if status == 0 else "a finding"
    print(f"{target:<10} {int(count) if count.isdigit() else 0:>12,} inputs {edges:>7} edges {corpus:>6} kept   {findings}",
          flush=True)
    if status == 0:
        return True
    place = last(r"Test unit written to (\S+)", text, "")
    repeat = f"build/fuzz/parser_fuzz --target={target} {os.path.relpath(place, ROOT)}" if place else "nothing"
    print(f"    {summary(text)}\n    repeated by: {repeat}\n    printed: {os.path.relpath(log_path(target), ROOT)}", flush=True)
    return False


def main():
    given = arguments()
    build(given.jobs)
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        runs = [pool.submit(run, target, given.seconds) for target in given.targets]
        good = [report(*one.result()) for one in concurrent.futures.as_completed(runs)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())

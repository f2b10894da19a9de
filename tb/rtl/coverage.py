"""Coverage of the hardware by its own tests: lines and branches that ran, bits that toggled, and the holes.

    python3 tb/rtl/coverage.py [--toggles] [--build FOLDER] [--runs N] [-j N] [--report-only]

Builds the tests of tb/rtl with Verilator's counters in a folder of their own, runs each test in a process of its own
with N random cases, merges what they counted and prints it for each file of rtl/. A hole is explained in
tb/rtl/coverage_holes.txt, or the command ends with status 1; so it does if a test fails, or if an explanation has no
hole any more. What is counted is summed over all instances and parameters. Counters of toggles make ten times as much
code, and that is slow to compile and to run: they are counted only if asked for.
"""

import argparse
import collections
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOLES = os.path.join("tb", "rtl", "coverage_holes.txt")

Point = collections.namedtuple("Point", "kind file line column what")


def build_tests(build, toggles, jobs):
    # Verilator 5.006 splits and reorders blocks with the counters in them: they would see the values of variables
    # afterwards.
    arguments = "--coverage-line;-fno-split;-fno-reorder;-Wno-UNOPTFLAT"
    if toggles:
        arguments += ";--coverage-toggle;--output-split;20000"
    subprocess.run(["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DTABLEWALK_TESTS=ON",
                    f"-DTABLEWALK_RTL_TEST_ARGS={arguments}",
                    "-DTABLEWALK_RTL_WALKERS=slots=1 radix=9/12@8"], check=True, stdout=subprocess.DEVNULL)
    targets = sorted(name[:-4] for name in os.listdir(os.path.join(ROOT, "tb", "rtl")) if name.endswith("_test.cpp"))
    targets = [f"rtl_{name}" for name in targets]
    subprocess.run(["ninja", "-C", build, f"-j{jobs}", *targets], check=True)
    return targets


def names_of_tests(program):
    """`Suite.Test`, as listed by Google Test."""
    listed = subprocess.run([program, "--gtest_list_tests"], check=True, stdout=subprocess.PIPE, text=True).stdout
    suite = ""
    for line in listed.splitlines():
        name = line.split("#")[0].rstrip()
        if name.endswith("."):
            suite = name
        elif name.startswith("  "):
            yield suite + name.strip()


def run_tests(build, targets, runs):
    """Returns the file of all counts, and the tests that failed."""
    folder = os.path.join(build, "counts")
    os.makedirs(folder, exist_ok=True)
    merged = os.path.join(folder, "merged.dat")
    one = os.path.join(folder, "one.dat")
    failed = []
    number = 0
    for target in targets:
        program = os.path.join(build, target)
        for test in names_of_tests(program):
            number += 1
            environment = dict(os.environ, TABLEWALK_COVERAGE=one, TABLEWALK_RUNS=str(runs))
            result = subprocess.run([program, f"--gtest_filter={test}"], env=environment, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, check=False)
            if result.returncode != 0:
                print(result.stdout)
                failed.append(test)
                continue
            parts = [one] if number == 1 else [merged, one]
            subprocess.run(["verilator_coverage", "--write", merged + ".new", *parts], check=True,
                           stdout=subprocess.DEVNULL)
            os.replace(merged + ".new", merged)
    print(f"{number} tests, {len(failed)} failed")
    return merged, failed


def read_counts(path):
    """The count of each point of the sources."""
    counts = collections.Counter()
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = re.match(r"C '(.*)' (\d+)$", line)
            if not match:
                continue
            fields = dict(part.split("\x02", 1) for part in match.group(1).split("\x01") if "\x02" in part)
            file = os.path.relpath(os.path.join(ROOT, fields["f"]), ROOT)
            kind = fields["page"].split("/")[0].removeprefix("v_")
            if not file.startswith("rtl" + os.sep):
                continue
            what = fields["o"]
            if kind != "toggle" and what not in ("if", "else"):
                what = "block"
            kind = "branch" if what in ("if", "else") else kind
            counts[Point(kind, file, int(fields["l"]), int(fields["n"]), what)] += int(match.group(2))
    return counts


def sources(files):
    texts = {}
    for file in files:
        with open(os.path.join(ROOT, file), encoding="utf-8") as text:
            texts[file] = text.read().splitlines()
    return texts


def read_explanations():
    """(file, kind, pattern, reason), of lines `FILE KIND PATTERN: REASON`."""
    explanations = []
    with open(os.path.join(ROOT, HOLES), encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            match = re.match(r"(\S+) (line|branch|toggle) (.+?): (.+)$", line)
            if not match:
                sys.exit(f"{HOLES}:{number}: expected `FILE line|branch|toggle PATTERN: REASON`")
            explanations.append(match.groups())
    return explanations


def text_of(point, texts):
    """The text that an explanation's pattern is matched with: the signal with its bit, or the line of source."""
    if point.kind == "toggle":
        return point.what
    line = texts[point.file][point.line - 1].strip()
    return f"{point.what} {line}" if point.kind == "branch" else line


def print_table(counts):
    print(f"{'file':32} {'lines':>13} {'branches':>13} {'toggles':>15}")
    for file in [*sorted({point.file for point in counts}), "all"]:
        cells = []
        for kind in ("line", "branch", "toggle"):
            points = [point for point in counts if point.kind == kind and file in (point.file, "all")]
            met = sum(1 for point in points if counts[point] > 0)
            cells.append(f"{met}/{len(points)}")
        print(f"{file:32} {cells[0]:>13} {cells[1]:>13} {cells[2]:>15}")


def report_holes(counts, explanations):
    """Prints every hole; returns how many have no explanation, and the explanations that explain nothing."""
    kinds = {point.kind for point in counts}
    explanations = [explanation for explanation in explanations if explanation[1] in kinds]
    texts = sources({point.file for point in counts})
    used = set()
    unexplained = 0
    explained = collections.Counter()
    for point in sorted(point for point, count in counts.items() if count == 0):
        text = text_of(point, texts)
        for index, (file, kind, pattern, _) in enumerate(explanations):
            if kind == point.kind and fits(file, point.file) and fits(pattern, text):
                used.add(index)
                explained[index] += 1
                break
        else:
            unexplained += 1
            print(f"{point.file}:{point.line}: {point.kind} not met: {text}")
    for index, number in sorted(explained.items()):
        file, kind, pattern, reason = explanations[index]
        print(f"{number:5} {kind} {file} {pattern}: {reason}")
    return unexplained, [explanations[i] for i in range(len(explanations)) if i not in used]


def fits(pattern, text):
    """`*` matches anything, `[3]` itself, `[0-11]` each of these numbers in brackets."""
    ranges = []
    expression = ""
    for part in re.split(r"(\[\d+-\d+\]|\*)", pattern):
        if part == "*":
            expression += ".*"
        elif re.fullmatch(r"\[\d+-\d+\]", part):
            expression += r"\[(\d+)\]"
            ranges.append([int(end) for end in part[1:-1].split("-")])
        else:
            expression += re.escape(part)
    match = re.fullmatch(expression, text)
    return bool(match) and all(low <= int(found) <= high for found, (low, high) in zip(match.groups(), ranges))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--toggles", action="store_true", help="count toggles too")
    parser.add_argument("--build", help="folder; build/rtl-coverage, or with toggles build/rtl-toggles")
    parser.add_argument("--runs", type=int, default=50, help="random cases of each randomised test")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), help="of the build")
    parser.add_argument("--report-only", action="store_true", help="report the existing counts")
    arguments = parser.parse_args()
    build = arguments.build or os.path.join(ROOT, "build", "rtl-toggles" if arguments.toggles else "rtl-coverage")
    failed = []
    counted = os.path.join(build, "counts", "merged.dat")
    if not arguments.report_only:
        targets = build_tests(build, arguments.toggles, arguments.jobs)
        counted, failed = run_tests(build, targets, arguments.runs)
    counts = read_counts(counted)
    print_table(counts)
    unexplained, idle = report_holes(counts, read_explanations())
    for file, kind, pattern, _ in idle:
        print(f"{HOLES}: explains nothing: {file} {kind} {pattern}")
    print(f"{unexplained} holes without an explanation")
    return 1 if failed or unexplained or idle else 0


if __name__ == "__main__":
    sys.exit(main())

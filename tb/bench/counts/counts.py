#!/usr/bin/env python3
"""Host instructions per access, checked against accepted limits.

Each case of cases.py runs the release build twice under valgrind's callgrind, with few and with many accesses; the
difference is divided by the accesses between, so start-up drops out. Counted are the program's own instructions, templates
of libraries and SystemC's headers included; what shared libraries execute (libc, libzstd, ...) is printed beside it and
held to nothing, because it depends on the processor.

limits.json holds the accepted count of each case and the compiler that it belongs to. Exit code 1 if a count is more than
3 % above it, with a line for each such case; a case that fell by more than 3 % is named too, and --update writes the new
count down. Exit code 77, which ctest takes as skipped, if another compiler built the program.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from cases import CASES  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
TOLERANCE = 0.03
SKIPPED = 77

OBJECT = re.compile(r"ob=\((\d+)\)(?: (.*))?")
NAMED_OBJECT = re.compile(r"c?ob=\((\d+)\) (.*)")
COST = re.compile(r"(?:[+-]?\d+|\*) (\d+)")


class Failure(Exception):
    pass


def instructions_by_object(profile):
    """{path of an executable or library: instructions} of the lines of a callgrind profile."""
    names = {}
    counts = {}
    current = None
    inclusive = False  # the line after calls= is the callee's cost, which is counted there
    for line in profile:
        line = line.rstrip("\n")
        named = NAMED_OBJECT.fullmatch(line)
        if named:
            names[named.group(1)] = named.group(2)
        place = OBJECT.fullmatch(line)
        cost = COST.fullmatch(line)
        if place:
            current = place.group(1)
        elif cost and not inclusive:
            counts[current] = counts.get(current, 0) + int(cost.group(1))
        inclusive = line.startswith("calls=")
    return {names.get(number, "?"): count for number, count in counts.items()}


class Counter:
    """Counts the instructions of one build of the program."""

    def __init__(self, program, traces, folder):
        self.program = os.path.realpath(program)
        self.traces = os.path.abspath(traces)
        self.folder = folder
        # Older builds, without the second run for the cost of translation, have no such option.
        self.run_options = ["--no-cost"] if "--no-cost" in self.output(self.program, "run", "--help") else []

    def output(self, *command):
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"`{' '.join(command)}` ends with status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def arguments(self, command, n):
        filled = [word.replace("{n}", str(n)).replace("{traces}", self.traces) for word in command]
        return filled + (self.run_options if command[0] == "run" else [])

    def instructions(self, case, n):
        """(in the program, in libraries) of one run."""
        if case.before:
            self.output(self.program, *self.arguments(case.before, n))
        profile = os.path.join(self.folder, "callgrind.out")
        self.output("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}", self.program,
                    *self.arguments(case.command, n))
        with open(profile, encoding="utf-8", errors="replace") as file:
            counts = instructions_by_object(file)
        own = counts.get(self.program, 0)
        if own == 0:
            raise Failure(f"{case.name}: the profile has no instructions of {self.program}")
        return own, sum(counts.values()) - own

    def per_access(self, case):
        few, many = (self.instructions(case, n) for n in (case.few, case.many))
        return tuple((b - a) / (case.many - case.few) for a, b in zip(few, many))


def compiler_of(program):
    """The compiler's name and version, as recorded in the program."""
    done = subprocess.run(["readelf", "-p", ".comment", program], capture_output=True, text=True, check=False)
    found = sorted(set(re.findall(r"\]\s+(\S.*)", done.stdout)))
    if not found:
        raise Failure(f"readelf finds no compiler's name in {program}")
    return "; ".join(found)


def verdict(name, count, accepted):
    """(whether the count fails, a line about it or None)"""
    if accepted is None:
        return True, f"{name}: {count:,.1f} instructions, and limits.json has no such case; --update writes it down"
    change = count / accepted - 1
    line = f"{name}: {count:,.1f} instructions, accepted are {accepted:,.1f}: {100 * change:+.1f} %"
    if change > TOLERANCE:
        return True, "GREW " + line
    if change < -TOLERANCE:
        return False, f"FELL {line}; --update writes the new count down"
    return False, None


def judge(measured, accepted):
    """Prints the verdict on the counts; returns whether one fails."""
    failed = False
    for name, count in measured.items():
        fails, line = verdict(name, count, accepted.get(name))
        failed = failed or fails
        if line:
            print(line)
    for name in sorted(set(accepted) - {case.name for case in CASES}):
        failed = True
        print(f"{name}: in limits.json, but there is no such case; --update removes it")
    return failed


def read_limits(path):
    if not os.path.exists(path):
        return {"compiler": None, "instructions": {}}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write_limits(path, compiler, counts):
    """Cases in their order, one a line."""
    ordered = {case.name: round(counts[case.name], 1) for case in CASES if case.name in counts}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"compiler": compiler, "instructions": ordered}, file, indent=2)
        file.write("\n")


def history(text, heading, measured):
    """The table of the document with that column added or replaced."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]
    headings = rows[0][2:] if rows else []
    old = {row[0].strip("`"): dict(zip(headings, row[2:])) for row in rows[1:]}
    headings = [other for other in headings if other != heading] + [heading]
    yield "| case | instructions for each | " + " | ".join(headings) + " |"
    yield "|---|---|" + "---:|" * len(headings)
    for case in CASES:
        figures = old.get(case.name, {})
        count = measured.get(case.name)
        figures[heading] = figures.get(heading, "") if count is None else f"{count:,.0f}"
        yield f"| `{case.name}` | {case.what} | " + " | ".join(figures.get(each, "") for each in headings) + " |"


def write_history(document, heading, measured):
    with open(document, encoding="utf-8") as file:
        text = file.read()
    table = re.search(r"^\| case \| instructions for each \|.*\n(?:\|.*\n)*", text, re.MULTILINE)
    if not table:
        raise Failure(f"{document} has no table that begins with `| case | instructions for each |`")
    lines = "".join(line + "\n" for line in history(table.group(), heading, measured))
    with open(document, "w", encoding="utf-8") as file:
        file.write(text[:table.start()] + lines + text[table.end():])


def measure(counter, cases, lenient):
    """{case: own instructions for each access}; prints each as it comes."""
    measured = {}
    print(f"{'case':<16}{'instructions':>14}{'libraries':>12}  of each")
    for case in cases:
        try:
            own, libraries = counter.per_access(case)
        except Failure as failure:
            if not lenient:
                raise
            print(f"{case.name:<16}{failure}")
            continue
        measured[case.name] = own
        print(f"{case.name:<16}{own:>14,.1f}{libraries:>12,.1f}  {case.what}", flush=True)
    return measured


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", default=os.path.join(ROOT, "build/release/tablewalk"))
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES], metavar="CASE",
                        help="only this one; may be repeated: " + ", ".join(case.name for case in CASES))
    parser.add_argument("--update", action="store_true", help="write the counts into limits.json; commit it")
    parser.add_argument("--history", metavar="COLUMN",
                        help="write the counts into the table of docs/performance.md, under this heading, for "
                             "instance a commit and its date; cases that the program cannot run stay empty")
    parser.add_argument("--traces", default=os.path.join(ROOT, "traces"),
                        help="folder of the shipped traces: an older program's own, where the format changed")
    parser.add_argument("--limits", default=os.path.join(HERE, "limits.json"), help="another file of accepted counts")
    parser.add_argument("--document", default=os.path.join(ROOT, "docs/performance.md"), help="another document")
    return parser.parse_args(arguments)


def count(options):
    compiler = compiler_of(options.program)
    limits = read_limits(options.limits)
    if limits["compiler"] != compiler and not options.update and not options.history:
        print(f"skipped: {options.limits} belongs to '{limits['compiler']}', the program was built by '{compiler}'")
        return SKIPPED
    cases = [case for case in CASES if not options.case or case.name in options.case]
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Counter(options.program, options.traces, folder), cases, lenient=bool(options.history))
    if options.history:
        write_history(options.document, options.history, measured)
    if options.update:
        kept = limits["instructions"] if limits["compiler"] == compiler else {}
        write_limits(options.limits, compiler, {**kept, **measured})
    if options.history or options.update:
        return 0
    return 1 if judge(measured, limits["instructions"]) else 0


def main(arguments):
    options = options_of(arguments)
    try:
        return count(options)
    except Failure as failure:
        print(f"counts.py: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

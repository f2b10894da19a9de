#!/usr/bin/env python3
"""Runs a check, unless it has passed before on the same inputs with the same tools.

    unchanged.py NAME [--input GLOB]... [--tool PROGRAM]... [--keep] -- COMMAND...

For checks that take minutes and whose result follows from a few files alone, such as proofs about rtl/. The mark of a check
that passed is a hash of its command, this repository's files that match the globs, and what each tool says its version is.
Marks are lines of tb/tidy/unchanged.txt, so that a fresh checkout runs only what a change can have broken; --keep replaces
the mark of NAME after the check has passed, to be committed. With TABLEWALK_FRESH=1 in the environment every check is run.
The exit code is the command's; 0 if it was not run.
"""

import argparse
import glob
import hashlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MARKS = os.path.join(HERE, "unchanged.txt")
HEAD = "# Checks that passed, and the hash of what they depend on: tb/tidy/unchanged.py\n"


def inputs(globs):
    """The files, sorted; each glob must match one."""
    found = set()
    for pattern in globs:
        matches = [path for path in glob.glob(os.path.join(ROOT, pattern), recursive=True) if os.path.isfile(path)]
        if not matches:
            raise SystemExit(f"unchanged.py: no file matches {pattern}")
        found.update(matches)
    return sorted(path for path in found if "__pycache__" not in path)


def version_of(tool):
    for option in ("--version", "-V"):
        done = subprocess.run([tool, option], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout
    raise SystemExit(f"unchanged.py: {tool} does not say its version")


def mark_of(options):
    """A hash that is the same wherever the repository and the tools are, so that programs count by their versions alone."""
    digest = hashlib.sha256()
    own = [os.path.relpath(word, ROOT) if word.startswith(ROOT) else word for word in options.command]
    for text in [*(word for word in own if not os.path.isabs(word)), *map(version_of, options.tool)]:
        digest.update(f"{len(text)} {text}\n".encode())
    for path in inputs([*options.input, os.path.relpath(__file__, ROOT)]):
        with open(path, "rb") as file:
            text = file.read()
        digest.update(f"{os.path.relpath(path, ROOT)} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def read_marks():
    if not os.path.exists(MARKS):
        return {}
    with open(MARKS, encoding="utf-8") as file:
        return dict(line.split() for line in file if not line.startswith("#"))


def keep(name, mark):
    marks = read_marks()
    marks[name] = mark
    with open(MARKS, "w", encoding="utf-8") as file:
        file.write(HEAD + "".join(f"{name} {mark}\n" for name, mark in sorted(marks.items())))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--input", action="append", default=[], metavar="GLOB")
    parser.add_argument("--tool", action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def main():
    options = arguments()
    mark = mark_of(options)
    if read_marks().get(options.name) == mark and os.environ.get("TABLEWALK_FRESH") != "1":
        print(f"{options.name} passed on these inputs before; TABLEWALK_FRESH=1 runs it again")
        return 0
    status = subprocess.run(options.command, check=False).returncode
    if status == 0 and options.keep:
        keep(options.name, mark)
    return status


if __name__ == "__main__":
    sys.exit(main())

"""Runs clang-tidy over model/*/*.cpp with .clang-tidy; exits with status 1 if there is a finding.

    python3 tb/tidy/clang_tidy.py CLANG_TIDY ROOT BUILD [--keep]

A file found clean is not looked at again until its text, a header of ours that it includes, its compile command,
.clang-tidy or clang-tidy's version changes: its mark is a hash of all of these. Marks are in BUILD/clang-tidy/clean/, and
--keep writes them to tb/tidy/clean.txt, so that a fresh checkout looks only at what changed since: all files take twenty
minutes of processor time. Headers of other projects are taken to change only with a package, so an upgrade of one is not
noticed; delete both then.
"""

import concurrent.futures
import glob
import hashlib
import json
import os
import re
import subprocess
import sys

FINDING = re.compile(r"^(?=\S+:\d+:\d+: (?:error|warning):)", re.MULTILINE)
# Flags for g++ only, and those that change no finding. Its precompiled headers are unreadable for clang; the sources
# include these headers anyway.
NOT_FOR_TIDY = re.compile(r" -Winvalid-pch| -include \S*cmake_pch\.hxx| -flto=\S+| -ffat-lto-objects| -O\d")
UNITY_SOURCE = re.compile(r'^#include "([^"]+)"$', re.MULTILINE)
OWN_INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


class Sources:
    """The texts of our files, each read once, and which of them a file includes."""

    def __init__(self, root):
        self.model = os.path.join(root, "model")
        self.texts = {}

    def text(self, path):
        if path not in self.texts:
            with open(path, "rb") as file:
                self.texts[path] = file.read()
        return self.texts[path]

    def with_includes(self, path):
        """The file and every header of model/ that it includes, directly or not, sorted."""
        found, left = set(), [path]
        while left:
            current = left.pop()
            if current in found:
                continue
            found.add(current)
            headers = (os.path.join(self.model, name.decode()) for name in OWN_INCLUDE.findall(self.text(current)))
            left.extend(header for header in headers if os.path.exists(header))
        return sorted(found)


def mark_of(entry, sources, common, places):
    """A hash of everything that the verdict on a file depends on, independent of the location of `places`."""
    def anywhere(text):
        for number, place in enumerate(places):
            text = text.replace(place, f"<{number}>")
        return text.encode()

    digest = hashlib.sha256(common)
    digest.update(anywhere(entry["command"]))
    for path in sources.with_includes(entry["file"]):
        text = sources.text(path)
        digest.update(anywhere(f"{path} {len(text)}\n") + text)
    return digest.hexdigest()


def read_kept(path):
    """The marks stored in the repository."""
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as file:
        return {line.split()[0] for line in file if line.strip() and not line.startswith("#")}


def write_kept(path, root, clean):
    """`clean`: mark by file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Marks of the files in which clang-tidy finds nothing, by tb/tidy/clang_tidy.py --keep\n")
        for name, mark in sorted(clean.items()):
            file.write(f"{mark} {os.path.relpath(name, root)}\n")


def one_by_one(entry):
    """The entry, or one for each source that CMake compiles together in it."""
    if not re.search(r"/unity_\d+_cxx\.cxx$", entry["file"]):
        return [entry]
    with open(entry["file"], encoding="utf-8") as file:
        paths = UNITY_SOURCE.findall(file.read())
    return [{**entry, "file": path, "command": re.sub(r" -o \S+ -c \S+$", f" -o x.o -c {path}", entry["command"])}
            for path in paths]


def entries(root, build):
    """The compile command of each source of model/."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    model = os.path.join(root, "model", "")
    compiled = {entry["file"]: {**entry, "command": NOT_FOR_TIDY.sub("", entry["command"])}
                for command in commands for entry in one_by_one(command) if entry["file"].startswith(model)}
    forgotten = set(glob.glob(os.path.join(model, "*", "*.cpp"))) - set(compiled)
    if forgotten:
        raise SystemExit("clang_tidy.py: not part of the build: " + ", ".join(sorted(forgotten)))
    # Long ones first, to balance the load at the end: those that include SystemC.
    return [compiled[path] for path in sorted(compiled, reverse=True)]


def look_at(program, database, path):
    """clang-tidy's findings in a file; empty if it is clean."""
    result = subprocess.run([program, "-p", database, "--quiet", path], capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stdout or result.stderr


def main(arguments):
    keep = "--keep" in arguments
    program, root, build = [argument for argument in arguments if argument != "--keep"]
    root, build = os.path.abspath(root), os.path.abspath(build)
    database = os.path.join(build, "clang-tidy")
    marks = os.path.join(database, "clean")
    os.makedirs(marks, exist_ok=True)
    # Its first line; another one names the host processor.
    version = subprocess.run([program, "--version"], capture_output=True, check=True).stdout.splitlines()[0]
    with open(os.path.join(root, ".clang-tidy"), "rb") as file:
        common = version + file.read()
    kept_path = os.path.join(root, "tb", "tidy", "clean.txt")
    kept = read_kept(kept_path)

    sources = Sources(root)
    to_compile = entries(root, build)
    with open(os.path.join(database, "compile_commands.json"), "w", encoding="utf-8") as file:
        json.dump(to_compile, file, indent=1)
    all_files = {entry["file"]: mark_of(entry, sources, common, [build, root]) for entry in to_compile}
    for mark in set(os.listdir(marks)) - set(all_files.values()):  # of earlier texts
        os.remove(os.path.join(marks, mark))
    to_do = [path for path, mark in all_files.items()
             if mark not in kept and not os.path.exists(os.path.join(marks, mark))]
    clean = {path: mark for path, mark in all_files.items() if path not in to_do}
    dirty = 0
    reported = set()
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        looks = {pool.submit(look_at, program, database, path): path for path in to_do}
        for look in concurrent.futures.as_completed(looks):
            path, found = looks[look], look.result()
            if not found:
                open(os.path.join(marks, all_files[path]), "w", encoding="utf-8").close()
                clean[path] = all_files[path]
                continue
            dirty += 1
            for finding in FINDING.split(found):
                if finding.strip() and finding not in reported:  # those in a header repeat for every including file
                    reported.add(finding)
                    print(finding.replace(root + os.sep, "").rstrip(), flush=True)
    print(f"{len(all_files)} files, {len(all_files) - len(to_do)} known to be clean, {dirty} with findings")
    if keep:
        write_kept(kept_path, root, clean)
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Checks the layout of the repository; docs/ARCHITECTURE.md says what the rules are for.

    python3 tb/tidy/layout.py [ROOT]

Prints one line for each finding, `file:line: what is wrong`, and ends with status 1 if there is any.
"""

import os
import re
import sys

from cpp_text import functions
from repository_files import repository_files
import sv_text

# A folder of model/ includes only from itself and from folders before it.
STATIONS = ["base", "stats", "config", "lecture", "associative", "memory", "trace", "paging",
            "segment", "protocol", "os", "links", "cpu", "tlb", "walker", "cache", "coherence", "dram",
            "warming", "observe", "system", "report", "validate", "sweep", "cli"]
FIRST_WITH_SYSTEMC = "links"
LONGEST_FUNCTION = 60
LONGEST_FILE = 500
LONGEST_LINE = 120  # of SystemVerilog: clang-format holds C++ to it

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SYSTEMC = re.compile(r"(systemc|tlm)(\.h)?$|(sysc|tlm_core|tlm_utils|systemc\.h|tlm\.h)(/|$)")

PLAIN_HEADER = re.compile(r"model/\w+/\w+_(config|arrays?)\.h$")

# What the repository must not say, and why. This folder names the words, so it is not searched for them.
FORBIDDEN = [
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "a note of unfinished work"),
    (re.compile(r"\bnot (yet )?implemented\b|\bplaceholder\b", re.IGNORECASE), "an unfinished place"),
    (re.compile(r"\bGTEST_SKIP\b|\bDISABLED_\w*"), "a test that does not run"),
    (re.compile(r"(?<![\w.])/(work|home|root)/|\.\./shared\b"), "a path of somebody's machine"),
    (re.compile(r"\b(deb\.debian\.org|pypi\.org|pythonhosted\.org|registry\.npmjs\.org|crates\.io|"
                r"proxy\.golang\.org|rubygems\.org)\b"), "the address of a package registry"),
    (re.compile(r"\b(issue|pull request) #\d+", re.IGNORECASE), "a reference to somebody's tracker"),
]

MARKDOWN_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
FENCE = re.compile(r"^\s*(```|~~~)")


def is_cpp(path):
    return path.endswith((".cpp", ".h"))


def is_sv(path):
    return path.endswith((".sv", ".svh"))


def check_includes(path, text):
    parts = path.split("/")
    if parts[0] != "model" or not is_cpp(path):
        return
    if len(parts) < 3 or parts[1] not in STATIONS:
        yield 1, f"not in a folder of model/ that has a place in the order: {', '.join(STATIONS)}"
        return
    station = STATIONS.index(parts[1])
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        mark, target = include.groups()
        if mark == "<":
            if SYSTEMC.match(target) and station < STATIONS.index(FIRST_WITH_SYSTEMC):
                yield number, f"includes <{target}>; folders before {FIRST_WITH_SYSTEMC}/ know no SystemC"
            continue
        folder = target.split("/")[0]
        if folder not in STATIONS or "/" not in target:
            yield number, f'includes "{target}"; expected "FOLDER/FILE.h" with a folder of model/'
        elif STATIONS.index(folder) > station:
            yield number, f"includes {target}, but {folder}/ stands below {parts[1]}/"


def reaches_systemc(root, header, seen):
    """Whether a header of model/ includes SystemC, itself or through others."""
    path = os.path.join(root, "model", header)
    if header in seen or not os.path.isfile(path):
        return False
    seen.add(header)
    with open(path, encoding="utf-8") as file:
        includes = [INCLUDE.match(line) for line in file]
    return any(SYSTEMC.match(include[2]) if include[1] == "<" else reaches_systemc(root, include[2], seen)
               for include in includes if include)


def check_plain_headers(root, path, text):
    if not PLAIN_HEADER.match(path):
        return
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if include and include[1] == '"' and reaches_systemc(root, include[2], set()):
            yield number, f"includes {include[2]}, which reaches SystemC; expected configs and arrays without it"


def check_length(path, text):
    if not is_cpp(path) and not is_sv(path):
        return
    lines = text.count("\n")
    if lines > LONGEST_FILE:
        yield 1, f"{lines} lines; expected at most {LONGEST_FILE}"
    if is_cpp(path):
        blocks = ((first_line, length, f"function {name}") for first_line, length, name in functions(text))
    else:
        blocks = sv_text.blocks(text)
    for first_line, length, what in blocks:
        if length > LONGEST_FUNCTION:
            yield first_line, f"{what} has {length} lines; expected at most {LONGEST_FUNCTION}"


def check_sv(path, text):
    if not is_sv(path):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            yield number, f"{len(line)} characters; expected at most {LONGEST_LINE}"
        if "\t" in line:
            yield number, "a tab; expected spaces"
    name = os.path.splitext(os.path.basename(path))[0]
    defined = sv_text.modules(text)
    if path.endswith(".sv") and defined != [name]:
        yield 1, f"defines {', '.join(defined) or 'nothing'}; expected one module or package of the file's name, {name}"


def check_test_namespace(path, text):
    """Tests are compiled several as one, so the names of each are in a namespace of its own."""
    name = os.path.splitext(os.path.basename(path))[0]
    if not path.startswith("tb/") or not path.endswith("_test.cpp") or "namespace" not in text:
        return
    opened = re.search(r"^namespace tablewalk(::\w+)*", text, re.MULTILINE)
    if opened is None or not opened.group().endswith("::" + name):
        yield 1, f"its names are in no namespace of its own; expected namespace tablewalk::{name}"


def check_words(path, text):
    if path.startswith("tb/tidy/"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, meaning in FORBIDDEN:
            match = pattern.search(line)
            if match:
                yield number, f"says '{match.group()}': {meaning}"


def check_ends(path, text):
    if text and not text.endswith("\n") and not path.startswith("tb/golden/"):  # data keeps its maker's bytes
        yield text.count("\n") + 1, "the last line has no end"
    if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield 1, "a header without #pragma once"


def prose_lines(text):
    """Numbered lines of Markdown outside fenced blocks, without their code spans."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, re.sub(r"`[^`]*`", "", line)


def anchors(text):
    """The anchors that a page's headings make."""
    found = set()
    fenced = False
    for line in text.splitlines():
        if FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else re.match(r"#+\s+(.*?)\s*#*$", line)
        if heading:
            words = re.sub(r"[^\w\- ]", "", heading.group(1).lower())
            found.add(words.replace(" ", "-"))
    return found


def check_links(root, path, text):
    if not path.endswith(".md"):
        return
    for number, line in prose_lines(text):
        for target in MARKDOWN_LINK.findall(line):
            if re.match(r"[a-z][a-z+.-]*:", target):
                continue  # another site's business
            name, _, anchor = target.partition("#")
            place = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            full = os.path.join(root, place)
            if place.startswith("..") or os.path.isabs(name) or not os.path.exists(full):
                yield number, f"links to {target}, which is not in the repository"
            elif anchor and place.endswith(".md") and anchor not in anchors(open(full, encoding="utf-8").read()):
                yield number, f"links to {target}, but {place} has no such heading"


def check_script(root, path, text):
    if text.startswith("#!") and not os.access(os.path.join(root, path), os.X_OK):
        yield 1, "begins with #! but may not be executed; chmod +x"


def check_file(root, path):
    with open(os.path.join(root, path), "rb") as file:
        content = file.read()
    if b"\0" in content:
        return  # a trace, an image
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        yield 1, "neither UTF-8 text nor binary"
        return
    yield from check_includes(path, text)
    yield from check_plain_headers(root, path, text)
    yield from check_length(path, text)
    yield from check_sv(path, text)
    yield from check_test_namespace(path, text)
    yield from check_words(path, text)
    yield from check_ends(path, text)
    yield from check_links(root, path, text)
    yield from check_script(root, path, text)


def findings(root):
    return [f"{path}:{line}: {message}"
            for path in repository_files(root) for line, message in sorted(check_file(root, path))]


def main(arguments):
    root = arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    if not os.path.isdir(root):
        print(f"layout.py: no folder {root}", file=sys.stderr)
        return 2
    found = findings(root)
    for line in found:
        print(line)
    if found:
        print(f"{len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

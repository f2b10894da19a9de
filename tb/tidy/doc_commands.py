"""Runs the commands shown in the documents, so that all of them work.

    python3 tb/tidy/doc_commands.py TABLEWALK ROOT [--update] [--short] [FILE.md...]

In fenced blocks of Markdown, a line `tablewalk ...` must end with status 0; after a line `$ tablewalk ...` the rest of the
block must be what it prints, where a line `...` stands for any lines. --update writes what it prints into the document
instead, unless the block has such a line. A block that begins with ```console long takes many seconds: --short leaves it
out. A document's commands run in order, in a folder that has traces/ and docs/sweeps/ and images, traces and dram of
tb/golden/ only.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile

DOCUMENTS = ["README.md", "docs/user-guide.md", "docs/cost-of-translation.md", "docs/dram.md", "docs/validation.md",
             "docs/several-cores.md", "docs/table-caching.md", "docs/walk-caches.md", "docs/coalescing.md", "docs/ranges.md",
             "docs/prefetching.md", "docs/segmentation.md",
             "docs/reproduced.md", "docs/flat-or-tree-or-hash.md",
             "docs/kernel.md", "docs/report.md", "docs/sweeps.md", "docs/sampling.md",
             "docs/bring-your-own-walker.md", "docs/hardware-cost.md",
             "docs/paging/README.md", "docs/paging/adding-a-mode.md", "docs/paging/radix.md", "docs/paging/riscv.md", "docs/paging/x86.md",
             "docs/paging/arm64.md", "docs/paging/hashed.md", "docs/paging/flattened.md",
             "docs/paging/inverted.md", "docs/paging/cuckoo.md"]
BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LONG = "console long"
ANY_LINES = "..."
DATA = ["traces", "docs/sweeps", "tb/golden/images", "tb/golden/traces", "tb/golden/dram"]


def documents(root):
    """Relative paths of all documents; lectures and tutorials are one file each."""
    pages = [path for folder in ("lectures", "tutorials") for path in glob.glob(os.path.join(root, "docs", folder, "*.md"))]
    return [*DOCUMENTS, *sorted(os.path.relpath(path, root) for path in pages)]


def commands_of(block):
    """(command, expected output or None) of a block's text."""
    if block.startswith("$ tablewalk "):
        first, _, rest = block.partition("\n")
        yield first[2:], rest
        return
    for line in block.splitlines():
        if line.startswith("tablewalk ") and not re.search(r"\b[A-Z]{2,}\b", line):  # TRACE etc. are generic names
            yield line, None


def matches(expected, output):
    pattern = "".join("(?:.*\n)*" if line == ANY_LINES else re.escape(line + "\n") for line in expected.splitlines())
    return re.fullmatch(pattern, "\n".join(line.rstrip() for line in output.splitlines()) + "\n") is not None


class Document:
    def __init__(self, path, program, root, update, short):
        self.path = path
        self.program = program
        self.root = root
        self.update = update
        self.short = short
        self.problems = []
        self.count = 0
        self.left_out = 0

    def check(self):
        full = os.path.join(self.root, self.path)
        with open(full, encoding="utf-8") as file:
            text = file.read()
        with tempfile.TemporaryDirectory() as folder:
            for data in DATA:
                os.makedirs(os.path.dirname(os.path.join(folder, data)), exist_ok=True)
                os.symlink(os.path.join(self.root, data), os.path.join(folder, data))
            os.symlink(self.program, os.path.join(folder, "tablewalk"))
            new_text = BLOCK.sub(lambda match: self.check_block(match, folder), text)
        if self.update and new_text != text:
            with open(full, "w", encoding="utf-8") as file:
                file.write(new_text)

    def check_block(self, match, folder):
        info, block = match.groups()
        for command, expected in commands_of(block):
            if self.short and info == LONG:
                self.left_out += 1
                continue
            self.count += 1
            output = self.run(command, folder)
            if output is None or expected is None or matches(expected, output):
                continue
            if self.update and ANY_LINES not in expected.splitlines():
                shown = "".join(line.rstrip() + "\n" for line in output.splitlines())
                return f"```{info}\n$ {command}\n{shown}```"
            self.problems.append(f"{self.path}: `{command}` prints something else (--update writes it down):\n{output}")
        return match.group()

    def run(self, command, folder):
        environment = {**os.environ, "PATH": folder + os.pathsep + os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        environment.pop("COLUMNS", None)  # the width of a text report
        result = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=600, check=False)
        if result.returncode == 0:
            return result.stdout
        self.problems.append(f"{self.path}: `{command}` ends with status {result.returncode}: {result.stderr.strip()}")
        return None


def main(arguments):
    update, short = "--update" in arguments, "--short" in arguments
    program, root, *paths = [argument for argument in arguments if argument not in ("--update", "--short")]
    status = 0
    for path in paths or documents(root):
        document = Document(path, os.path.abspath(program), os.path.abspath(root), update, short)
        document.check()
        print(f"{path}: {document.count} commands" + (f", {document.left_out} long ones left out" if document.left_out else ""))
        for problem in document.problems:
            print(problem)
            status = 1
        if not document.count + document.left_out:
            print(f"{path}: no command found")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

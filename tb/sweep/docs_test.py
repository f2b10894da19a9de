"""The examples of docs/sweeps.md for pandas and gnuplot, on the results of the document's first sweep.

    python3 tb/sweep/docs_test.py PROGRAM

Needs pandas and gnuplot; without them it ends with exit code 77 (not tested).
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BLOCK = re.compile(r"^```(python|gnuplot)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def python_with_pandas():
    """This one, or Debian's, which has Debian's packages."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import pandas"], capture_output=True,
                                                     check=False).returncode == 0:
            return python
    return None


def run(command, folder, stdin=None):
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0 or "warning" in done.stderr.lower():
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}\n{stdin}")
    return done.stdout


def main():
    program = os.path.abspath(sys.argv[1])
    interpreters = {"python": python_with_pandas(), "gnuplot": shutil.which("gnuplot")}
    missing = [name for name, path in interpreters.items() if path is None]
    if missing:
        print(f"not tested: no {' and no '.join(missing)} (pandas for python)")
        return 77
    with open(os.path.join(ROOT, "docs", "sweeps.md"), encoding="utf-8") as file:
        blocks = BLOCK.findall(file.read())
    if [language for language, _ in blocks] != ["python", "gnuplot"]:
        sys.exit("docs/sweeps.md: expected one example for pandas and one for gnuplot")
    with tempfile.TemporaryDirectory() as folder:
        run([program, "sweep", os.path.join(ROOT, "docs", "sweeps", "stlb.yaml"), "-o", "results"], folder)
        outputs = [run([interpreters[language], "-"], folder, block) for language, block in blocks]
        with open(os.path.join(folder, "walks.svg"), encoding="utf-8") as file:
            marks = file.read().count("<use ")
    print(outputs[0])
    if "1536" not in outputs[0] or marks < 14:  # one for each point, and those of the key
        sys.exit(f"expected a table with a row for 1536 entries and a plot of 14 points, not {marks}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

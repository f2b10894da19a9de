"""Makes the pictures of docs/report.md and docs/sweeps.md: small WebP files of the sections of pages about recorded traces.

    /usr/bin/python3 tb/page/screenshots.py build/release/tablewalk docs
"""

import os
import subprocess
import sys
import tempfile

from browser import Browser

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TRACE = "traces/python3.twt"

# Section, file in docs, page, width, dark, and a script that prepares the section.
SECOND_MACHINE = """const choice = [...document.querySelectorAll('#microscope select')].pop();
choice.value = '1'; choice.dispatchEvent(new Event('change'));"""
UNFOLD = "document.querySelectorAll('#tree details').forEach((details) => { details.open = true; });"
PICTURES = [
    ("#machine", "machine", "explain", 1100, False, ""),
    ("#cost", "cost", "explain", 1100, False, ""),
    ("#latency", "latency", "explain", 1100, False, ""),
    ("#progress", "progress", "explain", 1100, False, ""),
    ("#space", "space", "explain", 1100, False, ""),
    ("#tree", "tree", "explain", 1100, False, UNFOLD),
    ("#microscope", "microscope", "explain", 1100, True, ""),
    ("#microscope", "two-machines", "compare", 1100, False, SECOND_MACHINE),
    ("#machine", "phone", "explain", 400, True, ""),
]
ONE_TRACE = """const choose = (section, label, value) => { const select = [...document.querySelectorAll(`#${section} label`)]
  .find((one) => one.firstChild.textContent.trim() === label).querySelector('select');
  select.value = value; select.dispatchEvent(new Event('change')); };
choose('against', 'a line for each', 'trace');"""
SWEEP_PICTURES = [
    ("#against", "against", "sweep", 1100, False, ONE_TRACE),
    ("#front", "front", "tune", 1100, False, ""),
]


def make_pages(program, folder):
    common = [TRACE, "-c", "skylake", "--limit", "600000"]
    pages = {name: os.path.join(folder, f"{name}.html") for name in ("explain", "compare", "sweep", "tune")}
    subprocess.run([program, "explain", *common, "--html", pages["explain"]], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([program, "compare", *common, "--vary", "walker.walkers=1,2", "--html", pages["compare"]], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([program, "sweep", "docs/sweeps/stlb.yaml", "-o", os.path.join(folder, "results"), "--html", pages["sweep"]],
                   cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([program, "tune", "traces/sort.twt", "traces/sqlite3.twt", "-c", "skylake", "--budget", "1500", "--limit", "10K",
                    "-o", os.path.join(folder, "tuned"), "--html", pages["tune"]], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return pages


def main():
    if len(sys.argv) != 3 or not os.path.isfile(sys.argv[1]) or not os.path.isdir(sys.argv[2]):
        print(f"screenshots.py: expected the program tablewalk and an existing folder, not {sys.argv[1:]}", file=sys.stderr)
        return 2
    program, output = os.path.abspath(sys.argv[1]), sys.argv[2]
    browser = Browser()
    with tempfile.TemporaryDirectory() as folder:
        pages = make_pages(program, folder)
        pictures = [("report", one) for one in PICTURES] + [("sweeps", one) for one in SWEEP_PICTURES]
        for place, (section, name, page, width, dark, prepare) in pictures:
            browser.set_width(width)
            browser.set_dark(dark)
            browser.open(pages[page])
            for _ in range(4 if prepare == UNFOLD else 1):
                if prepare:
                    browser.run(prepare)
                browser.settle()
            browser.picture(section, os.path.join(output, place, f"{name}.webp"), "webp")
    browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

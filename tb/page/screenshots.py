"""Makes the pictures of docs/report.md: small WebP files of the sections of pages about recorded traces.

    /usr/bin/python3 tb/page/screenshots.py build/release/tablewalk docs/report
"""

import os
import subprocess
import sys
import tempfile

from browser import Browser

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TRACE = "traces/python3.twt"

# Section, file, page, width, dark, and a script that prepares the section.
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


def make_pages(program, folder):
    common = [TRACE, "-c", "skylake", "--limit", "600000"]
    pages = {name: os.path.join(folder, f"{name}.html") for name in ("explain", "compare")}
    subprocess.run([program, "explain", *common, "--html", pages["explain"]], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([program, "compare", *common, "--vary", "walker.walkers=1,2", "--html", pages["compare"]], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)
    return pages


def main():
    if len(sys.argv) != 3 or not os.path.isfile(sys.argv[1]) or not os.path.isdir(sys.argv[2]):
        print(f"screenshots.py: expected the program tablewalk and an existing folder, not {sys.argv[1:]}", file=sys.stderr)
        return 2
    program, output = os.path.abspath(sys.argv[1]), sys.argv[2]
    browser = Browser()
    with tempfile.TemporaryDirectory() as folder:
        pages = make_pages(program, folder)
        for section, name, page, width, dark, prepare in PICTURES:
            browser.set_width(width)
            browser.set_dark(dark)
            browser.open(pages[page])
            for _ in range(4 if prepare == UNFOLD else 1):
                if prepare:
                    browser.run(prepare)
                browser.settle()
            browser.picture(section, os.path.join(output, f"{name}.webp"), "webp")
    browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

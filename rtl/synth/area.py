"""Cells, flip-flops and logic depth of the walker in rtl/, synthesised by Yosys.

    python3 rtl/synth/area.py slots=4 caches=1x16x4,2x16x4 radix=9,9,9,9/12@8     of that walker
    python3 rtl/synth/area.py --kept                                              of those built into the program, as kept
    python3 rtl/synth/area.py --update                                            makes what is kept, and what
                                                                                  docs/hardware-cost.md shows, anew if rtl/
                                                                                  changed
    python3 rtl/synth/area.py --fresh                                             whether what is kept is of this rtl/

A walker is named as in the CMake setting TABLEWALK_RTL_WALKERS; several may follow each other. For generic gates (AND, OR
and XOR of two inputs, NOT, multiplexers) and for Lattice's iCE40. docs/hardware-cost.md reads the figures.
"""

import argparse
import json
import os
import re
import sys
import time

import flow
from variant import BadVariant, Variant, variants_of

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
KEPT = os.path.join("rtl", "synth", "area.json")
PAGE = os.path.join("docs", "hardware-cost.md")
PAGE_BLOCK = re.compile(r"(?<=^\$ python3 rtl/synth/area.py --kept\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
REMAKE = "python3 rtl/synth/area.py --update"
SCHEMA = "tablewalk.area/1"
COLUMNS = [("cells", "cells"), ("flip_flops", "flip-flops"), ("request_flip_flops", "of requests"),
           ("logic_depth", "depth"), ("ice40_luts", "iCE40 LUTs"), ("ice40_carries", "carries"),
           ("ice40_flip_flops", "flip-flops"), ("ice40_logic_depth", "depth")]


def built_variants(root):
    """Those that the program has if nobody says otherwise."""
    with open(os.path.join(root, "cmake", "rtl_walkers.cmake"), encoding="utf-8") as file:
        default = re.search(r"set\(default_walkers\n(.*?)\)$", file.read(), re.DOTALL | re.MULTILINE).group(1)
    return [Variant(text) for text in re.findall(r'"([^"]+)"', default)]


def read_kept(root):
    try:
        with open(os.path.join(root, KEPT), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def write_kept(root, kept):
    with open(os.path.join(root, KEPT), "w", encoding="utf-8") as file:
        file.write(json.dumps(kept, indent=2) + "\n")


class Progress:
    """A line on a terminal that says what is being synthesised."""

    def __init__(self, total):
        self.total = total
        self.done = 0
        self.start = time.monotonic()

    def show(self, variant):
        if sys.stderr.isatty():
            seconds = time.monotonic() - self.start
            left = f", {seconds / self.done * (self.total - self.done):.0f} s left" if self.done else ""
            print(f"\r\033[K{self.done} of {self.total} walkers, {seconds:.0f} s{left}: {variant.text}", end="",
                  file=sys.stderr, flush=True)
        self.done += 1

    @staticmethod
    def clear():
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def synthesise_all(options, jobs, on_figures):
    """`jobs`: pairs of a walker and the targets it is synthesised for."""
    progress = Progress(len(jobs))
    try:
        for variant, targets in jobs:
            progress.show(variant)
            on_figures(variant, flow.synthesise(options.yosys, options.root, variant, options.id_bits, targets,
                                                options.timeout))
    finally:
        progress.clear()


def text_of(figures_by_variant):
    rows = [["", *(title for name, title in COLUMNS)]]
    for text, figures in figures_by_variant.items():
        rows.append([text, *(f"{figures[name]:,}" if name in figures else "-" for name, title in COLUMNS)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def show_on_page(root, figures):
    path = os.path.join(root, PAGE)
    with open(path, encoding="utf-8") as file:
        page = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(PAGE_BLOCK.sub(lambda match: text_of(figures), page, count=1))


def print_figures(figures_by_variant, form):
    if form == "json":
        print(json.dumps({"schema": SCHEMA, "variants": figures_by_variant}, indent=2))
    elif form == "csv":
        print("variant," + ",".join(name for name, title in COLUMNS))
        for text, figures in figures_by_variant.items():
            print(f'"{text}",' + ",".join(str(figures.get(name, "")) for name, title in COLUMNS))
    else:
        print(text_of(figures_by_variant), end="")


def update(options):
    """Makes what is missing. Writes after each walker, so that who interrupts it loses little."""
    digest = flow.digest(options.root)
    kept = read_kept(options.root)
    had = kept.get("variants", {}) if kept.get("sources") == digest else {}
    figures = {variant.text: had.get(variant.text, {}) for variant in built_variants(options.root)}

    def keep(variant=None, of_it=None):
        if variant:
            figures[variant.text].update(of_it)
        write_kept(options.root, {"schema": SCHEMA, "made_by": REMAKE, "sources": digest, "variants": figures})

    keep()
    jobs = [(variant, [target for target in options.target if not set(flow.FIGURES[target]) <= set(figures[variant.text])])
            for variant in built_variants(options.root)]
    synthesise_all(options, [(variant, targets) for variant, targets in jobs if targets], keep)
    show_on_page(options.root, figures)
    return figures


def staleness(root):
    """Why what is kept or shown is not of what is there; None if it is."""
    kept = read_kept(root)
    if kept.get("sources") != flow.digest(root):
        return f"{KEPT} is not of the rtl/ that is there (or of another flow of rtl/synth); made anew by: {REMAKE}"
    missing = [variant.text for variant in built_variants(root)
               if not set(flow.FIGURES["generic"]) <= set(kept["variants"].get(variant.text, {}))]
    if missing:
        return f"{KEPT} lacks figures of '{missing[0]}', which cmake/rtl_walkers.cmake builds; made by: {REMAKE}"
    with open(os.path.join(root, PAGE), encoding="utf-8") as file:
        shown = PAGE_BLOCK.search(file.read())
    if not shown or shown.group() != text_of(kept["variants"]):
        return f"{PAGE} does not show what {KEPT} has; written by: {REMAKE}"
    return None


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"area.py: {message}\n")


def arguments_of(words):
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("walker", nargs="*", help="slots=N [caches=LxExW,...] radix=B1,B2,.../OFFSET@BYTES")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--kept", action="store_true", help="print rtl/synth/area.json")
    what.add_argument("--update", action="store_true", help="write rtl/synth/area.json")
    what.add_argument("--fresh", action="store_true", help="status 1 if rtl/synth/area.json is not of this rtl/")
    parser.add_argument("--id-bits", type=int, default=flow.ID_BITS, metavar="N",
                        help="2^N requests can wait for an answer (default: %(default)s)")
    parser.add_argument("--target", action="append", choices=["generic", "ice40"], help="one of them; default: both")
    parser.add_argument("--format", choices=["text", "json", "csv"], default="text")
    parser.add_argument("--timeout", type=int, default=1800, metavar="SECONDS", help="of one walker (%(default)s)")
    parser.add_argument("--yosys", default="yosys", help="the program (%(default)s)")
    parser.add_argument("--root", default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if not 1 <= options.id_bits <= 8:
        parser.error(f"--id-bits {options.id_bits}: expected 1 to 8")
    if bool(options.walker) == (options.kept or options.update or options.fresh):
        parser.error("expected walkers, or one of --kept, --update and --fresh")
    if options.update and options.id_bits != flow.ID_BITS:
        parser.error("--update makes the figures with the usual width of ids; expected no --id-bits")
    options.target = options.target or ["generic", "ice40"]
    return options


def main(words):
    options = arguments_of(words)
    figures = {}
    try:
        if options.fresh:
            stale = staleness(options.root)
            if stale:
                print(f"area.py: {stale}", file=sys.stderr)
            return 1 if stale else 0
        if options.kept:
            figures = read_kept(options.root).get("variants", {})
        elif options.update:
            figures = update(options)
        else:
            synthesise_all(options, [(variant, options.target) for variant in variants_of(options.walker)],
                           lambda variant, of_it: figures.__setitem__(variant.text, of_it))
    except (BadVariant, flow.SynthesisFailed, OSError) as error:
        print(f"area.py: {error}", file=sys.stderr)
        return 2 if isinstance(error, BadVariant) else 1
    print_figures(figures, options.format)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

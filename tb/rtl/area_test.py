"""Tests rtl/synth: that the stored figures are of the current hardware and right for the smallest walker; what the
command says to bad input.

    python3 tb/rtl/area_test.py YOSYS ROOT [CLASS.test...]
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

YOSYS, ROOT = sys.argv[1:3]
COMMAND = [sys.executable, "-B", os.path.join(ROOT, "rtl", "synth", "area.py"), "--yosys", YOSYS]
FOLDERS = ["rtl", "cmake", "docs"]


def area(*words):
    return subprocess.run([*COMMAND, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


class Copy:
    """A copy of the relevant part of the repository, to change a file in."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        for folder in FOLDERS:
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(self.folder.name, folder))
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def edit(self, path, old, new):
        full = os.path.join(self.folder.name, path)
        with open(full, encoding="utf-8") as file:
            text = file.read()
        assert old in text, f"{path} has no '{old}'"
        with open(full, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def fresh(self):
        return area("--fresh", "--root", self.folder.name)


class KeptFigures(unittest.TestCase):
    def test_they_are_of_the_hardware_that_is_there(self):
        result = area("--fresh")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_those_of_the_smallest_walker_are_right(self):
        kept = json.loads(area("--kept", "--format", "json").stdout)["variants"]
        smallest = min((text for text in kept if kept[text]), key=lambda text: kept[text]["cells"])
        targets = ["--target", "generic", *(["--target", "ice40"] if "ice40_luts" in kept[smallest] else [])]
        result = area(*smallest.split(), *targets, "--format", "json", "--timeout", "800")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout)["variants"][smallest], kept[smallest])

    def test_a_change_of_the_hardware_makes_them_stale(self):
        with Copy() as copy:
            copy.edit("rtl/access_check.sv", "!fetch && rights_i.user", "rights_i.user")
            result = copy.fresh()
        self.assertEqual(result.returncode, 1)
        self.assertIn("python3 rtl/synth/area.py --update", result.stderr)

    def test_comments_assertions_and_modules_outside_the_walker_do_not(self):
        with Copy() as copy:
            copy.edit("rtl/access_check.sv", "// Why", "// This is why")
            copy.edit("rtl/walker.sv", "AnswerWasAskedFor : assert (", "AnswerWasAskedFor : assert (!rst_ni || ")
            copy.edit("rtl/tlb.sv", "endmodule", "  logic unused;\nendmodule")
            result = copy.fresh()
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_walker_that_is_built_and_has_none_is_named(self):
        with Copy() as copy:
            copy.edit("cmake/rtl_walkers.cmake", '"slots=1 ', '"slots=3 ')
            result = copy.fresh()
        self.assertEqual(result.returncode, 1)
        self.assertIn("lacks figures of 'slots=3 ", result.stderr)

    def test_a_page_that_shows_other_figures_is_noticed(self):
        with Copy() as copy:
            copy.edit("docs/hardware-cost.md", "slots=1 ", "slots=9 ")
            result = copy.fresh()
        self.assertEqual(result.returncode, 1)
        self.assertIn("docs/hardware-cost.md does not show", result.stderr)


class BadInput(unittest.TestCase):
    def refused(self, *words):
        result = area(*words)
        self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        return result.stderr

    def test_each_is_one_line_that_says_what_was_expected(self):
        for text, expected in [
                ("slot=2 radix=9/12@8", "expected 'slots=N [caches=LxExW,...] radix="),
                ("slots=2", "expected 'slots=N [caches=LxExW,...] radix="),
                ("slots=0 radix=9/12@8", "0 slots; expected 1 to"),
                ("slots=1 caches=0x4x4 radix=9/12@8", "expected level (1 to 7) x entries x ways"),
                ("slots=1 caches=1x6x2 radix=9/12@8", "a power of two"),
                ("slots=1 caches=1x256x4 radix=9/12@8", "expected 1 to 255 entries"),
                ("slots=1 caches=1x4x4,1x8x4 radix=9/12@8", "expected one of a level"),
                ("slots=1 radix=9,,9/12@8", "expected the index bits"),
                ("slots=1 radix=40/30@8", "at most 64 bits"),
                ("slots=1 radix=9/12@6", "expected 'slots=N"),
        ]:
            with self.subTest(text):
                self.assertIn(expected, self.refused(*text.split()))

    def test_options_that_say_nothing_together_are_refused(self):
        self.assertIn("expected walkers, or one of", self.refused())
        self.assertIn("expected walkers, or one of", self.refused("--kept", "slots=1", "radix=9/12@8"))
        self.assertIn("--id-bits 0: expected 1 to 8", self.refused("--id-bits", "0", "slots=1", "radix=9/12@8"))
        self.assertIn("expected no --id-bits", self.refused("--update", "--id-bits", "3"))

    def test_a_walker_that_takes_too_long_is_given_up(self):
        result = area("slots=1", "radix=9/12@8", "--timeout", "0")
        self.assertEqual(result.returncode, 1)
        self.assertIn("not done in 0 seconds", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)

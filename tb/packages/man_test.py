"""The manual pages that the program writes: one for each command, and no complaint of groff's or mandoc's.

    python3 tb/packages/man_test.py PROGRAM
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None  # set by main


def run(*command, **more):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **more)


def commands_of(*path):
    """The names below `Subcommands:` in the help, each with those below it."""
    help_text = run(PROGRAM, *path, "--help", env={"COLUMNS": "200"}).stdout
    found = [path]
    for name in re.findall(r"^  ([a-z][a-z-]*)  ", help_text.partition("Subcommands:\n")[2].partition("\n\n")[0], re.M):
        found += commands_of(*path, name)
    return found


class ManTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.written = run(PROGRAM, "man", os.path.join(cls.folder, "man1"), env={"SOURCE_DATE_EPOCH": "1000000000"})
        cls.pages = sorted(os.listdir(os.path.join(cls.folder, "man1")))

    def path(self, page):
        return os.path.join(self.folder, "man1", page)

    def text(self, page):
        with open(self.path(page), encoding="utf-8") as file:
            return file.read()

    def test_a_page_for_each_command(self):
        self.assertEqual((self.written.returncode, self.written.stderr), (0, ""))
        expected = {"-".join(("tablewalk",) + path) + ".1" for path in commands_of()}
        self.assertGreater(len(expected), 20)
        self.assertEqual(set(self.pages), expected)

    def test_each_option_of_the_help_is_in_the_page(self):
        for path in commands_of():
            options = re.findall(r"^  (?:-\w,)?(--[a-z][a-z-]*)", run(PROGRAM, *path, "--help").stdout, re.M)
            page = self.text("-".join(("tablewalk",) + path) + ".1").replace("\\", "")
            self.assertTrue(options)
            for option in options:
                self.assertIn("fB" + option + "fR", page)
            self.assertIn("fB--helpfR\n", page)  # a flag has no value

    def test_the_date_is_that_of_the_package(self):
        self.assertIn(" 2001-09-09 ", self.text("tablewalk.1"))

    def test_groff_prints_every_page_without_a_warning(self):
        for page in self.pages:
            shown = run("groff", "-man", "-ww", "-Tutf8", "-P-c", self.path(page))
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), page)
        shown = run("groff", "-man", "-Tascii", "-P-c", "-rLL=100n", self.path("tablewalk-run.1"))
        self.assertIn("tablewalk run", shown.stdout)

    def test_mandoc_finds_nothing(self):
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        for page in self.pages:
            found = run("mandoc", "-Tlint", "-Wwarning", self.path(page))
            self.assertEqual(found.stdout, "", page)


def main():
    global PROGRAM
    PROGRAM = os.path.abspath(sys.argv[1])
    del sys.argv[1]
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()

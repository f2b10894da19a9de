#!/usr/bin/env python3
"""Tests of unchanged.py: which checks it runs."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Unchanged(unittest.TestCase):
    """A repository of one input, whose check notes that it ran and ends with a status of its own."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        os.makedirs(self.path("tb", "tidy"))
        self.script = shutil.copy(os.path.join(HERE, "unchanged.py"), self.path("tb", "tidy"))
        self.write("input.sv", "module a;")

    def tearDown(self):
        self.folder.cleanup()

    def path(self, *parts):
        return os.path.join(self.folder.name, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def check(self, *options, glob="*.sv", status=0, fresh=False):
        """(whether the check ran, the exit code)"""
        command = [sys.executable, "-B", self.script, "proof", f"--input={glob}", "--tool", sys.executable, *options, "--",
                   "sh", "-c", f"echo ran; exit {status}"]
        environment = dict(os.environ, TABLEWALK_FRESH="1" if fresh else "0")
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        return "ran\n" in done.stdout, done.returncode

    def test_runs_what_has_no_mark_and_keeps_none_unasked(self):
        self.assertEqual(self.check(), (True, 0))
        self.assertEqual(self.check(), (True, 0))

    def test_runs_what_has_passed_only_when_an_input_changes(self):
        self.assertEqual(self.check("--keep"), (True, 0))
        self.assertEqual(self.check(), (False, 0))
        self.write("input.sv", "module b;")
        self.assertEqual(self.check(), (True, 0))
        self.write("input.sv", "module a;")
        self.assertEqual(self.check(), (False, 0))
        self.write("another.sv", "")
        self.assertEqual(self.check(), (True, 0))

    def test_runs_everything_when_told(self):
        self.check("--keep")
        self.assertEqual(self.check(fresh=True), (True, 0))

    def test_another_command_is_another_check(self):
        self.check("--keep")
        self.assertEqual(self.check(status=3), (True, 3))

    def test_keeps_no_mark_of_a_failure(self):
        self.assertEqual(self.check("--keep", status=1), (True, 1))
        self.assertEqual(self.check(status=1), (True, 1))

    def test_a_glob_without_files_is_an_error(self):
        self.assertEqual(self.check(glob="*.v"), (False, 1))


if __name__ == "__main__":
    unittest.main()

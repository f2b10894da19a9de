"""Shared by the end-to-end tests: the program under test, small traces, and the checks of error messages."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = None  # set by main()

GOOD = "R 0x1000 8\nW 0x2000 8\nX 0x3000 4\nR 0x1008 8\n"


def trace(name):
    return os.path.join(ROOT, "traces", name + ".twt")


def peak_kib(*arguments):
    """The most memory of a run of the program; the address sanitizer would keep what is freed."""
    environment = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}
    with open(os.devnull, "wb") as null:
        child = os.posix_spawn(PROGRAM, [PROGRAM, *arguments], environment,
                               file_actions=[(os.POSIX_SPAWN_DUP2, null.fileno(), 1)])
        _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise AssertionError(f"{arguments}: wait status {status}")
    return usage.ru_maxrss


def image(name, file):
    """A file of one of Linux's page tables; see tb/golden/images/README.md."""
    return os.path.join(ROOT, "tb", "golden", "images", name, file)


class ProgramTest(unittest.TestCase):
    """Each test runs in its own folder with a file good.txt."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.write("good.txt", GOOD)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def run_program(self, *arguments, stdin=None, timeout=120):
        return subprocess.run([PROGRAM, *arguments], cwd=self.folder, input=stdin, stdin=None if stdin else
                              subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)

    def output(self, *arguments, **more):
        result = self.run_program(*arguments, **more)
        self.assertEqual((result.returncode, result.stderr), (0, ""), arguments)
        return result.stdout

    def json(self, *arguments, **more):
        return json.loads(self.output(*arguments, "--format", "json", **more))

    def assert_refused(self, arguments, *says):
        """Exit code 2, one line with all of `says`, no output, no file created."""
        before = sorted(os.listdir(self.folder))
        result = self.run_program(*arguments)
        lines = result.stderr.splitlines()
        with self.subTest(command=" ".join(arguments), stderr=result.stderr):
            self.assertEqual(result.returncode, 2)
            self.assertEqual(len(lines), 1)
            self.assertTrue(lines[0].startswith("tablewalk: "))
            for words in says:
                self.assertIn(words, lines[0])
            self.assertEqual(result.stdout, "")
            self.assertEqual(sorted(os.listdir(self.folder)), before)


def main():
    """PROGRAM is the first argument."""
    global PROGRAM
    sys.modules["program"].PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(module="__main__")

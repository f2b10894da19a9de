"""doc_commands.py with a program that only repeats its arguments."""

import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import doc_commands  # noqa: E402


class DocCommandsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.program = os.path.join(self.root, "program")
        with open(self.program, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\n[ "$1" != fail ] || exit 2\necho "$@"\necho "second  "\n')
        os.chmod(self.program, 0o755)

    def check(self, text, *options):
        self.path = os.path.join(self.root, "a.md")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = doc_commands.main([self.program, self.root, *options, "a.md"])
        return status, output.getvalue()

    def test_a_command_that_works_passes(self):
        self.assertEqual(self.check("```\ntablewalk run a\ntablewalk b | grep b\n```\n"), (0, "a.md: 2 commands\n"))

    def test_a_command_that_fails_is_found(self):
        status, output = self.check("```sh\ntablewalk fail\n```\n")
        self.assertEqual(status, 1)
        self.assertIn("a.md: `tablewalk fail` ends with status 2", output)

    def test_the_output_shown_must_be_the_output(self):
        self.assertEqual(self.check("```\n$ tablewalk a\na\nsecond\n```\n")[0], 0)
        self.assertEqual(self.check("```\n$ tablewalk a\n...\nsecond\n```\n")[0], 0)
        self.assertEqual(self.check("```\n$ tablewalk a\na\n```\n")[0], 1)
        self.assertEqual(self.check("```\n$ tablewalk a\nb\nsecond\n```\n")[0], 1)

    def test_update_writes_the_output_down(self):
        self.assertEqual(self.check("A\n```\n$ tablewalk a\nold\n```\nB\n", "--update")[0], 0)
        with open(self.path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "A\n```\n$ tablewalk a\na\nsecond\n```\nB\n")

    def test_long_commands_are_left_out_on_request_only(self):
        text = "```\n$ tablewalk a\na\nsecond\n```\n```console long\n$ tablewalk b\nold\n```\n"
        self.assertEqual(self.check(text)[0], 1)
        self.assertEqual(self.check(text, "--short"), (0, "a.md: 1 commands, 1 long ones left out\n"))
        self.assertEqual(self.check(text, "--update")[0], 0)
        with open(self.path, encoding="utf-8") as file:
            self.assertEqual(file.read(), text.replace("old\n", "b\nsecond\n"))

    def test_forms_and_prose_are_no_commands(self):
        status, output = self.check("tablewalk fail\n```\ntablewalk fail TRACE\n```\n")
        self.assertEqual((status, output), (1, "a.md: 0 commands\na.md: no command found\n"))


if __name__ == "__main__":
    unittest.main()

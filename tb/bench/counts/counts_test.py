"""counts.py with fake valgrind and readelf: what it counts, accepts, rejects and writes.

    python3 tb/bench/counts/counts_test.py
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import counts  # noqa: E402
from cases import CASES, Case  # noqa: E402

# Of n accesses: 5000 + 100 n instructions in the program, 7000 + 8 n in a library.
VALGRIND = """#!/bin/sh
for a; do
  case $a in
    --callgrind-out-file=*) profile=${a#*=} ;;
    */program) program=$a ;;
    fail) echo "no such command" >&2; exit 2 ;;
    [0-9]*) n=$a ;;
  esac
done
cat >"$profile" <<END
positions: line
events: Ir
ob=(1) $program
fl=(1) a.cpp
fn=(1) main
10 5000
cob=(2) /lib/libc.so
cfn=(2) memcpy
calls=1 0
+2 999999

fn=(3) step
* $((99 * n))
fi=(2) a.h
-3 $n

ob=(2)
fl=(3) ???
fn=(2)
0 $((7000 + 8 * n))
END
"""
READELF = """#!/bin/sh
printf "\\nString dump of section '.comment':\\n  [     0]  GCC: 12.2.0\\n\\n"
"""
TWO = [Case("plain", "an access", 1000, 3000, ["run", "{n}"]), Case("other", "another", 10, 20, ["dram", "{n}"])]


class CountsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)
        self.limits = os.path.join(self.folder, "limits.json")
        self.program = self.script("program", "#!/bin/sh\necho --no-cost\n")
        self.script("valgrind", VALGRIND)
        self.script("readelf", READELF)
        self.patch(mock.patch.dict(os.environ, {"PATH": self.folder + os.pathsep + os.environ["PATH"]}))
        self.patch(mock.patch.object(counts, "CASES", TWO))

    def patch(self, patcher):
        patcher.start()
        self.addCleanup(patcher.stop)

    def script(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    def accept(self, compiler="GCC: 12.2.0", **instructions):
        with open(self.limits, "w", encoding="utf-8") as file:
            json.dump({"compiler": compiler, "instructions": instructions}, file)

    def accepted(self):
        with open(self.limits, encoding="utf-8") as file:
            return json.load(file)

    def count(self, *options):
        """(exit code, lines of the verdict, standard error)"""
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            status = counts.main([self.program, "--limits", self.limits, *options])
        lines = [line for line in output.getvalue().splitlines() if not line.startswith(("case  ", "plain  ", "other  "))]
        return status, lines, errors.getvalue()

    def test_what_was_accepted_passes_in_silence(self):
        self.accept(plain=100.0, other=100.0)
        self.assertEqual(self.count(), (0, [], ""))

    def test_a_limit_that_is_2_percent_too_low_passes(self):
        self.accept(plain=100 / 1.02, other=100.0)
        self.assertEqual(self.count(), (0, [], ""))

    def test_a_limit_that_is_4_percent_too_low_fails(self):
        self.accept(plain=100 / 1.04, other=100.0)
        self.assertEqual(self.count(), (1, ["GREW plain: 100.0 instructions, accepted are 96.2: +4.0 %"], ""))

    def test_each_case_that_grew_has_a_line(self):
        self.accept(plain=50.0, other=80.0)
        status, lines, _ = self.count()
        self.assertEqual((status, [line.split()[:2] for line in lines]), (1, [["GREW", "plain:"], ["GREW", "other:"]]))

    def test_a_count_that_fell_passes_and_asks_for_the_new_figure(self):
        self.accept(plain=100 / 0.96, other=100 / 0.98)
        self.assertEqual(self.count(), (0, ["FELL plain: 100.0 instructions, accepted are 104.2: -4.0 %; --update writes "
                                            "the new count down"], ""))

    def test_a_case_without_a_limit_fails(self):
        self.accept(plain=100.0)
        self.assertEqual(self.count(), (1, ["other: 100.0 instructions, and limits.json has no such case; --update writes "
                                            "it down"], ""))

    def test_a_limit_without_a_case_fails(self):
        self.accept(plain=100.0, other=100.0, gone=1.0)
        gone = "gone: in limits.json, but there is no such case; --update removes it"
        self.assertEqual(self.count(), (1, [gone], ""))

    def test_update_writes_counts_of_the_cases_that_ran_and_drops_old_names(self):
        self.accept(plain=7.0, other=8.0, gone=1.0)
        self.assertEqual(self.count("--update", "--case", "other"), (0, [], ""))
        self.assertEqual(self.accepted()["instructions"], {"plain": 7.0, "other": 100.0})
        self.assertEqual(self.count("--update"), (0, [], ""))
        self.assertEqual(self.accepted(), {"compiler": "GCC: 12.2.0", "instructions": {"plain": 100.0, "other": 100.0}})

    def test_another_compiler_is_skipped(self):
        self.accept("GCC: 13.1.0", plain=1.0, other=1.0)
        status, lines, _ = self.count()
        self.assertEqual(status, 77)
        self.assertIn("belongs to 'GCC: 13.1.0', the program was built by 'GCC: 12.2.0'", lines[0])

    def test_update_with_another_compiler_keeps_no_old_count(self):
        self.accept("GCC: 13.1.0", plain=1.0, other=1.0)
        self.count("--update", "--case", "other")
        self.assertEqual(self.accepted(), {"compiler": "GCC: 12.2.0", "instructions": {"other": 100.0}})

    def test_a_run_that_fails_is_an_error(self):
        self.patch(mock.patch.object(counts, "CASES", [Case("plain", "an access", 1, 2, ["fail", "{n}"])]))
        self.accept(plain=100.0)
        status, _, errors = self.count()
        self.assertEqual(status, 1)
        self.assertIn("ends with status 2: no such command", errors)

    def test_history_adds_a_column_and_replaces_it(self):
        document = os.path.join(self.folder, "a.md")
        with open(document, "w", encoding="utf-8") as file:
            file.write("A\n\n| case | instructions for each | old, 2026 |\n|---|---|---:|\n| `plain` | x | 1,234 |\n\nB\n")
        for _ in range(2):
            self.assertEqual(self.count("--history", "new, 2027", "--document", document), (0, [], ""))
            with open(document, encoding="utf-8") as file:
                self.assertEqual(file.read(), "A\n\n| case | instructions for each | old, 2026 | new, 2027 |\n"
                                              "|---|---|---:|---:|\n"
                                              "| `plain` | an access | 1,234 | 100 |\n"
                                              "| `other` | another |  | 100 |\n\nB\n")

    def test_library_instructions_are_apart(self):
        counter = counts.Counter(self.program, "/traces", self.folder)
        self.assertEqual(counter.arguments(["run", "{traces}/a-{n}.twt"], 5), ["run", "/traces/a-5.twt", "--no-cost"])
        self.assertEqual(counter.arguments(["dram", "{n}"], 5), ["dram", "5"])
        self.assertEqual(counter.per_access(TWO[1]), (100.0, 8.0))


class CasesTest(unittest.TestCase):
    def test_names_are_unique_and_counts_grow(self):
        self.assertEqual(len({case.name for case in CASES}), len(CASES))
        for case in CASES:
            with self.subTest(case.name):
                self.assertLess(case.few, case.many)
                self.assertIn("{n}", " ".join(case.command))


if __name__ == "__main__":
    unittest.main()

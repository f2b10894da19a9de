"""Signals: an ended run leaves a partial result or nothing: no process, no temporary file.

    python3 tb/cli/signals_test.py TABLEWALK
"""

import json
import os
import signal
import subprocess
import time
import unittest

import program
from program import ProgramTest, main

RECORDS = 3_000_000
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def children(pid):
    """The children of `pid`, and their children."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            direct = [int(child) for child in file.read().split()]
    except OSError:
        return []
    return direct + [grandchild for child in direct for grandchild in children(child)]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class SignalTest(ProgramTest):
    """`long.twt` takes a minute to simulate."""

    def setUp(self):
        super().setUp()
        self.output("trace", "generate", "uniform", "-o", "long.twt", "--count", str(RECORDS), "--footprint", "4G")

    def start(self, *arguments, **more):
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        process = subprocess.Popen([program.PROGRAM, *arguments], cwd=self.folder, text=True, **more)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.kill()
        process.communicate()

    def wait_until(self, condition, what):
        end = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.02)

    def wait_for_children(self, process, count):
        self.wait_until(lambda: len(children(process.pid)) >= count, f"{count} children")
        return children(process.pid)

    def assert_nothing_left(self, before, pids):
        self.wait_until(lambda: not any(is_alive(pid) for pid in pids), "a process was left behind")
        self.assertEqual(sorted(os.listdir(self.folder)), before)


class Partial(SignalTest):
    def test_each_signal_ends_a_run_with_what_there_is(self):
        for number in ENDING:
            with self.subTest(signal=number):
                before = sorted(os.listdir(self.folder))
                process = self.start("run", "long.twt", "--format", "json")
                pids = self.wait_for_children(process, 1)  # the machine with free translation
                time.sleep(0.3)
                process.send_signal(number)
                output, errors = process.communicate(timeout=10)
                self.assertEqual((process.returncode, errors), (0, ""))
                result = json.loads(output)
                self.assertTrue(result["partial"])
                self.assertLess(result["trace"]["records"], RECORDS)
                self.assert_nothing_left(before, pids)

    def test_each_signal_ends_a_comparison_with_what_there_is(self):
        """The signal goes to the first process only: all of them must see it."""
        for number in ENDING:
            with self.subTest(signal=number):
                before = sorted(os.listdir(self.folder))
                process = self.start("compare", "long.twt", "--vary", "walker.walkers=1,2", "--no-cost", "-j", "2",
                                     "--format", "json")
                pids = self.wait_for_children(process, 2)
                time.sleep(0.3)
                process.send_signal(number)
                output, errors = process.communicate(timeout=10)
                self.assertEqual((process.returncode, errors), (0, ""))
                for one in json.loads(output)["results"]:
                    self.assertTrue(one["result"]["partial"])
                self.assert_nothing_left(before, pids)

    def test_nohup_is_kept(self):
        process = self.start("run", "long.twt", "--limit", "60000", "--no-cost", "--format", "json",
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        time.sleep(0.3)
        process.send_signal(signal.SIGHUP)
        output, _ = process.communicate(timeout=60)
        self.assertNotIn("partial", json.loads(output))

    def test_a_pipe_that_was_ended_by_the_same_signal_may_end_anywhere(self):
        process = self.start("run", "-", "--no-cost", "--format", "json", stdin=subprocess.PIPE)
        process.stdin.write("R 0x1000 8\n" * 100000 + "R 0x10")
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        output, errors = process.communicate(timeout=10)
        self.assertEqual((process.returncode, errors), (0, ""))
        self.assertTrue(json.loads(output)["partial"])

    def test_a_slow_run_with_a_wave_ends_soon(self):
        process = self.start("cosim", "long.twt", "--wave", "x.fst", "--wave-from", "0")
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        output, _ = process.communicate(timeout=30)
        self.assertLess(time.monotonic() - start, 3)
        self.assertIn("interrupted", output)


class AtOnce(SignalTest):
    COMMANDS = (["run", "long.twt", "--walk-log", "log.csv"],
                ["compare", "long.twt", "--vary", "walker.walkers=1,2", "-j", "3"],
                ["explain", "long.twt", "-j", "3"],
                ["cosim", "long.twt", "--wave", "x.fst", "--wave-from", "0"],
                ["cosim", "long.twt", "--wave", "x.fst"])

    def test_the_second_signal_ends_everything(self):
        for command in self.COMMANDS:
            with self.subTest(command=command):
                before = sorted(os.listdir(self.folder))
                process = self.start(*command)
                time.sleep(0.7)
                pids = children(process.pid)
                process.send_signal(signal.SIGINT)
                process.send_signal(signal.SIGTERM)
                output, errors = process.communicate(timeout=5)
                self.assertIn(process.returncode, (-signal.SIGINT, -signal.SIGTERM))
                self.assertEqual((output, errors), ("", ""))
                self.assert_nothing_left(before, pids)

    def test_no_child_outlives_a_killed_parent(self):
        for command in (["compare", "long.twt", "--vary", "walker.walkers=1,2", "-j", "3"], ["run", "long.twt"],
                        ["explain", "long.twt", "-j", "3"], ["cosim", "long.twt", "--wave", "x.fst"]):
            with self.subTest(command=command):
                process = self.start(*command)
                pids = self.wait_for_children(process, 1)
                process.kill()
                process.communicate(timeout=5)
                self.wait_until(lambda pids=pids: not any(is_alive(pid) for pid in pids), "a process was left behind")

    def test_commands_without_a_partial_result_end_at_the_first(self):
        before = sorted(os.listdir(self.folder))
        for number in ENDING:
            process = self.start("trace", "convert", "long.twt", "out.twt", "--level", "19")
            self.wait_until(lambda: len(os.listdir(self.folder)) > len(before), "the temporary file")
            process.send_signal(number)
            process.communicate(timeout=5)
            self.assertEqual(process.returncode, -number)
            self.assert_nothing_left(before, [])

    def test_a_captured_program_ends_with_the_capture(self):
        before = sorted(os.listdir(self.folder))
        process = self.start("trace", "capture", "-o", "x.twt", "--", "sleep", "60")
        self.wait_until(lambda: len(os.listdir(self.folder)) > len(before), "the temporary file")
        pids = self.wait_for_children(process, 1)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=5)
        kept = os.path.join(self.folder, "x.twt")
        if os.path.exists(kept):  # the program had made accesses by then: its trace so far is kept, and is whole
            self.assertEqual(subprocess.run([program.PROGRAM, "trace", "info", "x.twt"], cwd=self.folder,
                                            capture_output=True, timeout=20, check=False).returncode, 0)
            os.remove(kept)
        self.assert_nothing_left(before, pids)

    def test_a_reader_that_leaves_takes_the_temporary_file_along(self):
        before = sorted(os.listdir(self.folder))
        subprocess.run(["bash", "-c", f"'{program.PROGRAM}' trace generate stride -o - --count 10000000 | head -1"],
                       cwd=self.folder, capture_output=True, timeout=20, check=False)
        self.assertEqual(sorted(os.listdir(self.folder)), before)


if __name__ == "__main__":
    main()

"""Names and files: any bytes in a name, outputs that would overwrite an input, links, compression, standard output.

    python3 tb/cli/files_test.py TABLEWALK
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import random
import shutil
import signal
import struct
import subprocess
import time
import unittest

import program
from program import ProgramTest, main, trace

ODD_NAMES = (b"odd\xff.txt", b"esc\x1b[31m.txt", b"line\nend.txt", b"quo\"te.txt", b"back\\x41.txt", b"\xc3\xa4.txt")


def bytes_of(shown):
    """The name that a printable name represents."""
    result = b""
    while shown:
        if shown.startswith("\\x") and len(shown) >= 4:
            try:
                result += bytes([int(shown[2:4], 16)])
                shown = shown[4:]
                continue
            except ValueError:
                pass
        result += shown[0].encode()
        shown = shown[1:]
    return result


class AnyBytes(ProgramTest):
    def run_bytes(self, *arguments):
        return subprocess.run([program.PROGRAM.encode(), *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)

    def test_a_trace_of_any_name_keeps_its_result(self):
        for name in ODD_NAMES:
            with self.subTest(name=name):
                with open(os.path.join(self.folder.encode(), name), "wb") as file:
                    file.write(b"# provenance: made \x1b by \xff\nR 0x1000 8\n")
                for command in ([b"run", name], [b"compare", name], [b"explain", name], [b"trace", b"info", name],
                                [b"tables", name], [b"trace", b"convert", name, b"out.twt"]):
                    done = self.run_bytes(*command, b"--format", b"json")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    document = json.loads(done.stdout.decode("utf-8"))
                    text = self.run_bytes(*command)
                    self.assertEqual(text.returncode, 0)
                    text.stdout.decode("utf-8")
                    self.assertNotIn(b"\x1b", text.stdout)
                    if command[0] == b"run":
                        self.assertEqual(bytes_of(document["trace"]["path"]), name)
                    if command[:2] == [b"trace", b"info"]:
                        self.assertEqual(bytes_of(document["path"]), name)
                        self.assertEqual(document["provenance"], "made \\x1b by \\xff")

    def test_a_message_is_one_line_that_a_terminal_can_show(self):
        for name in (b"none\x1b[31m\n\xff", b"\x07bell"):
            done = self.run_bytes(b"run", name)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stderr.count(b"\n"), 1)
            self.assertNotIn(b"\x1b", done.stderr)
            self.assertNotIn(b"\x07", done.stderr)
            done.stderr.decode("utf-8")


class Replacing(ProgramTest):
    def test_no_output_replaces_an_input(self):
        self.output("trace", "convert", "good.txt", "x.twt")
        os.symlink("x.twt", self.path("link.twt"))
        with open(self.path("x.twt"), "rb") as file:
            before = file.read()
        for command in (["run", "x.twt", "--walk-log", "x.twt"], ["run", "x.twt", "--walk-log", "link.twt"],
                        ["run", "x.twt", "--walk-log", "./x.twt"], ["trace", "convert", "x.twt", "link.twt"],
                        ["run", "x.twt", "--set", "walker.kind=rtl", "-c", "skylake", "--wave", "x.twt"]):
            self.assert_refused(command, "which is read; expected another file")
            with open(self.path("x.twt"), "rb") as file:
                self.assertEqual(file.read(), before)

    def test_a_link_stays_and_what_it_points_to_is_written(self):
        for target in ("there.twt", "new.twt"):
            self.write("there.twt", "old")
            os.symlink(target, self.path("to.twt"))
            self.output("trace", "convert", "good.txt", "to.twt")
            self.assertTrue(os.path.islink(self.path("to.twt")))
            self.assertEqual(self.json("trace", "info", target)["records"], 4)
            os.remove(self.path("to.twt"))
        os.mkdir(self.path("results"))
        self.write("kept.json", "old")
        os.symlink("../kept.json", self.path("results/result.json"))
        self.output("run", "good.txt", "-o", "results")
        self.assertTrue(os.path.islink(self.path("results/result.json")))
        with open(self.path("kept.json"), encoding="utf-8") as file:
            self.assertIn("stats", json.load(file))

    def test_a_trace_may_begin_with_a_dash(self):
        shutil.copy(self.path("good.txt"), self.path("-dash.txt"))
        result = json.loads(self.output("run", "--format", "json", "--", "-dash.txt"))
        self.assertEqual(result["trace"]["path"], "-dash.txt")


class MemoryLog(ProgramTest):
    def test_the_rows_add_up_to_the_figures(self):
        self.output("run", "generated:uniform,footprint=64K,count=300,store-share=0.5", "--no-cost",
                    "--set", "os.prefault=false",
                    "--set", "os.resident_limit=32K", "--set", "os.swap.bytes=1M", "--map", "0x10000000:1M:rwu",
                    "--set", "os.timeline.interval_cycles=1000000", "--memory-log", "m.csv", "-o", "results")
        with open(self.path("m.csv"), encoding="utf-8", newline="") as file:
            rows = [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]
        with open(self.path("results/result.json"), encoding="utf-8") as file:
            stats = json.load(file)["stats"]
        self.assertEqual([row["end_cycle"] for row in rows], [10**6 * (i + 1) for i in range(len(rows))])
        self.assertEqual(sum(row["major_faults"] for row in rows), stats["kernel.major_faults"])
        self.assertEqual(sum(row["minor_faults"] for row in rows), stats["core.faults"] - stats["kernel.major_faults"])
        self.assertEqual(sum(row["evictions"] for row in rows), stats["kernel.evictions"])
        self.assertEqual(rows[-1]["cached_pages"], stats["kernel.resident_pages"])
        self.assertEqual(rows[-1]["uncached_pages"], stats["kernel.swapped_pages"])
        self.assertGreater(rows[-1]["uncached_pages"], 0)
        self.assertEqual({row["reserved_pages"] for row in rows}, {256})
        self.assertLessEqual(max(row["working_set_pages"] for row in rows), 16)


class WalkLog(ProgramTest):
    RUN = ["run", trace("sort"), "--limit", "20000", "--warmup", "5000", "--no-cost"]

    def test_a_name_says_how_it_is_compressed(self):
        self.output(*self.RUN, "--walk-log", "w.csv")
        with open(self.path("w.csv"), "rb") as file:
            plain = file.read()
        for ending, opened in (("gz", gzip.open), ("xz", lzma.open), ("bz2", bz2.open)):
            self.output(*self.RUN, "--walk-log", f"w.csv.{ending}")
            with opened(self.path(f"w.csv.{ending}"), "rb") as file:
                self.assertEqual(file.read(), plain)
        self.output(*self.RUN, "--walk-log", "w.csv.zst")
        with open(self.path("w.csv.zst"), "rb") as file:
            self.assertEqual(file.read(4), b"\x28\xb5\x2f\xfd")

    def test_the_rows_of_the_warm_up_are_marked(self):
        self.output(*self.RUN, "--walk-log", "w.csv", "-o", "results")
        with open(self.path("w.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        with open(self.path("results/result.json"), encoding="utf-8") as file:
            walks = json.load(file)["stats"]["walker.walks"]
        phases = [row["phase"] for row in rows]
        self.assertEqual(phases.count("measured"), walks)
        self.assertGreater(phases.count("warmup"), 0)
        self.assertEqual(phases, sorted(phases, reverse=True))

    def test_it_can_have_standard_output_to_itself(self):
        done = self.run_program(*self.RUN, "--walk-log", "-")
        self.assertEqual(done.returncode, 0)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertGreater(len(rows), 0)
        self.assertTrue(all(row["phase"] in ("warmup", "measured") for row in rows))
        self.assertIn("Walker", done.stderr)


@unittest.skipIf(shutil.which("valgrind") is None, "valgrind is not installed")
class Pipes(ProgramTest):
    def through_pipe(self, content, *arguments):
        os.mkfifo(self.path("pipe"))
        with subprocess.Popen(["cp", content, self.path("pipe")]) as writer:
            result = self.run_program(*arguments)
            writer.kill()
        os.remove(self.path("pipe"))
        return result

    def test_a_trace_in_a_pipe_has_its_cost_too(self):
        wanted = self.json("run", trace("sort"), "--limit", "50000")
        result = self.through_pipe(trace("sort"), "run", "pipe", "--limit", "50000", "--format", "json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(json.loads(result.stdout)["stats"], wanted["stats"])

    def test_what_reads_a_pipe_more_than_once_is_refused(self):
        for command in ("compare", "explain"):
            result = self.through_pipe(trace("sort"), command, "pipe")
            self.assertEqual((result.returncode, result.stderr), (2, f"tablewalk: pipe: {command} reads the trace once per "
                                                                     "machine: expected a file, not a pipe\n"))
        result = self.through_pipe(trace("sort"), "run", "good.txt", "--image", "pipe", "--root", "0x1000")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, "^tablewalk: --image pipe: a pipe can be read only once.*expected a file, or --no-cost")


class OtherTracers(ProgramTest):
    def test_an_access_of_unknown_size_touches_no_page_that_is_not_named(self):
        # Loads of the last byte of a page: with any size above one they would cross into the next.
        dice = random.Random(1)
        ips = [0x400000 + 4 * (step % 500) for step in range(2000)]
        lasts = [(dice.randrange(1 << 20) + 1 << 12) - 1 for _ in ips]
        records = [struct.pack("<QBB2B4B2Q4Q", ip, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last, 0, 0, 0)
                   for ip, last in zip(ips, lasts)]
        self.write("last.champsim", b"".join(records))
        self.write("last.txt", "".join(f"X {ip:#x} 1\nR {last:#x} 1\n" for ip, last in zip(ips, lasts)))
        stats = [self.json("run", name, "-c", "skylake", "--no-cost")["stats"] for name in ("last.champsim", "last.txt")]
        self.assertEqual(stats[0], stats[1])
        self.assertEqual((stats[0]["core.page_straddles"], stats[0]["core.line_straddles"]), (0, 0))
        self.assertEqual(stats[0]["dtlb.lookups"], len(lasts))
        self.assertLessEqual(stats[0]["tables.mapped_pages"], len(set(last >> 12 for last in lasts)) + 1)

    def test_the_pipe_of_the_help_text_works_beside_any_output(self):
        self.assertIn("valgrind --tool=lackey --trace-mem=yes ls 2>&1 | tablewalk run - --format json",
                      self.output("run", "--help"))
        command = f'valgrind --tool=lackey --trace-mem=yes ls 2>&1 | "{program.PROGRAM}" run - --format json'
        result = subprocess.run(["sh", "-c", command], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"^tablewalk: warning: -: 1 line is not Lackey accesses, skipped "
                                        r"\(the first: line \d+, 'good\.txt'\)\n$")
        self.assertGreater(json.loads(result.stdout)["stats"]["core.accesses"], 100000)


class Capture(ProgramTest):
    def test_an_interrupted_capture_leaves_a_whole_trace(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                process = subprocess.Popen(
                    [program.PROGRAM, "trace", "capture", "-o", "x.twt", "--", "sh", "-c", "while :; do :; done"],
                    cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                time.sleep(4)
                process.send_signal(number)
                _, errors = process.communicate(timeout=20)
                self.assertEqual(process.returncode, 0, errors)
                self.assertIn("interrupted", errors)
                self.assertGreater(self.json("trace", "info", "x.twt")["records"], 1000)
                self.assertEqual([name for name in os.listdir(self.folder) if ".part" in name], [])

    def test_a_silent_program_is_ended_too(self):
        process = subprocess.Popen([program.PROGRAM, "trace", "capture", "-o", "x.twt", "--", "sleep", "60"],
                                   cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(4)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, 0)
        self.assertGreater(self.json("trace", "info", "x.twt")["records"], 1000)

    def test_what_a_program_forks_is_silent(self):
        source = ("#include <unistd.h>\n#include <sys/wait.h>\nvolatile int x[1000000];\n"
                  "int main(int c, char** v) { (void)v; if (fork() == 0) { for (int i = 0; c > 1 && i < 1000000; ++i) "
                  "x[i] = i; _exit(0); } wait(0); return 0; }\n")
        self.write("f.c", source)
        if subprocess.run(["gcc", "-O1", "-o", "f", "f.c"], cwd=self.folder, check=False).returncode != 0:
            self.skipTest("no C compiler")
        records = []
        for more in ([], ["much"]):
            self.run_program("trace", "capture", "-o", "f.twt", "--", "./f", *more)
            records.append(self.json("trace", "info", "f.twt")["records"])
        self.assertLess(abs(records[1] - records[0]), 5000)

    def test_a_temporary_folder_that_is_none_is_named(self):
        environment = dict(os.environ, TMPDIR="/nowhere/at/all")
        done = subprocess.run([program.PROGRAM, "trace", "capture", "-o", "x.twt", "--", "true"], cwd=self.folder,
                              env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("TMPDIR /nowhere/at/all", done.stderr)


if __name__ == "__main__":
    main()

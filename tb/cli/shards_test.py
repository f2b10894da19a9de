"""Traces split into shards: `run --shards`, `run --shard` and `merge`.

    python3 tb/cli/shards_test.py TABLEWALK
"""

import json
import os
import random
import signal
import subprocess
import time

import program
from program import ProgramTest, main, trace

QUICK = ["--limit", "60000"]
SEED = int(os.environ.get("TABLEWALK_SEED", random.randrange(1 << 32)))


class Shards(ProgramTest):
    """Sums over parts of a trace against its whole run."""

    def exact(self, split, whole):
        """Asserts that the figures that are said to be exact are, and returns their names."""
        names = split["shards"]["exact"]
        for name in names:
            self.assertEqual(split["stats"][name], whole["stats"][name], name)
        self.assertEqual(split["trace"], whole["trace"])
        return names

    def test_what_is_said_to_be_exact_is(self):
        for name, machine, more in (("sort", "default", []), ("python3", "skylake", ["--warmup", "30K"]),
                                    ("large/bfs", "skylake", []), ("large/key-value", "cva6", []),
                                    ("tree32", "default", ["--mode", "sv32"])):
            whole = self.json("run", trace(name), "-c", machine, *QUICK, *more)
            for count in ("1", "2", "5"):
                with self.subTest(trace=name, machine=machine, shards=count):
                    split = self.json("run", trace(name), "-c", machine, *QUICK, *more, "--shards", count)
                    names = self.exact(split, whole)
                    for expected in ("core.accesses", "core.instructions", "tables.count", "tables.mapped_pages"):
                        self.assertIn(expected, names)
                    self.assertNotIn("core.cycles", names)
                    stats = split["stats"]
                    self.assertEqual(sum(part["cycles"] for part in split["shards"]["parts"]), stats["core.cycles"])
                    self.assertEqual(stats["core.cycles"] - stats["translation.free_cycles"],
                                     stats["translation.cost_cycles"])
                    self.assertEqual(split["cost"]["free_translation_cycles"], stats["translation.free_cycles"])
                    # A refresh of the DRAM, which falls elsewhere, is a tenth of so short a run.
                    cycles = whole["stats"]["core.cycles"]
                    self.assertLess(abs(stats["core.cycles"] - cycles), 0.02 * cycles + 3000)

    def test_a_blocking_core_gets_all_counts_right(self):
        options = ["-c", "teaching64", *QUICK]
        whole = self.json("run", trace("sort"), *options)["stats"]
        split = self.json("run", trace("sort"), *options, "--shards", "4")["stats"]
        for name in ("itlb.misses", "dtlb.misses", "walker.walks", "walker.entry_reads", "walk_cache.hits"):
            self.assertEqual(split.get(name), whole.get(name), name)
        self.assertIn("walker.walks", whole)

    def test_single_shards_merge_to_the_same_bytes(self):
        options = [trace("large/key-value"), "-c", "skylake", *QUICK]
        for spec in ("", ",warm=100,between=skip,reach=5K"):
            for number in (1, 2, 3):
                self.output("run", *options, "--shard", f"{number}/3{spec}", "-o", f"part{number}")
            files = [f"part{number}/result.json" for number in (2, 3, 1)]
            merged = self.json("merge", *files)
            at_once = self.json("run", *options, "--shards", "3" + spec, "-j", "2")
            del merged["shards"]["contents"]
            self.assertEqual(merged, at_once)
            self.assertIn("3 SHARDS", self.output("merge", *files, "-o", "merged"))
            with open(self.path("merged/result.json"), encoding="utf-8") as file:
                self.assertEqual(json.load(file)["stats"], at_once["stats"])
        self.assertNotIn("tables.count", at_once["stats"])
        self.assertIn("SHARD 2 of 3", self.output("run", *options, "--shard", "2/3"))

    def test_text_and_jobs(self):
        options = ["run", trace("sort"), *QUICK, "--shards", "3"]
        text = self.output(*options)
        self.assertIn("3 SHARDS: counts of the program and its page tables are exact", text)
        self.assertEqual(text, self.output(*options, "-j", "1"))

    def test_merge_refuses_what_does_not_belong_together(self):
        for folder, more in (("a", ["--shard", "1/2"]), ("b", ["--shard", "2/2"]), ("c", ["--shard", "2/3"]),
                             ("d", ["--shard", "2/2", "--set", "walker.walkers=1"]), ("e", []),
                             ("f", ["--shard", "2/2", "--no-cost"])):
            self.output("run", trace("sort"), *QUICK, *more, "-o", folder)
        self.output("run", trace("perl"), *QUICK, "--shard", "2/2", "-o", "g")
        result = {name: f"{name}/result.json" for name in "abcdefg"}
        self.assert_refused(["merge", result["a"]], "shard 2 of 2 is missing")
        self.assert_refused(["merge", result["a"], result["b"], result["b"]], "both are shard 2")
        self.assert_refused(["merge", result["a"], result["c"]], "the number of shards differs")
        self.assert_refused(["merge", result["a"], result["d"]], "the machine differs")
        self.assert_refused(["merge", result["a"], result["e"]], "e/result.json: not the result of one shard")
        self.assert_refused(["merge", result["a"], result["f"]], "the cost of translation")
        self.assert_refused(["merge", result["a"], result["g"]], "the trace differs")
        self.assert_refused(["merge", "good.txt"], "good.txt: expected a result")
        self.assert_refused(["merge", "none.json"], "none.json")
        with open(self.path(result["a"]), encoding="utf-8") as file:
            damaged = json.load(file)
        damaged["merge"]["figures"]["core.cycles"][0] = 9
        self.write("damaged.json", json.dumps(damaged))
        self.assert_refused(["merge", "damaged.json", result["b"]], "damaged.json", "unknown way to add")
        del damaged["merge"]["figures"]["core.cycles"]
        self.write("damaged.json", json.dumps(damaged))
        self.assert_refused(["merge", "damaged.json", result["b"]], "damaged.json: expected a result")

    def test_bad_arguments(self):
        for options, says in ((["--shards", "0"], "--shards 0: expected N"), (["--shards", "x"], "from 1 to 10000"),
                              (["--shards", "2,wrm=1"], "did you mean 'warm'?"), (["--shard", "3/2"], "expected K/N"),
                              (["--shards", "2", "--shard", "1/2"], "expected only one of them"),
                              (["--shards", "2", "--sample"], "expected only one of them"),
                              (["--shards", "2", "-j", "0"], "--jobs 0"), (["-j", "2"], "--jobs without --shards"),
                              (["--shards", "2", "--check"], "--shards: the laws of --check cannot be split"),
                              (["--shards", "2", "--walk-log", "-"], "--shards: single walks cannot be split"),
                              (["--shards", "2", "--set", "os.prefault=false"], "--shards: demand paging"),
                              (["--shards", "70K"], "from 1 to 10000")):
            self.assert_refused(["run", trace("sort"), *QUICK, *options], says)
        self.assert_refused(["run", trace("sort"), "--limit", "5", "--shards", "9"], "9 parts of 5 records")
        self.assert_refused(["run", "good.txt", "--shards", "2"], "does not record its length")
        self.assert_refused(["run", "-", "--shards", "2"], "-: each shard reads the trace: expected a file")

    def children_of(self, process):
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="utf-8") as file:
            return [int(child) for child in file.read().split()]

    def start(self, *options):
        process = subprocess.Popen([program.PROGRAM, "run", trace("large/pagerank"), "-c", "skylake", *options],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while not self.children_of(process) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return process

    def test_a_killed_process_leaves_nothing_half_written(self):
        """Of one shard, or the whole command, at a random moment."""
        dice = random.Random(SEED)
        for victim in ("shard", "command"):
            process = self.start("--shards", "4", "-j", "2", "-o", "results")
            time.sleep(dice.uniform(0, 0.5))
            killed = self.children_of(process)[0] if victim == "shard" else process.pid
            os.kill(killed, signal.SIGKILL)
            stdout, stderr = process.communicate(timeout=120)
            with self.subTest(victim=victim, seed=SEED):
                self.assertEqual(stdout, "")
                self.assertEqual(os.listdir(self.path("results")), [])
                self.assertEqual(process.returncode, 1 if victim == "shard" else -signal.SIGKILL)
                if victim == "shard":
                    self.assertRegex(stderr, "the process of 'shard [1-4] of 4.*was ended by signal 9")

    def test_a_killed_shard_leaves_nothing_half_written(self):
        process = self.start("--shard", "2/2", "-o", "part")
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        self.assertEqual(os.listdir(self.path("part")), [])

    def test_ctrl_c(self):
        process = self.start("--shards", "4", "-j", "1", "-o", "results")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
        self.assertEqual((process.returncode, stdout), (1, ""))
        self.assertIn("interrupted: not all shards were simulated", stderr)
        self.assertEqual(os.listdir(self.path("results")), [])


if __name__ == "__main__":
    main()

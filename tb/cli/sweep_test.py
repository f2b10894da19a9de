"""Sweeps: the points, what interruptions leave, and bad sweep files.

    python3 tb/cli/sweep_test.py TABLEWALK
"""

import csv
import json
import os
import pty
import random
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

import program
from program import ProgramTest, main, trace

SEED = int(os.environ.get("TABLEWALK_SEED", random.randrange(10**6)))

GRID = """\
config: skylake
traces: [{trace}, 'generated:zipf,footprint=64M,count=5K']
limit: 5K
points:
  - grid:
      stlb.arrays.0.entries: {{from: 96, to: 1536, times: 2}}
      walker.walkers: [1, 2]
"""


def limit_file_size(size):
    """For a child process: a longer file than this cannot be written, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


SAMPLED = """\
config: skylake
traces: {trace}
sample: windows=40,warm=500
figures: [translation.cost_share, walker.walks, core.cycles]
points:
  - grid:
      stlb.arrays.0.entries: [96, 1536]
"""


SHARDED = """\
config: skylake
traces: [{trace}]
limit: 30K
shards: 3,warm=500
figures: '*'
points:
  - grid:
      stlb.arrays.0.entries: [96, 1536]
"""


class SweepTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.write("grid.yaml", GRID.format(trace=trace("sort")))

    def sweep(self, *arguments, code=0, **more):
        result = self.run_program("sweep", *arguments, **more)
        self.assertEqual(result.returncode, code, (arguments, result.stdout, result.stderr))
        return result

    def table(self, folder):
        with open(self.path(f"{folder}/tidy.csv"), encoding="utf-8") as file:
            return file.read()

    def rows(self, folder):
        return list(csv.DictReader(self.table(folder).splitlines()))

    def runs(self, folder):
        """Names and times of change of all results."""
        place = self.path(folder + "/runs")
        return {name: os.stat(os.path.join(place, name)).st_mtime_ns for name in os.listdir(place)}

    def start(self, *arguments, **more):
        return subprocess.Popen([program.PROGRAM, "sweep", *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


class Points(SweepTest):
    def test_samples_have_intervals(self):
        self.write("sampled.yaml", SAMPLED.format(trace=trace("large/key-value")))
        self.sweep("sampled.yaml", "-o", "sampled", "-j", "2")
        rows = self.rows("sampled")
        self.assertEqual(len(rows), 6)
        for row in rows:
            run = self.json("run", row["trace"], "-c", "skylake", "--sample", "windows=40,warm=500", "--set",
                            f"stlb.arrays.0.entries={row['stlb.arrays.0.entries']}")
            low, high = run["sample"]["intervals"].get(row["figure"], ["", ""])
            self.assertEqual(float(row["value"]), run["stats"][row["figure"]], row)
            self.assertEqual((row["low"], row["high"]), (str(low), str(high)), row)
            self.assertEqual(row["low"] == "", row["figure"] == "walker.walks")
        again = self.run_program("sweep", "collect", "sampled")
        self.assertEqual(again.stdout, self.table("sampled"))

    def test_shards_are_added_up(self):
        self.write("shards.yaml", SHARDED.format(trace=trace("large/key-value")))
        plan = self.sweep("shards.yaml", "--plan").stdout
        self.assertIn(", shard 3 of 3", plan)
        self.sweep("shards.yaml", "-o", "out", "-j", "2")
        points = {row["stlb.arrays.0.entries"]: row["point"] for row in self.rows("out")}
        self.assertEqual(len(points), 2)
        self.assertGreater(len(self.runs("out")), 6, "each shard is a simulation, also with free translation")
        for entries, point in points.items():
            run = self.json("run", trace("large/key-value"), "-c", "skylake", "--limit", "30K", "--shards", "3,warm=500",
                            "--set", f"stlb.arrays.0.entries={entries}")
            self.assertEqual(json.loads(self.output("sweep", "result", "out", point)), run)
            table = {row["figure"]: row["value"] for row in self.rows("out") if row["point"] == point}
            self.assertEqual({name: float(value) for name, value in table.items()}, run["stats"])
        one = os.path.join(self.path("out/runs"), sorted(self.runs("out"))[0])
        os.remove(one)
        before = self.table("out")
        self.assertIn("1 simulation", self.sweep("shards.yaml", "-o", "out").stdout)
        self.assertEqual(self.table("out"), before)

    def test_traces_without_a_length_have_no_shards(self):
        self.write("shards.yaml", SHARDED.format(trace="good.txt"))
        self.assertEqual(self.sweep("shards.yaml", "-o", "out", code=1).stdout.split(":")[0], "out/tidy.csv")
        self.assertIn("the trace does not record its length", self.output("sweep", "status", "out"))

    def test_each_point_has_the_figures_of_a_run(self):
        self.sweep("grid.yaml", "-o", "out")
        rows = self.rows("out")
        points = {row["point"]: row for row in rows}
        self.assertEqual(len(points), 20)
        for point in random.Random(SEED).sample(sorted(points), 3):
            row = points[point]
            stats = self.json("run", row["trace"], "--limit", "5000", "-c", "skylake", "--set",
                              f"stlb.arrays.0.entries={row['stlb.arrays.0.entries']}", "--set",
                              f"walker.walkers={row['walker.walkers']}")
            for figure in (row for row in rows if row["point"] == point):
                self.assertEqual(float(figure["value"]), stats["stats"][figure["figure"]], figure)
                self.assertEqual(figure["unit"], stats["meaning"][figure["figure"]]["unit"])
            whole = json.loads(self.output("sweep", "result", "out", point))
            for part in ("version", "config", "stats", "cost"):
                self.assertEqual(whole[part], stats[part])

    def test_the_table_does_not_depend_on_jobs_or_order(self):
        self.sweep("grid.yaml", "-o", "one", "-j", "1")
        self.sweep("grid.yaml", "-o", "four", "-j", "4")
        self.assertEqual(self.table("one"), self.table("four"))

    def test_a_second_run_simulates_nothing(self):
        self.sweep("grid.yaml", "-o", "out")
        before = self.runs("out")
        result = self.sweep("grid.yaml", "-o", "out", "--resume")
        self.assertIn("20 of 20 points, 0 of them new; 0 simulations", result.stdout)
        self.assertIn("20 of 20 points are done already", result.stderr)
        self.assertEqual(self.runs("out"), before)

    def test_a_changed_file_keeps_the_points_that_still_exist(self):
        self.sweep("grid.yaml", "-o", "out")
        before = self.runs("out")
        self.write("grid.yaml", GRID.format(trace=trace("sort")).replace("[1, 2]", "[2, 3]"))
        result = self.sweep("grid.yaml", "-o", "out")
        self.assertIn("it had 20 points and has 20; 10 of these are done already", result.stderr)
        self.assertIn("20 of 20 points, 10 of them new; 10 simulations", result.stdout)
        self.assertEqual({row["walker.walkers"] for row in self.rows("out")}, {"2", "3"})
        after = self.runs("out")
        self.assertEqual({name: after[name] for name in before}, before)

    def test_a_changed_trace_makes_new_points(self):
        self.write("s.yaml", "traces: good.txt\ncost: false\n")
        self.sweep("s.yaml", "-o", "out")
        self.write("good.txt", "R 0x1000 8\n")
        self.sweep("s.yaml", "-o", "out")
        self.assertEqual(next(row["value"] for row in self.rows("out") if row["figure"] == "core.accesses"), "1")
        self.assertEqual(len(self.runs("out")), 2)

    def test_the_seed_of_random_points_is_printed_and_repeats_them(self):
        self.write("r.yaml", "traces: good.txt\ncost: false\npoints:\n  - random: {count: 5, keys: {dtlb.arrays.0.entries: "
                             "{from: 4, to: 4000, step: 4}}}\n")
        result = self.sweep("r.yaml", "-o", "a")
        seed = result.stderr.split("--seed ")[1].split()[0]
        self.sweep("r.yaml", "-o", "b", "--seed", seed)
        self.assertEqual(self.table("a"), self.table("b"))
        again = self.sweep("r.yaml", "-o", "a")
        self.assertIn("0 of them new", again.stdout)
        self.sweep("r.yaml", "-o", "c", "--seed", str(int(seed) + 1))
        self.assertNotEqual(self.table("a"), self.table("c"))

    def test_plan_simulates_nothing(self):
        output = self.output("sweep", "grid.yaml", "--plan")
        self.assertIn("20 points, 22 simulations", output)
        self.assertEqual(sorted(os.listdir(self.folder)), ["good.txt", "grid.yaml"])

    def test_paths_are_relative_to_the_sweep_file(self):
        os.mkdir(self.path("sub"))
        self.write("sub/mine.yaml", "extends: skylake\nwalker: {walkers: 3}\n")
        self.write("sub/t.txt", "R 0x1000 8\n")
        self.write("sub/s.yaml", "config: mine.yaml\ntraces: t.txt\npoints: [one_at_a_time: {core.window: [8]}]\n")
        self.sweep("sub/s.yaml", "-o", "out")
        self.assertEqual({row["core.window"] for row in self.rows("out")}, {"224", "8"})

    def test_the_manifest_names_program_traces_and_points(self):
        self.sweep("grid.yaml", "-o", "out")
        with open(self.path("out/manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        self.assertEqual(manifest["program"]["version"], "0.1.0")
        self.assertRegex(manifest["program"]["commit"], r"^([0-9a-f]{7,}\+?|unknown)$")
        self.assertRegex(manifest["program"]["checksum"], r"^[0-9a-f]{16}$")
        self.assertEqual(list(manifest["trace_files"]), [trace("sort")])
        self.assertEqual(len(manifest["plan"]["points"]), 20)
        self.assertEqual(manifest["file"]["text"], GRID.format(trace=trace("sort")))

    def test_results_of_another_program_are_refused_kept_or_redone(self):
        self.sweep("grid.yaml", "-o", "out")
        table = self.table("out")
        other = self.path("other")
        shutil.copy(program.PROGRAM, other)
        with open(other, "ab") as file:
            file.write(b"other")

        def run_other(*arguments):
            return subprocess.run([other, "sweep", "grid.yaml", "-o", "out", *arguments], cwd=self.folder,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        refused = run_other()
        self.assertEqual(refused.returncode, 2)
        self.assertIn("out: 22 of its results are of another build (tablewalk 0.1.0", refused.stderr)
        self.assertEqual(len(refused.stderr.splitlines()), 1)
        self.assertIn("0 simulations", run_other("--other-program", "keep").stdout)
        self.assertIn("22 simulations", run_other("--other-program", "redo").stdout)
        self.assertEqual(self.table("out"), table)


class Failures(SweepTest):
    def setUp(self):
        super().setUp()
        # 5 ways do not divide 64 entries; the second trace breaks after its first lines.
        self.write("bad.txt", "R 0x1000 8\n" * 100000 + "nonsense\n")
        self.write("s.yaml", "traces: [good.txt, bad.txt]\ncost: false\nset: {dtlb.arrays.0.entries: 64}\n"
                             "points: [grid: {dtlb.arrays.0.ways: [5, 4]}]\n")

    def test_failing_points_are_recorded_and_do_not_stop_the_others(self):
        result = self.sweep("s.yaml", "-o", "out", code=1)
        self.assertIn("3 of 4 points failed:", result.stderr)
        self.assertIn("bad.txt:100001", result.stderr)
        self.assertIn("dtlb.arrays.0.ways=5: dtlb.arrays.0", result.stderr)
        self.assertEqual({(row["trace"], row["dtlb.arrays.0.ways"]) for row in self.rows("out")}, {("good.txt", "4")})
        status = self.output("sweep", "status", "out")
        self.assertRegex(status, r"points +4\ndone +1\nfailed +3\nto do +0\n")
        self.assertIn("bad.txt:100001", status)

    def test_a_failed_point_is_tried_again(self):
        self.sweep("s.yaml", "-o", "out", code=1)
        self.write("bad.txt", "R 0x1000 8\n")
        self.sweep("s.yaml", "-o", "out", code=1)
        self.assertRegex(self.output("sweep", "status", "out"), r"done +2\nfailed +2\n")

    def test_a_point_that_succeeds_is_no_longer_failed(self):
        task = self.output("sweep", "s.yaml", "--plan").splitlines()[1].split()[0]
        os.makedirs(self.path("out/failed"))
        self.write(f"out/failed/{task}.json", "{}")
        self.sweep("s.yaml", "-o", "out", code=1)
        self.assertNotIn(task + ".json", os.listdir(self.path("out/failed")))

    def test_a_dead_process_is_a_failed_point(self):
        self.write("long.yaml", "traces: ['generated:zipf,footprint=64M,count=100M', good.txt]\ncost: false\n")
        sweep = self.start("long.yaml", "-o", "out", "-j", "1")
        children = f"/proc/{sweep.pid}/task/{sweep.pid}/children"
        child = ""
        while not child:
            with open(children, encoding="utf-8") as file:
                child = file.read()
        os.kill(int(child.split()[0]), signal.SIGKILL)
        self.assertEqual(sweep.wait(60), 1)
        self.assertEqual({row["trace"] for row in self.rows("out")}, {"good.txt"})
        self.assertIn("was ended by signal 9", self.output("sweep", "status", "out"))

    def test_stop_at_failure(self):
        self.write("s.yaml", "traces: [bad.txt, good.txt]\ncost: false\n")
        self.sweep("s.yaml", "-o", "out", "--stop-at-failure", "-j", "1", code=1)
        self.assertEqual(self.rows("out"), [])
        self.sweep("s.yaml", "-o", "out", "--keep-going", "-j", "1", code=1)
        self.assertNotEqual(self.rows("out"), [])


class Interruptions(SweepTest):
    """Whatever happens, nothing is lost, nothing is half-written, and the table at the end is the same."""

    def setUp(self):
        super().setUp()
        begin = time.monotonic()
        self.sweep("grid.yaml", "-o", "reference", "-j", "2")
        self.seconds = time.monotonic() - begin

    def assert_whole(self, folder):
        """Every result in the folder, which nobody uses, is whole."""
        for name in os.listdir(self.path(f"{folder}/runs")):
            if not name.endswith(".run"):
                continue
            with open(self.path(f"{folder}/runs/{name}"), "rb") as file:
                header, _, rest = file.read().partition(b"\n")
            self.assertEqual(json.loads(header)["bytes"], len(rest), name)
            with open(self.path(f"reference/runs/{name}"), "rb") as file:
                self.assertEqual(file.read().partition(b"\n")[2], rest, name)

    def assert_same_in_the_end(self, folder):
        self.sweep("grid.yaml", "-o", folder, "-j", "2")
        self.assert_whole(folder)
        self.assertEqual(self.table(folder), self.table("reference"))
        self.assertEqual(sorted(os.listdir(self.path(folder + "/runs"))), sorted(os.listdir(self.path("reference/runs"))))

    def test_kill_9_at_twenty_random_moments(self):
        print(f"TABLEWALK_SEED={SEED}")
        moments = random.Random(SEED)
        done = {}
        kills = 0
        folders = 0
        while kills < 20:
            folder = f"killed{folders}"
            folders += 1
            done = {}
            while kills < 20:
                sweep = self.start("grid.yaml", "-o", folder, "-j", "2")
                try:
                    sweep.wait(moments.uniform(0, self.seconds / 3))
                    break  # it was faster
                except subprocess.TimeoutExpired:
                    sweep.kill()
                    sweep.wait()
                    kills += 1
                if not os.path.exists(self.path(folder + "/runs")):
                    continue
                self.assert_whole(folder)
                now = {name: time for name, time in self.runs(folder).items() if name.endswith(".run")}
                self.assertEqual({name: now.get(name) for name in done}, done, "a result was lost or simulated again")
                done = now
            self.assert_same_in_the_end(folder)

    def test_ctrl_c_keeps_what_is_done(self):
        self.write("long.yaml", "traces: [good.txt, 'generated:zipf,footprint=64M,count=100M']\ncost: false\n")
        sweep = self.start("long.yaml", "-o", "out", "-j", "2")
        while not os.path.exists(self.path("out/runs")) or not self.runs("out"):
            time.sleep(0.01)
        time.sleep(0.5)  # the long simulation is running
        sweep.send_signal(signal.SIGINT)
        self.assertEqual(sweep.wait(30), 1)
        self.assertRegex(self.output("sweep", "status", "out"), r"done +1\nfailed +0\nto do +1\n")

    def test_a_limit_of_file_sizes(self):
        for size in (0, 100, 9000, 15000, 20000):
            folder = f"limited{size}"
            result = self.run_limited(folder, size)
            with self.subTest(size=size, stderr=result.stderr):
                self.assertEqual(result.returncode, 2)
                self.assertIn("cannot be", result.stderr.splitlines()[-1])
                self.assertTrue(result.stderr.splitlines()[-1].startswith("tablewalk: "))
                self.assert_same_in_the_end(folder)

    def run_limited(self, folder, size):
        return subprocess.run([program.PROGRAM, "sweep", "grid.yaml", "-o", folder], cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, preexec_fn=limit_file_size(size),
                              timeout=120, check=False)

    def test_a_full_disk(self):
        """On a small file system in memory, in a mount namespace of its own."""
        script = """
            mkdir disk && mount -t tmpfs -o size=160K none disk || exit 77
            "$0" sweep grid.yaml -o disk/out 2>stderr; echo $? >code
            mount -o remount,size=64M disk && "$0" sweep grid.yaml -o disk/out >again && cp -r disk/out full
        """
        done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script, program.PROGRAM],
                              cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode == 77 or "unshare" in done.stderr:
            print(f"no file system of its own here, only the limit of file sizes: {done.stderr.strip()}")
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("code"), encoding="utf-8") as code, open(self.path("stderr"), encoding="utf-8") as stderr:
            self.assertEqual(code.read(), "2\n")
            self.assertRegex(stderr.read(), r"\Atablewalk: .*No space left on device: \d+ of 20 points are done; the same "
                                            r"command goes on from there\n\Z")
        with open(self.path("again"), encoding="utf-8") as again:
            self.assertNotIn(" 22 simulations", again.read())
        self.assert_same_in_the_end("full")

    def test_two_sweeps_on_one_folder(self):
        self.write("long.yaml", "traces: 'generated:zipf,footprint=64M,count=100M'\ncost: false\n")
        first = self.start("long.yaml", "-o", "out")
        while "no sweep" in self.run_program("sweep", "status", "out").stdout + "no sweep" * (
                not os.path.exists(self.path("out/manifest.json"))):
            time.sleep(0.01)
        second = self.run_program("sweep", "grid.yaml", "-o", "out")
        self.assertEqual(second.returncode, 2)
        self.assertRegex(second.stderr, rf"\Atablewalk: out: is in use by process {first.pid} on \S+: expected another "
                                        r"folder, or --wait to go on after it\n\Z")
        third = self.start("grid.yaml", "-o", "out", "--wait", "-j", "2")
        time.sleep(0.3)
        self.assertIsNone(third.poll())
        first.kill()
        first.wait()
        self.assertEqual(third.wait(60), 0)
        self.assertEqual(self.table("out"), self.table("reference"))
        fourth = self.start("long.yaml", "-o", "out")
        while "in use by   process" not in self.output("sweep", "status", "out"):
            time.sleep(0.01)
        fourth.kill()
        fourth.wait()
        self.assertIn(f"the sweep of process {fourth.pid}", self.sweep("grid.yaml", "-o", "out").stderr)

    def test_two_waiting_sweeps_do_each_point_once(self):
        sweeps = [self.start("grid.yaml", "-o", "out", "--wait", "-j", "2") for _ in range(3)]
        self.assertEqual([sweep.wait(120) for sweep in sweeps], [0, 0, 0])
        self.assert_same_in_the_end("out")


class Tune(SweepTest):
    def tune(self, *arguments):
        result = self.run_program("tune", *arguments, "-o", "tuned")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"\Atablewalk: \d+ points are excluded by conditions\n\Z")
        return result.stdout

    def test_the_front_has_the_machines_that_no_other_beats(self):
        output = self.tune(trace("sort"), trace("git"), "-c", "skylake", "--budget", "700", "--limit", "5K")
        with open(self.path("tuned/tune.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertGreater(len(rows), 4)
        self.assertLessEqual(max(int(row["tlb_entries"]) for row in rows), 700)
        front = [(int(row["tlb_bits"]), int(row["cost_cycles"])) for row in rows if row["on_front"] == "1"]
        everything = [(int(row["tlb_bits"]), int(row["cost_cycles"])) for row in rows]
        expected = [(bits, cost) for bits, cost in everything
                    if not any(b <= bits and c <= cost and (b, c) != (bits, cost) for b, c in everything)]
        self.assertEqual(front, sorted(set(expected)))
        self.assertIn(f"{len(front)} of {len(rows)} machines", output)
        blocks = [block.splitlines()[1:] for block in re.split("^machine ", output, flags=re.MULTILINE)[1:]]
        self.assertGreater(len(blocks), 1, "the columns continue below")
        for block in blocks:
            self.assertEqual([line.split()[0] for line in block], [str(i + 1) for i in range(len(front))])
        row = rows[0]
        settings = [part for key in ("itlb", "dtlb", "stlb")
                    for part in ("--set", f"{key}.arrays.0.entries={row[f'{key}.arrays.0.entries']}")]
        costs = [self.json("run", trace(name), "-c", "skylake", "--limit", "5K", *settings)["stats"]
                 for name in ("sort", "git")]
        self.assertEqual(int(row["cost_cycles"]), sum(one["translation.cost_cycles"] for one in costs))
        self.assertEqual(int(row["cycles"]), sum(one["core.cycles"] for one in costs))

    def test_a_space_of_your_own(self):
        self.write("space.yaml", "where: walker.walkers > 1\npoints: [grid: {walker.walkers: [1, 2], "
                                 "dtlb.arrays.0.entries: [16, 64]}]\n")
        self.tune("good.txt", "--space", "space.yaml", "--budget", "5K", "--csv", "front.csv")
        with open(self.path("front.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["walker.walkers"], row["dtlb.arrays.0.entries"]) for row in rows], [("2", "16"), ("2", "64")])

    RTL = "set: {walker.kind: rtl}\npoints: [grid: {walker.walkers: [1, 2, 4], dtlb.arrays.0.entries: [16, 64]}]\n"

    def test_walkers_in_hardware_have_an_area(self):
        self.write("space.yaml", self.RTL)
        space = [trace("sort"), "-c", "skylake", "--limit", "5K", "--space", "space.yaml", "--budget", "5K"]
        self.assertEqual(self.run_program("tune", *space, "-o", "all").returncode, 0)
        with open(self.path("all/tune.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 6)
        for row in rows:
            run = self.json("run", trace("sort"), "-c", "skylake", "--limit", "5K", "--no-cost", "--set", "walker.kind=rtl",
                            "--set", f"walker.walkers={row['walker.walkers']}")["stats"]
            self.assertEqual([int(row[f"walker_{name}"]) for name in ("cells", "flip_flops", "depth")],
                             [run[f"rtl_walker.{name}"] for name in ("cells", "flip_flops", "logic_depth")])
        output = self.tune(*space, "--cells", "80K")
        self.assertRegex(output, "machines: fewer TLB bits or walker cells cost more cycles\n")
        self.assertRegex(output, "TLB bits +walker cells +walker depth")
        with open(self.path("tuned/tune.csv"), encoding="utf-8") as file:
            self.assertEqual({row["walker.walkers"] for row in csv.DictReader(file)}, {"1", "2"})
        self.assertEqual(self.run_program("tune", *space, "--depth", "110", "-o", "flat").returncode, 0)
        with open(self.path("flat/tune.csv"), encoding="utf-8") as file:
            self.assertEqual({row["walker.walkers"] for row in csv.DictReader(file)}, {"1"})
        self.assert_refused(["tune", *space, "--cells", "5", "-o", "out"], "its conditions exclude all")

    def test_an_area_takes_hardware(self):
        self.assert_refused(["tune", "good.txt", "-o", "out", "--budget", "9K", "--cells", "100K"],
                            "--cells: only hardware has an area", "walker.kind: rtl")
        self.write("space.yaml", self.RTL.replace("[1, 2, 4]", "[1, 37]"))
        result = self.run_program("tune", trace("sort"), "-c", "skylake", "--limit", "5K", "--space", "space.yaml", "--budget",
                                  "5K", "--cells", "100K", "-o", "tuned")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no RTL walker is built with 'slots=37", result.stderr)

    def test_bad_input_is_one_line(self):
        self.assert_refused(["tune", "good.txt", "-o", "out"], "--budget is missing")
        self.assert_refused(["tune", "good.txt", "-o", "out", "--budget", "9"], "its conditions exclude all")
        self.assert_refused(["tune", "good.txt", "-o", "out", "--budget", "9K", "--html", "good.txt"], "--html good.txt")
        self.assert_refused(["tune", "gone.txt", "-o", "out", "--budget", "9K"], "gone.txt: cannot be read")
        self.write("space.yaml", "points:\n  - grid: {dtlb.array: [1]}\n")
        self.assert_refused(["tune", "good.txt", "-o", "out", "--budget", "9", "--space", "space.yaml"],
                            "space.yaml:2: dtlb.array: unknown key", "'dtlb.arrays'")


class Output(SweepTest):
    def test_collect_prints_other_figures_without_simulation(self):
        self.sweep("grid.yaml", "-o", "out")
        self.assertEqual(self.output("sweep", "collect", "out"), self.table("out"))
        rows = list(csv.DictReader(self.output("sweep", "collect", "out", "--figures", "walker.walks", "--figures",
                                               "dtlb.*").splitlines()))
        self.assertEqual({row["figure"].split(".")[0] for row in rows}, {"walker", "dtlb"})
        self.output("sweep", "collect", "out", "--figures", "*", "-o", "all.csv")
        with open(self.path("all.csv"), encoding="utf-8") as file:
            self.assertGreater(len(file.readlines()), 4 * len(self.rows("out")))
        self.assert_refused(["sweep", "collect", "out", "--figures", "dtlb.mises"], "dtlb.mises", "dtlb.misses")

    def test_collect_writes_a_page_instead_of_or_beside_the_table(self):
        self.sweep("grid.yaml", "-o", "out", "--html", "first.html")
        self.assertEqual(self.output("sweep", "collect", "out", "--html", "second.html"), "")
        self.output("sweep", "collect", "out", "--html", "third.html", "-o", "table.csv")
        with open(self.path("table.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), self.table("out"))
        pages = []
        for name in ("first", "second", "third"):
            with open(self.path(name + ".html"), encoding="utf-8") as file:
                pages.append(file.read())
        self.assertEqual(pages[0], pages[1])
        self.assertEqual(pages[0], pages[2])
        self.assert_refused(["sweep", "collect", "out", "--figures", "dtlb.mises", "--html", "new.html"], "dtlb.mises")
        self.assert_refused(["sweep", "collect", "out", "--html", "none/page.html"], "none/page.html")

    def test_progress_is_shown_on_a_terminal_only(self):
        self.assertNotIn("\r", self.sweep("grid.yaml", "-o", "quiet").stderr)
        master, slave = pty.openpty()
        text = b""

        def read():
            nonlocal text
            try:
                while block := os.read(master, 4096):
                    text += block
            except OSError:
                pass
        reader = threading.Thread(target=read)
        reader.start()
        subprocess.run([program.PROGRAM, "sweep", "grid.yaml", "-o", "loud"], cwd=self.folder, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=slave, timeout=120, check=True)
        os.close(slave)
        reader.join(10)
        os.close(master)
        self.assertIn("of 22 simulations", text.decode())
        self.assertIn("11 of 22 simulations, ", text.decode())

    def test_bad_input_is_one_line(self):
        self.write("s.yaml", "traces: good.txt\npoints:\n  - grid:\n      dtlb.arrays.0.entires: [1]\n")
        self.assert_refused(["sweep", "s.yaml", "-o", "out"], "s.yaml:4: dtlb.arrays.0.entires: unknown key",
                            "did you mean 'dtlb.arrays.0.entries'?")
        self.write("s.yaml", "traces: good.txt\nwhere: 1 > 2\n")
        self.assert_refused(["sweep", "s.yaml", "-o", "out"], "its conditions exclude all 1")
        self.assert_refused(["sweep", "grid.yaml"], "-o is missing")
        self.assert_refused(["sweep"], "SWEEP.yaml is missing")
        self.assert_refused(["sweep", "nofile.yaml", "-o", "out"], "nofile.yaml: cannot be read")
        self.assert_refused(["sweep", "statsu", "out"], "unknown command 'statsu'", "did you mean 'status'?")
        self.assert_refused(["sweep", "status", "nofolder"], "nofolder: is not the folder of a sweep")
        self.assert_refused(["sweep", "grid.yaml", "-o", "out", "--engine", "slrum"], "expected local or slurm")
        self.assert_refused(["sweep", "grid.yaml", "-o", "out", "-j", "0"], "--jobs 0: expected at least 1")
        self.assert_refused(["sweep", "grid.yaml", "-o", "good.txt"], "good.txt")
        self.assert_refused(["sweep", "grid.yaml", "-o", "out", "--other-program", "kep"], "keep or redo", "'keep'")
        self.assert_refused(["sweep", "grid.yaml", "--plan", "--html", "p.html"], "--html with --plan")
        self.assert_refused(["sweep", "grid.yaml", "-o", "out", "--html", "grid.yaml"], "--html grid.yaml")
        self.assert_refused(["sweep", "grid.yaml", "-o", "out", "--html", "-"], "--html -: expected a file")
        self.write("sub/manifest.json" if os.path.isdir(self.path("sub")) else "manifest.json", "{}")
        self.assert_refused(["sweep", "grid.yaml", "-o", "."], "manifest.json: expected the manifest of a sweep")
        self.sweep("grid.yaml", "-o", "out")
        self.assert_refused(["sweep", "result", "out", "0123"], "has no point '0123'")


if __name__ == "__main__":
    main()

"""Sweeps on a real Slurm of two nodes on this machine; see slurm_cluster.py for what it needs.

    python3 tb/sweep/slurm_test.py PROGRAM

Without these packages or as another user it ends with exit code 77 (not tested). The test of a dead node kills slurmd
of one node and everything that runs on it, in the middle of a sweep.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from slurm_cluster import Cluster, missing_programs, wait_for

PROGRAM = None  # set by main()

SWEEP = """\
config: skylake
traces: ['generated:zipf,footprint=64M,count=30K', 'generated:stride,count=30K']
cost: false
points:
  - grid:
      stlb.arrays.0.entries: {from: 96, to: 1536, times: 2}
      walker.walkers: [1, 2, 4, 8]
"""


class Slurm(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.write("sweep.yaml", SWEEP)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def start(self, cluster, *arguments):
        sweep = subprocess.Popen([PROGRAM, "sweep", "sweep.yaml", "-o", *arguments], cwd=self.folder, text=True,
                                 env=cluster.environment if cluster else None, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, sweep)
        return sweep

    @staticmethod
    def end(sweep):
        """Whatever the test left of it."""
        if sweep.poll() is None:
            sweep.kill()
        sweep.wait()
        for stream in (sweep.stdout, sweep.stderr):
            stream.close()

    def finish(self, sweep, code=0, seconds=600):
        output, errors = sweep.communicate(timeout=seconds)
        self.assertEqual(sweep.returncode, code, (output, errors))
        return output, errors

    def local_table(self):
        self.finish(self.start(None, "local"))
        return self.read("local/tidy.csv")

    def table_and_chunks(self):
        """The table as made without Slurm, and the option for chunks of about five simulations at that speed."""
        begin = time.monotonic()
        table = self.local_table()
        each = (time.monotonic() - begin) * os.cpu_count() / 40
        return table, ["--chunk-seconds", str(max(1, round(5 * each)))]

    def results(self, folder):
        """How many there are."""
        place = self.path(folder + "/runs")
        return sum(name.endswith(".run") for name in os.listdir(place)) if os.path.isdir(place) else 0

    def test_the_same_table_in_chunks_of_measured_size(self):
        table, chunks = self.table_and_chunks()
        with Cluster(self.path("cluster")) as cluster:
            _, errors = self.finish(self.start(cluster, "out", "--engine", "slurm", *chunks))
        self.assertEqual(self.read("out/tidy.csv"), table)
        first, second = re.findall(r"Slurm job \d+: (\d+) simulations in (\d+) array tasks", errors)
        self.assertEqual(first, ("2", "2"), "one of each trace is measured first")
        self.assertEqual(second[0], "38")
        self.assertLess(int(second[1]), 38)

    def test_a_node_that_dies_in_the_middle(self):
        self.write("sweep.yaml", SWEEP.replace("30K", "200K"))
        table, chunks = self.table_and_chunks()
        with Cluster(self.path("cluster")) as cluster:
            # Chunks for both nodes, however quick the machine is; what the dead one leaves is done by the other.
            sweep = self.start(cluster, "out", "--engine", "slurm", *chunks)
            wait_for("both nodes work on the second array", lambda: self.results("out") >= 3 and cluster.works("n2"))
            self.assertGreater(cluster.kill_node("n2"), 0, "something ran on the node")
            self.assertLess(self.results("out"), 40)
            _, errors = self.finish(sweep)
            self.assertIn("down", cluster.node_states()["n2"])
        self.assertRegex(errors, r"\d+ simulations were lost and are submitted again")
        self.assertEqual(self.read("out/tidy.csv"), table)

    def test_a_sweep_that_is_killed_goes_on_and_cancels_its_former_job(self):
        with Cluster(self.path("cluster")) as cluster:
            arguments = ("out", "--engine", "slurm", "--chunk-seconds", "1000")
            sweep = self.start(cluster, *arguments)
            wait_for("the third result", lambda: self.results("out") >= 4)
            sweep.kill()
            sweep.communicate()
            done = {name: os.stat(self.path("out/runs/" + name)).st_mtime_ns for name in os.listdir(self.path("out/runs"))
                    if name.endswith(".run")}
            _, errors = self.finish(self.start(cluster, *arguments))
            for name, changed in done.items():
                self.assertEqual(os.stat(self.path("out/runs/" + name)).st_mtime_ns, changed, "simulated again")
        self.assertRegex(errors, r"cancelling job \d+ of the former sweep")
        self.assertEqual(self.read("out/tidy.csv"), self.local_table())

    def test_a_task_that_is_lost_again_and_again_fails(self):
        self.write("sweep.yaml", "traces: 'text:R 0x1000'\ncost: false\n")
        with Cluster(self.path("cluster")) as cluster:
            sweep = self.start(cluster, "out", "--engine", "slurm", "--retries", "1", "--sbatch=--output=/nowhere/%a.out")
            _, errors = self.finish(sweep, code=1)
        self.assertIn("1 of 1 points failed:", errors)
        self.assertIn("Slurm lost it 2 times", errors)

    def test_what_sbatch_refuses_is_one_line(self):
        with Cluster(self.path("cluster")) as cluster:
            _, errors = self.finish(self.start(cluster, "out", "--engine", "slurm", "--sbatch=--partition=none"), code=2)
        self.assertRegex(errors, r"\Atablewalk: --engine slurm: sbatch refuses the job: .*invalid partition.*\n\Z")

    def test_failing_points_are_recorded(self):
        self.write("bad.txt", "R 0x1000 8\n" * 100000 + "nonsense\n")
        self.write("sweep.yaml", "traces: [bad.txt, 'text:R 0x1000']\ncost: false\n")
        with Cluster(self.path("cluster")) as cluster:
            _, errors = self.finish(self.start(cluster, "out", "--engine", "slurm"), code=1)
        self.assertIn("1 of 2 points failed:", errors)
        self.assertIn("bad.txt:100001", errors)


def main():
    global PROGRAM
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    missing = missing_programs()
    if missing or os.geteuid() != 0:
        print(f"not tested: no {', '.join(missing) or 'root'}: needs Debian's packages munge, slurmctld, slurmd and "
              "slurm-client, and root")
        sys.exit(77)
    unittest.main(module="__main__")


if __name__ == "__main__":
    main()

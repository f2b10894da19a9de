"""The program's host memory.

    python3 tb/cli/memory_test.py TABLEWALK
"""

import os
import unittest

import program
from program import main, trace

TRACES = ["bzip2", "cc1", "git", "grep", "gzip", "perl", "python3", "sort", "sqlite3", "tree32", "cc1", "git", "gzip", "perl",
          "python3", "sqlite3"]


class Memory(unittest.TestCase):

    def peak_mib(self, *arguments):
        """Peak memory of the process."""
        null = os.open(os.devnull, os.O_WRONLY)
        self.addCleanup(os.close, null)
        child = os.posix_spawn(program.PROGRAM, [program.PROGRAM, *arguments], os.environ,
                               file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
        _, status, usage = os.wait4(child, 0)
        self.assertEqual(status, 0)
        return usage.ru_maxrss / 1024

    def test_sixteen_cores_with_a_trace_each_take_less_than_40_mib(self):
        run = ["run", *map(trace, TRACES), "--set", "cores=16", "--no-cost"]
        few = self.peak_mib(*run, "--limit", "5000")
        many = self.peak_mib(*run, "--limit", "400000")
        print(f"{few:.1f} MiB for 5,000 records of each trace, {many:.1f} MiB for 400,000")
        self.assertLess(many, 40)


if __name__ == "__main__":
    main()

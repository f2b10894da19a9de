"""The program's host memory.

    python3 tb/cli/memory_test.py TABLEWALK
"""

import unittest

import program
from program import main, trace

TRACES = ["bzip2", "cc1", "git", "grep", "gzip", "perl", "python3", "sort", "sqlite3", "tree32", "cc1", "git", "gzip", "perl",
          "python3", "sqlite3"]


class Memory(unittest.TestCase):
    def test_sixteen_cores_with_a_trace_each_take_less_than_40_mib(self):
        run = ["run", *map(trace, TRACES), "--set", "cores=16", "--no-cost"]
        few, many = (program.peak_kib(*run, "--limit", limit) / 1024 for limit in ("5000", "400000"))
        print(f"{few:.1f} MiB for 5,000 records of each trace, {many:.1f} MiB for 400,000")
        self.assertLess(many, 40)


if __name__ == "__main__":
    main()

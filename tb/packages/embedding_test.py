"""Installs to a temporary prefix, and uses what is there from outside: the program, and the libraries in the example of
docs/embedding.

    python3 tb/packages/embedding_test.py CMAKE BUILD
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CMAKE = BUILD = None  # set by main
TRACE = "text:" + "; ".join(f"{'W' if page % 3 == 0 else 'R'} {0x1000 * page:#x}" for page in range(1, 60))


def run(*command, **more):
    """Standard output; a command that fails ends the test with all that it wrote."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class InstalledTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.prefix = os.path.join(cls.folder, "prefix")
        run(CMAKE, "--install", BUILD, "--prefix", cls.prefix)

    def program(self, *arguments):
        """Away from the sources, and without the environment."""
        empty = os.path.join(self.folder, "empty")
        os.makedirs(empty, exist_ok=True)
        return run(os.path.join(self.prefix, "bin", "tablewalk"), *arguments, cwd=empty, env={})

    def test_the_program_contains_its_presets_lectures_and_page(self):
        self.assertIn("skylake", self.program("config", "list"))
        self.assertIn("four-levels", self.program("lecture"))
        page = os.path.join(self.folder, "page.html")
        self.program("run", TRACE, "-c", "teaching64", "--html", page)
        with open(page, encoding="utf-8") as file:
            self.assertIn("d3js.org", file.read())

    def test_headers_are_complete(self):
        """All but those of the commands, which are no library."""
        def headers(folder):
            return {os.path.relpath(os.path.join(at, name), folder)
                    for at, _, names in os.walk(folder) for name in names if name.endswith(".h")}
        installed = headers(os.path.join(self.prefix, "include", "tablewalk"))
        ours = headers(os.path.join(ROOT, "model"))
        self.assertEqual(installed, {name for name in ours if not name.startswith("cli/")})

    def test_the_example_builds_and_runs_out_of_tree(self):
        source, build = os.path.join(self.folder, "example"), os.path.join(self.folder, "build")
        shutil.copytree(os.path.join(ROOT, "docs", "embedding"), source)
        run(CMAKE, "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
            f"-DCMAKE_PREFIX_PATH={self.prefix}")
        with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
            self.assertIn(f"tablewalk_DIR:PATH={self.prefix}", file.read())
        run(CMAKE, "--build", build)
        example = os.path.join(build, "own_memory")

        def figures(config, latency, *more):
            lines = run(example, TRACE, config, str(latency), *more, cwd=self.folder, env={}).splitlines()[-7:]
            return {name: float(value) for name, value in (line.split() for line in lines)}

        fast, slow = figures("teaching64", 50), figures("teaching64", 250)
        self.assertEqual(fast["core.accesses"], 59)
        self.assertEqual(fast["walker.walks"], 59)
        self.assertEqual(fast["dram.reads"], slow["dram.reads"])
        # Each first entry of a line is read from it, and a walk waits for its reads.
        reads = fast["walker.served_by.dram"]
        self.assertGreater(reads, 0)
        self.assertAlmostEqual(slow["walker.latency_cycles.mean"] - fast["walker.latency_cycles.mean"],
                               200 * reads / 59, delta=0.001)
        # Without caches it provides the entries' bytes itself.
        direct = figures("teaching64", 50, "walker_reads=dram")
        self.assertGreaterEqual(direct["walker.served_by.dram"], 59)
        wrong = subprocess.run([example, "missing.twt", "skylake", "50"], capture_output=True, text=True, check=False)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("missing.twt", wrong.stderr)


def main():
    global CMAKE, BUILD
    CMAKE, BUILD = sys.argv[1], os.path.abspath(sys.argv[2])
    del sys.argv[1:3]
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()

"""quickstart between stand-ins for the programs it calls: what it installs, says, builds and runs.

    python3 tb/tidy/quickstart_test.py
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
STAND_INS = {
    "dpkg-query": 'case " $MISSING " in *" $3 "*) exit 1 ;; esac; printf installed\n',
    "apt-get": 'echo "apt-get $*" >>"$CALLS"; echo noise; [ -z "$APT_FAILS" ] || { echo broken; exit 100; }\n',
    "sudo": 'echo sudo >>"$CALLS"; exec "$@"\n',
    "cmake": 'echo "cmake $*" >>"$CALLS"; build=build/$2; mkdir -p $build; echo noise; : >$build/build.ninja\n'
             'for a; do case $a in -DTABLEWALK_TESTS=*) echo "TABLEWALK_TESTS:BOOL=${a#*=}" >$build/CMakeCache.txt;'
             ' esac; done\n',
    "ninja": 'echo "ninja $*" >>"$CALLS"; basename "$PWD" >>"$CALLS"; printf "#!/bin/sh\\necho figures of \\$1\\n" >tablewalk; chmod +x tablewalk\n',
    "ctest": 'echo "ctest $*" >>"$CALLS"; echo "100% tests passed, 0 tests failed out of 7"\n',
}


class QuickstartTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.calls_path = os.path.join(self.folder, "calls")
        self.repository = os.path.join(self.folder, "a checkout")
        os.makedirs(os.path.join(self.repository, ".ci"))
        for name in ["quickstart", ".ci/run"]:
            shutil.copy(os.path.join(ROOT, name), os.path.join(self.repository, name))
        os.mkdir(os.path.join(self.folder, "bin"))
        for name, text in STAND_INS.items():
            path = os.path.join(self.folder, "bin", name)
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n" + text)
            os.chmod(path, 0o755)

    def run_it(self, *arguments, program="quickstart", missing="", **variables):
        """(status, standard output, standard error, calls of the stand-ins)"""
        if os.path.exists(self.calls_path):
            os.remove(self.calls_path)
        environment = {**os.environ, "PATH": os.path.join(self.folder, "bin") + ":/usr/bin:/bin", "MISSING": missing,
                       "CALLS": self.calls_path, "APT_FAILS": "", **variables}
        result = subprocess.run([os.path.join(self.repository, program), *arguments], cwd="/", env=environment,
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        calls = []
        if os.path.exists(self.calls_path):
            with open(self.calls_path, encoding="utf-8") as file:
                calls = file.read().splitlines()
        return result.returncode, result.stdout, result.stderr, calls

    def test_installs_nothing_when_nothing_is_missing(self):
        status, output, errors, calls = self.run_it()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual([call.split()[0] for call in calls], ["cmake", "ninja", "release"])
        self.assertNotIn("noise", output)
        self.assertIn("figures of compare", output)
        self.assertIn("figures of run", output)

    def test_says_and_installs_exactly_what_is_missing(self):
        status, output, _, calls = self.run_it(missing="cmake libfmt-dev")
        self.assertEqual(status, 0)
        self.assertIn("cmake libfmt-dev\n", output)
        apt = [call for call in calls if call.startswith("apt-get")]
        self.assertEqual(len(apt), 2, calls)
        self.assertTrue(apt[0].endswith(" update"), apt)
        self.assertTrue(apt[1].endswith(" install --no-install-recommends cmake libfmt-dev"), apt)
        self.assertEqual("sudo" in calls, os.geteuid() != 0)
        self.assertNotIn("noise", output)

    def test_a_failed_installation_shows_why_and_stops(self):
        status, _, errors, calls = self.run_it(missing="cmake", APT_FAILS="1")
        self.assertEqual(status, 1)
        self.assertIn("broken", errors)
        self.assertFalse([call for call in calls if call.startswith("ninja")])

    def test_the_tests_need_more_packages_and_end_with_the_summary(self):
        missing = "libgtest-dev clang-tidy-14"
        self.assertFalse([call for call in self.run_it(missing=missing)[3] if call.startswith("apt-get")])
        for program, arguments in [("quickstart", ["test"]), (".ci/run", [])]:
            status, output, _, calls = self.run_it(*arguments, program=program, missing=missing)
            self.assertEqual(status, 0)
            self.assertIn("libgtest-dev clang-tidy-14", output)
            self.assertTrue(calls[-1].startswith("ctest "), calls)
            self.assertEqual(output.splitlines()[-1], "100% tests passed, 0 tests failed out of 7")

    def test_what_only_running_the_tests_needs_is_installed_while_they_are_built(self):
        status, output, _, calls = self.run_it("test", missing="z3 chromium")
        self.assertEqual(status, 0)
        installs = [call for call in calls if " install " in call]
        self.assertEqual(len(installs), 2, calls)
        self.assertTrue(installs[0].endswith(" z3") and installs[1].endswith(" chromium"), installs)
        self.assertLess(calls.index(installs[0]), calls.index("cmake --preset release -DTABLEWALK_TESTS=ON"))
        self.assertLess(calls.index(installs[1]), len(calls) - 1, "before ctest")
        self.assertIn("Installing 1 Debian packages with sudo: chromium" if os.geteuid() else
                      "Installing 1 Debian packages: chromium", output)
        status, _, errors, calls = self.run_it("test", missing="chromium", APT_FAILS="1")
        self.assertEqual(status, 1)
        self.assertIn("broken", errors)
        self.assertFalse([call for call in calls if call.startswith("ctest")])

    def test_under_the_sanitizers_another_build_runs_what_makes_sense_there(self):
        status, output, _, calls = self.run_it("test", "asan")
        self.assertEqual(status, 0)
        self.assertEqual(calls[0], "cmake --preset asan -DTABLEWALK_TESTS=ON")
        self.assertEqual(calls[2], "asan", "where ninja builds")
        left_out = re.search(r"--test-dir build/asan .*--exclude-regex (\S+)$", calls[-1]).group(1)
        for name, runs in [("tidy.format", False), ("formal.lru", False), ("bench.counts_test", False),
                           ("rtl.area", False), ("rtl.synth", False), ("unit.base.Text.IsText", True), ("cli.run", True),
                           ("system.AreaOfTidy.formal.bench.", True), ("fuzz.readers", True)]:
            self.assertEqual(re.search(left_out, name) is None, runs, name)
        self.assertEqual(output.splitlines()[-1], "100% tests passed, 0 tests failed out of 7")
        self.assertFalse([call for call in self.run_it("test")[3] if "asan" in call or "--exclude" in call])

    def test_configures_once_and_keeps_the_tests_once_they_are_there(self):
        configured = []
        for arguments in [[], [], ["test"], [], ["test"]]:
            calls = self.run_it(*arguments)[3]
            configured.append([call.split("-D")[1] for call in calls if call.startswith("cmake")])
        self.assertEqual(configured, [["TABLEWALK_TESTS=OFF"], [], ["TABLEWALK_TESTS=ON"], [], []])

    def test_help_and_wrong_arguments(self):
        status, output, _, calls = self.run_it("help")
        self.assertEqual((status, calls), (0, []))
        self.assertIn("./quickstart test", output)
        self.assertIn("./quickstart test asan", output)
        for arguments in [["tset"], ["test", "more"], ["test", "asan", "more"], ["help", "asan"], ["asan"]]:
            status, output, errors, calls = self.run_it(*arguments)
            self.assertEqual((status, output, calls), (2, "", []))
            self.assertEqual(errors.count("\n"), 1, errors)
            self.assertIn(f"'{arguments[-1]}'", errors)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()

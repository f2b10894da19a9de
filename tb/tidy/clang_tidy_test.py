"""clang_tidy.py on a project of two files: it fails on a finding, passes without, and reruns only when necessary.

    python3 tb/tidy/clang_tidy_test.py CLANG_TIDY
"""

import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import clang_tidy  # noqa: E402

PROGRAM = "clang-tidy-14"
CHECKS = ("Checks: '-*,modernize-use-nullptr'\nWarningsAsErrors: '*'\n"
          "HeaderFilterRegex: '/model/[a-z]+/[a-z0-9_]+\\.h$'\n")


class ClangTidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.build = os.path.join(self.root, "build")
        os.mkdir(self.build)
        self.write(".clang-tidy", CHECKS)
        self.write("model/base/a.h", "#pragma once\nint* a();\n")
        self.write("model/base/a.cpp", '#include "base/a.h"\nint* a() { return nullptr; }\n')
        self.write("model/tlb/b.cpp", "int b() { return 0; }\n")
        self.compile("model/base/a.cpp", "model/tlb/b.cpp")

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def compile(self, *paths, flags=""):
        commands = [{"directory": self.build, "file": os.path.join(self.root, path),
                     "command": f"c++ -I{self.root}/model {flags} -o x.o -c {self.root}/{path}"} for path in paths]
        self.write("build/compile_commands.json", json.dumps(commands))

    def run_tidy(self, *options):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = clang_tidy.main([PROGRAM, self.root, self.build, *options])
        lines = output.getvalue().splitlines()
        return status, lines[-1], lines[:-1]

    def test_a_clean_project_passes_and_is_remembered(self):
        self.assertEqual(self.run_tidy(), (0, "2 files, 0 known to be clean, 0 with findings", []))
        self.assertEqual(self.run_tidy(), (0, "2 files, 2 known to be clean, 0 with findings", []))

    def test_what_is_kept_is_known_in_another_checkout(self):
        self.write("model/tlb/b.cpp", "int* b() { return 0; }\n")
        os.makedirs(os.path.join(self.root, "tb", "tidy"))
        self.assertEqual(self.run_tidy("--keep")[1], "2 files, 0 known to be clean, 1 with findings")
        first = self.root
        self.setUp()
        shutil.copytree(os.path.join(first, "tb"), os.path.join(self.root, "tb"))
        self.assertEqual(self.run_tidy()[1], "2 files, 1 known to be clean, 0 with findings")
        self.write("model/base/a.h", "#pragma once\nint* a();\nint* c();\n")
        self.assertEqual(self.run_tidy()[1], "2 files, 1 known to be clean, 0 with findings")
        self.setUp()
        shutil.copytree(os.path.join(first, "tb"), os.path.join(self.root, "tb"))
        self.write("model/base/a.cpp", '#include "base/a.h"\nint* a() { return 0; }\n')
        self.assertEqual(self.run_tidy()[:2], (1, "2 files, 0 known to be clean, 1 with findings"))

    def test_a_finding_fails_every_time(self):
        self.write("model/tlb/b.cpp", "int* b() { return 0; }\n")
        for clean in ["0", "1"]:
            status, summary, lines = self.run_tidy()
            self.assertEqual((status, summary), (1, f"2 files, {clean} known to be clean, 1 with findings"))
            self.assertTrue(lines[0].startswith("model/tlb/b.cpp:1:19: error: use nullptr"), lines)

    def test_a_finding_in_a_header_is_printed_once(self):
        self.run_tidy()
        self.write("model/tlb/b.cpp", '#include "base/a.h"\n')
        self.write("model/base/a.h", "#pragma once\nint* a();\ninline int* c() { return 0; }\n")
        status, summary, lines = self.run_tidy()
        self.assertEqual((status, summary), (1, "2 files, 0 known to be clean, 2 with findings"))
        self.assertEqual(sum("model/base/a.h:3:26: error" in line for line in lines), 1)

    def test_a_changed_flag_or_rule_makes_it_look_again(self):
        self.run_tidy()
        self.compile("model/base/a.cpp", "model/tlb/b.cpp", flags="-DC")
        self.assertEqual(self.run_tidy()[1], "2 files, 0 known to be clean, 0 with findings")
        self.write(".clang-tidy", CHECKS + "# more\n")
        self.assertEqual(self.run_tidy()[1], "2 files, 0 known to be clean, 0 with findings")

    def test_what_is_for_gcc_alone_is_passed_over(self):
        self.write("build/cmake_pch.hxx.gch", "of g++")
        self.compile("model/base/a.cpp", "model/tlb/b.cpp",
                     flags=f"-Winvalid-pch -flto=auto -ffat-lto-objects -include {self.build}/cmake_pch.hxx")
        self.assertEqual(self.run_tidy()[0], 0)

    def test_sources_compiled_together_are_looked_at_one_by_one(self):
        self.write("model/tlb/b.cpp", "int* b() { return 0; }\n")
        unity = "build/unity_0_cxx.cxx"
        self.write(unity, "/* generated by CMake */\n\n" +
                   "".join(f'#include "{self.root}/{path}"\n\n' for path in ["model/base/a.cpp", "model/tlb/b.cpp"]))
        self.compile(unity)
        status, summary, lines = self.run_tidy()
        self.assertEqual((status, summary), (1, "2 files, 0 known to be clean, 1 with findings"))
        self.assertTrue(lines[0].startswith("model/tlb/b.cpp:1:19: error: use nullptr"), lines)

    def test_a_file_that_does_not_compile_fails(self):
        self.write("model/tlb/b.cpp", "int b( { return 0; }\n")
        self.assertEqual(self.run_tidy()[0], 1)

    def test_a_file_outside_the_build_is_named(self):
        self.write("model/tlb/c.cpp", "")
        with self.assertRaisesRegex(SystemExit, "not part of the build: .*model/tlb/c.cpp"):
            self.run_tidy()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        PROGRAM = sys.argv.pop(1)
    unittest.main()

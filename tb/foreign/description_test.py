"""Descriptions of foreign walkers: what is wrong with one ends the configuration with a line that says what.

    python3 tb/foreign/description_test.py CMAKE ROOT
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

CMAKE, ROOT = sys.argv.pop(1), os.path.abspath(sys.argv.pop(1))

# Verilator is not called, and of what it would be called with is told what a description decides.
SCRIPT = """
cmake_minimum_required(VERSION 3.25)
function(verilate target)
  message(STATUS "verilate ${ARGN}")
endfunction()
function(rtl_bundle)
endfunction()
function(target_sources)
endfunction()
set(rtl_id_bits 6)
include(${PROJECT_SOURCE_DIR}/cmake/foreign_walkers.cmake)
tablewalk_foreign_walkers(program ${DESCRIPTION})
"""
GOOD = "tablewalk_foreign_walker(mine TOP ptw SOURCES ptw.sv ADAPTER cva6 MODES sv39 {more})\n"


class Descriptions(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("script.cmake", SCRIPT)
        self.write("ptw.sv", "")
        self.write("mine_adapter.sv", "module mine_adapter #(parameter int A = 1) ();\nendmodule\n")
        os.mkdir(self.path("headers"))

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def configure(self, description):
        """(status, what was said in one line)"""
        self.write("mine.cmake", description)
        result = subprocess.run([CMAKE, f"-DPROJECT_SOURCE_DIR={ROOT}", f"-DPROJECT_BINARY_DIR={self.folder.name}",
                                 f"-DDESCRIPTION={self.path('mine.cmake')}", "-P", self.path("script.cmake")],
                                capture_output=True, text=True, check=False)
        return result.returncode, re.sub(r"\s+", " ", result.stdout + result.stderr)

    def assert_refused(self, description, *says):
        status, text = self.configure(description)
        self.assertNotEqual(status, 0, description)
        for words in ("TABLEWALK_FOREIGN_WALKERS: ", *says):
            self.assertIn(words, text)

    def test_a_good_one_says_what_is_verilated(self):
        status, text = self.configure(GOOD.format(
            more="INCLUDES headers DEFINES A=1 B PARAMETERS Depth=2 Wide=1 REQUIRES paging.riscv.svadu=false"))
        self.assertEqual(status, 0, text)
        for words in ("TOP_MODULE;cva6_adapter", "cva6_shape_pkg.sv;" + self.path("ptw.sv"), "-GIdWidth=6", "-DA=1;-DB",
                      "-I" + self.path("headers")):
            self.assertIn(words, text)
        with open(self.path("program/mine.sv"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn("`define TABLEWALK_WALKER_PARAMETERS .Depth(2), .Wide(1)\n", text)
        self.assertIn("`define TABLEWALK_WALKER_FURTHER_PARAMETERS , .Depth(2), .Wide(1)\n", text)
        self.assertIn("`define TABLEWALK_WALKER_SLOTS 1\n", text)
        with open(self.path("program_foreign.cpp"), encoding="utf-8") as file:
            self.assertIn('{{"paging.riscv.svadu", "false"}}', file.read())

    def test_the_shape_of_cva6s_ports_follows_the_mode(self):
        for mode, levels in (("sv32", 2), ("sv39", 3), ("sv48", 4), ("sv57", 5)):
            status, text = self.configure(GOOD.format(more="DEFINES A=1").replace("sv39", mode))
            self.assertEqual(status, 0, text)
            self.assertIn(f"-DA=1;-DTABLEWALK_CVA6_LEVELS={levels};", text)
        for modes in ("x86-64", "sv39 sv48"):
            self.assert_refused(GOOD.format(more="").replace("sv39", modes), "expected one of sv32, sv39, sv48, sv57")
        self.assert_refused(GOOD.format(more="DEFINES TABLEWALK_CVA6_LEVELS=4"), "sv39 has 3 levels")
        self.assert_refused(GOOD.format(more="SLOTS 2"), "SLOTS 2: such a walker makes one walk at once")

    def test_an_adapter_may_be_a_file(self):
        status, text = self.configure(GOOD.format(more="").replace("cva6", "mine_adapter.sv"))
        self.assertEqual(status, 0, text)
        self.assertIn("TOP_MODULE;mine_adapter", text)

    def test_the_module_of_an_adapter_is_named_as_its_file(self):
        self.write("mine_adapter.sv", "module my_adapter;\nendmodule\n")
        self.assert_refused(GOOD.format(more="").replace("cva6", "mine_adapter.sv"),
                            "expected a module 'mine_adapter' in it")

    def test_what_is_missing_or_not_there(self):
        self.assert_refused(GOOD.format(more="").replace("SOURCES ptw.sv", ""), "mine: SOURCES is missing")
        self.assert_refused(GOOD.format(more="").replace("MODES sv39", ""), "mine: MODES is missing")
        self.assert_refused(GOOD.format(more="").replace("ptw.sv", "wtp.sv"), "wtp.sv: no such file or folder")
        self.assert_refused(GOOD.format(more="INCLUDES nowhere"), "nowhere: no such file or folder")
        self.assert_refused(GOOD.format(more="").replace("cva6", "cva5"), "no adapter 'cva5'; expected cva6, tablewalk, or")

    def test_what_is_wrong(self):
        self.assert_refused(GOOD.format(more="").replace("mine", "my walker", 1), "has no keyword")
        self.assert_refused(GOOD.format(more="").replace("mine", "1st", 1), "'1st': expected a name")
        self.assert_refused(GOOD.format(more="") * 2, "mine: the name is used twice")
        self.assert_refused(GOOD.format(more="").replace("mine", "m-1", 1) + GOOD.format(more="").replace("mine", "m_1", 1),
                            "m_1: the name is used twice")
        self.assert_refused(GOOD.format(more="PARAMETERS Depth"), "mine: 'Depth': expected NAME=VALUE")
        self.assert_refused(GOOD.format(more="REQUIRES paging.riscv.svadu"), "expected NAME=VALUE")
        self.assert_refused(GOOD.format(more="").replace("sv39", "Sv39"), "no paging mode 'Sv39'; expected x86-32")
        self.assert_refused(GOOD.format(more="CLOCK clk"), "mine: 'CLOCK' is not a keyword of a description; expected TOP")
        self.assert_refused(GOOD.format(more="").replace("MODES", "INCLUDE headers MODES").replace(
            "ADAPTER cva6", "ADAPTER cva6 SOURCES ptw.sv"), "mine: 'INCLUDE'")
        self.assert_refused(GOOD.format(more="SLOTS none"), "SLOTS none: expected a number of walks")


if __name__ == "__main__":
    unittest.main()

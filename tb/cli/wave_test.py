"""The view of a wave for GTKWave, against the wave's signals (fst2vcd) and the codes of rtl/.

    python3 tb/cli/wave_test.py TABLEWALK FST2VCD
"""

import os
import re
import subprocess
import sys

from program import ROOT, ProgramTest, main, trace

FST2VCD = None
GROUP, END, NAMES = 0x800200, 0x1000200, 0x2000


def plain(text):
    return re.sub(r"[^a-z0-9]", "", text.lower())


class View:
    """A save file: groups, and the signals with their files of names, as GTKWave reads them line by line."""

    def __init__(self, text):
        self.groups = []
        self.signals = {}  # name: file of names or None
        flags, names = 0, None
        inside = []
        for line in text.splitlines():
            if line.startswith("["):
                continue
            if line.startswith("@"):
                flags = int(line[1:], 16)
            elif line.startswith("^1 "):
                names = line[3:]
            elif line.startswith("-"):
                if flags == GROUP:
                    inside.append(line)
                    self.groups.append(line[1:])
                else:
                    assert flags == END and inside.pop() == line, line
            else:
                assert line not in self.signals
                assert bool(flags & NAMES) == (names is not None), line
                self.signals[line] = names
                names = None
        assert not inside


def wave_signals(vcd):
    """The full names of the variables of a VCD file."""
    scope = []
    found = set()
    for line in vcd.splitlines():
        words = line.split()
        if line.startswith("$scope"):
            scope.append(words[2])
        elif line.startswith("$upscope"):
            scope.pop()
        elif line.startswith("$var"):
            found.add(".".join([*scope, "".join(words[4:-1])]))
        elif line.startswith("$enddefinitions"):
            break
    return found


def codes_of_hardware():
    """{type: its names by code} of rtl/tablewalk_pkg.sv."""
    with open(os.path.join(ROOT, "rtl", "tablewalk_pkg.sv"), encoding="utf-8") as file:
        text = file.read()
    found = {}
    for body, name in re.findall(r"typedef enum logic[^{]*\{(.*?)\} (\w+);", text, re.DOTALL):
        members = re.findall(r"^\s*(?:Mode|Access|Fault|Kind|Op|Slot|Pointers)(\w+) = \d+'[db](\d+)", body, re.MULTILINE)
        found[name] = {int(code): plain(member) for member, code in members}
    return found


class WaveView(ProgramTest):
    def view(self, *arguments):
        result = self.run_program(*arguments, "--wave", "w.fst")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        with open(self.path("w.gtkw"), encoding="utf-8") as file:
            text = file.read()
        subprocess.run([FST2VCD, "-f", self.path("w.fst"), "-o", self.path("w.vcd")], check=True, capture_output=True)
        with open(self.path("w.vcd"), encoding="utf-8") as file:
            return text, View(text), wave_signals(file.read())

    def test_each_signal_is_in_the_wave(self):
        run = ["run", trace("python3"), "--limit", "1000", "--no-cost"]
        for machine, slots in ((["--set", "walker.kind=rtl"], 2), (["-c", "skylake", "--set", "walker.kind=rtl"], 2),
                               (["-c", "example-walker"], 0)):
            with self.subTest(machine=machine):
                text, view, signals = self.view(*run, *machine)
                self.assertEqual(set(view.signals) - signals, set())
                states = [name for name in view.signals if "state_q" in name]
                self.assertEqual(len(states), slots)
                self.assertIn(f'[dumpfile] "{os.path.realpath(self.path("w.fst"))}"',
                              text.replace(self.folder, os.path.realpath(self.folder)))
                self.assertEqual(view.groups, ["request", "memory", "response", "invalidation", "events",
                                               *(["slots"] if slots else [])])

    def test_of_a_co_simulation(self):
        _, view, signals = self.view("cosim", trace("python3"), "--limit", "1000", "--wave-from", "0")
        self.assertEqual(set(view.signals) - signals, set())
        self.assertEqual(len([name for name in view.signals if "state_q" in name]), 2)

    def test_codes_have_the_names_of_the_hardware(self):
        _, view, _ = self.view("cosim", trace("python3"), "--limit", "1000", "--wave-from", "0")
        types = {"mode": "mode_e", "access": "access_e", "fault": "fault_e", "operation": "mem_op_e",
                 "pointers": "pointers_e", "slot": "slot_state_e"}
        files = {os.path.basename(path)[:-len(".txt")]: path for path in view.signals.values() if path}
        self.assertEqual(set(files), set(types))
        hardware = codes_of_hardware()
        for name, path in files.items():
            with open(path, encoding="utf-8") as file:
                pairs = [line.rstrip("\n").split(" ", 1) for line in file]
            with self.subTest(codes=name):
                self.assertEqual({int(code, 16): plain(text) for code, text in pairs}, hardware[types[name]])

    def test_a_view_of_somebody_else_stays(self):
        self.write("w.gtkw", "[*] mine\n")
        result = self.run_program("cosim", trace("python3"), "--limit", "1000", "--wave-from", "0", "--wave", "w.fst")
        self.assertEqual(result.returncode, 0)
        self.assertIn("w.gtkw stays as it is", result.stderr)
        with open(self.path("w.gtkw"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "[*] mine\n")
        self.assertFalse(os.path.exists(self.path("w.gtkw.names")))


if __name__ == "__main__":
    FST2VCD = sys.argv.pop(2)
    main()

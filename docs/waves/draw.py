"""Draws a walk of four levels by the hardware, from its own waves: docs/waves/four-level-walk.svg.

    python3 docs/waves/draw.py build/release/tablewalk             writes it
    python3 docs/waves/draw.py build/release/tablewalk --check     status 1 if it would write something else

It runs `tablewalk cosim` on three accesses, and fst2vcd of Debian's package gtkwave on the waves.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from timing_diagram import Bit, Bus, Clock, Diagram
from vcd import Waves

PICTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "four-level-walk.svg")

# The first access brings the tables into the caches; the walk of the second is drawn. Its last entry stands in another
# line of the same table, so that this one comes from DRAM. The third is there so that the waves go on after it.
FIRST = 0x7F3A5C200000
SECOND = FIRST + 0x40000
THIRD = FIRST + 0x80000
SETTINGS = ["paging.mode=x86-64", "walker.walkers=2", "walker_reads=l1d", "core.blocking=true", "walker.evaluate_every_cycle=true"]

LEVELS = {3: "PML4 entry", 2: "PDPT entry", 1: "PD entry", 0: "PT entry"}
# Those of slot_state_e in tablewalk_pkg.sv.
STATES = ["Idle", "LooksUp", "WantsMemory", "WaitsForMemory", "WantsAnswer", "Closing"]


def record(program, folder):
    """The waves of the whole run."""
    trace, fst = os.path.join(folder, "three.txt"), os.path.join(folder, "walker.fst")
    with open(trace, "w", encoding="utf-8") as file:
        file.writelines(f"R {va:#x} 8\n" for va in [FIRST, SECOND, THIRD])
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    subprocess.run([program, "cosim", trace, *settings, "--wave", fst, "--wave-from", "0"], check=True,
                   stdout=subprocess.DEVNULL)
    vcd = subprocess.run(["fst2vcd", fst], check=True, stdout=subprocess.PIPE, text=True).stdout
    return Waves(vcd)


class Walk:
    """One walk in the waves: `taken` is the cycle in which its request is."""

    def __init__(self, waves, va):
        self.waves = waves
        request = [valid and ready and vpn == va >> 12 for valid, ready, vpn in
                   zip(waves.in_cycles("req_valid_i"), waves.in_cycles("req_ready_o"), waves.in_cycles("req_vpn_i"))]
        self.taken = request.index(True)
        answered = waves.in_cycles("rsp_valid_o")
        self.answered = next(cycle for cycle in range(self.taken, waves.cycles()) if answered[cycle])
        self.first = self.taken - 1
        self.end = self.answered + 2
        if not all(waves.rises("clk_i", cycle) for cycle in range(self.first, self.end)):
            raise ValueError("the clock does not rise in every cycle")

    def of(self, name):
        return self.waves.in_cycles(name)[self.first:self.end]

    def bit(self, name):
        return Bit(name, self.of(name))

    def bus(self, name, valid, form=hex):
        return Bus(name, [form(value) if is_valid else None for value, is_valid in zip(self.of(name), self.of(valid))])

    def lanes(self):
        states = Bus("state of slot 0", [STATES[state] if state else None for state in self.of("state_q[0]")])
        return [Clock("clk_i", self.end - self.first),
                self.bit("req_valid_i"), self.bit("req_ready_o"), self.bus("req_vpn_i", "req_valid_i"),
                states,
                self.bit("mem_req_valid_o"), self.bus("mem_req_addr_o", "mem_req_valid_o"),
                self.bit("mem_rsp_valid_i"), self.bus("mem_rsp_data_i", "mem_rsp_valid_i"),
                self.bit("rsp_valid_o"), self.bus("rsp_frame_o", "rsp_valid_o"),
                self.bit("quiet_o")]

    def heads(self):
        names = []
        for cycle in range(self.first, self.end):
            after = cycle - self.taken
            names.append("n" if after == 0 else f"n{after:+d}".replace("-", "\u2212"))
        return names

    def reads(self):
        """(cycle in which the request stands, cycle of the answer) of each entry that it read."""
        asked, told = self.of("mem_req_valid_o"), self.of("mem_rsp_valid_i")
        return list(zip([cycle for cycle, high in enumerate(asked) if high],
                        [cycle for cycle, high in enumerate(told) if high]))

    def spans(self):
        reads = self.reads()
        if len(reads) != len(LEVELS):
            raise ValueError(f"a walk of {len(reads)} reads; expected {len(LEVELS)}")
        return [(asked, told + 1, f"{LEVELS[3 - number]}, m = {told - asked}")
                for number, (asked, told) in enumerate(reads)]


def draw(program):
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(record(program, folder), SECOND)
    spans = walk.spans()
    return Diagram(walk.lanes(), walk.heads(), spans).svg()


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tablewalk")
    parser.add_argument("-o", "--output", default=PICTURE)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(words)
    try:
        svg = draw(options.tablewalk)
    except OSError as error:
        print(f"draw.py: {error}; expected the program tablewalk, and fst2vcd of the package gtkwave", file=sys.stderr)
        return 2
    except (subprocess.CalledProcessError, ValueError) as error:
        print(f"draw.py: {error}", file=sys.stderr)
        return 1
    if not options.check:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(svg)
        return 0
    with open(options.output, encoding="utf-8") as file:
        same = file.read() == svg
    if not same:
        print(f"draw.py: {options.output} is not what this draws; written anew by: python3 docs/waves/draw.py "
              "build/release/tablewalk", file=sys.stderr)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

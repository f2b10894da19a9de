"""The tests that mutants are run against: their build with the mutated hardware, and one run of them."""

import os
import subprocess
import sys
from dataclasses import dataclass

import one_run

# For the co-simulation: one slot without walk caches; four slots with caches of either kind and pages of 16 KiB.
COSIM_WALKERS = "slots=1 radix=5,5,5,5/12@4;slots=4 caches=1x16x4,2x4x0 radix=11,11,11/14@8"

# A mutant that takes so many times the processor time that the hardware itself takes has hung: that does not depend on
# what else the machine does. So has one that waits for ever.
PATIENCE = 5
LEAST_PATIENCE_SECONDS = 10
LONGEST_WAIT_SECONDS = 900


@dataclass(frozen=True)
class Killer:
    name: str
    program: str
    arguments: tuple = ()
    environment: tuple = ()
    files: tuple = ()  # those that it looks at; none: all


# A format's decoder is first tried alone, in that format.
FORMATS = {"radix_entry_decoder": "*radix:*Radix*", "x86_entry_decoder": "*x86*", "riscv_entry_decoder": "*sv*"}

# The quickest first.
KILLERS = [
    *(Killer("entry_decoder", "rtl_entry_decoder_test", (f"--gtest_filter={modes}",), files=(file,))
      for file, modes in FORMATS.items()),
    Killer("walk_parts", "rtl_walk_parts_test", files=("walk_begin", "walk_step")),
    Killer("walker", "rtl_walker_test"),
    Killer("walker", "rtl_walker_rest_test"),
    Killer("walker_pressure", "rtl_walker_pressure_test"),
    Killer("array", "rtl_array_test", files=("lru", "walk_cache")),
    Killer("walker_corners", "rtl_walker_corners_test"),
    Killer("walker_random", "rtl_walker_random_test"),
    Killer("entry_decoder", "rtl_entry_decoder_test",
           files=("tablewalk_pkg", "entry_decoder", "access_check", "entry_address")),
    Killer("cosim", "cosim_test", ("--gtest_filter=Cosim.TheWalkersDoTheSameInEveryCycle",),
           (("TABLEWALK_RUNS", "16"),)),
    Killer("cosim_quiet", "cosim_test", ("--gtest_filter=Cosim.NothingHappens*",)),
]


def build(root, folder, rtl, libraries, jobs):
    """Configures and builds the killers with the hardware in `rtl` and the libraries of a build of the repository. False
    if that fails, having shown why."""
    programs = list(dict.fromkeys(killer.program for killer in KILLERS))
    configure = ["cmake", "-S", root, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DTABLEWALK_TESTS=ON",
                 f"-DTABLEWALK_LIBRARIES={libraries}", "-DCMAKE_EXE_LINKER_FLAGS=-fno-lto",
                 # What takes long is to build the mutants, not to run them.
                 "-DCMAKE_CXX_FLAGS_RELEASE=-O1", "-DTABLEWALK_RTL_OPTIMISATION=-O1", "-DTABLEWALK_FOREIGN_WALKERS=",
                 f"-DTABLEWALK_RTL_FOLDER={rtl}", f"-DTABLEWALK_RTL_WALKERS={COSIM_WALKERS}"]
    for command in [configure, ["ninja", "-C", folder, "-j", str(jobs), *programs]]:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              check=False)
        if done.returncode != 0:
            print(done.stdout[-5000:], file=sys.stderr)
            return False
    return True


def run(killer, folder, mutant, patience, verbose=False):
    """Runs one killer, in processes of its own, none of which may take more than `patience` seconds of the processor.
    How it ended ('passed', 'failed', 'crashed' or 'hung'), and the seconds of the processor."""
    environment = dict(os.environ, TABLEWALK_MUTANT=str(mutant), **dict(killer.environment))
    environment["GTEST_FAIL_FAST"] = "1"
    command = ["prlimit", f"--cpu={patience}", os.path.join(folder, killer.program), *killer.arguments]
    return one_run.run(command, environment, LONGEST_WAIT_SECONDS, verbose)


def time_allowed(seconds):
    return round(max(LEAST_PATIENCE_SECONDS, PATIENCE * seconds))

"""The tests that mutants of the model are run against: their build with the mutated model, and runs of them.

A test is one case of a test program, or a script of tb/cli/. Before any mutant each is run alone without one: that it
passes, how long it takes, and the places of which mutants it reaches. A mutant is run against those only that reach it.
"""

import glob
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import model_mutants
import one_run

# A mutant that takes so many times the processor time that the test takes without has hung; so has one that waits.
PATIENCE = 5
LEAST_PATIENCE_SECONDS = 5
LONGEST_WAIT_SECONDS = 120
# A test that takes longer without a mutant is not run.
LONGEST_TEST_SECONDS = 10
MOST_MEMORY = 8 << 30
LARGEST_FILE = 1 << 30


@dataclass(frozen=True)
class Program:
    """`is_apart`: each case in a process of its own, as SystemC elaborates once in each."""
    name: str
    folder: str  # of the model; empty: whole machines
    is_apart: bool


@dataclass(frozen=True)
class Test:
    program: Program
    case: str


SYSTEM = Program("tablewalk_system_test", "", True)
FUZZ = Program("walk_cases_test", "", True)
# The walker in hardware, ours and broken ones of others.
HARDWARE = [Program("cosim_test", "walker", True), Program("broken_walkers_test", "walker", True)]
TOOL = Program("tablewalk", "", True)
# Scripts that run the program: more than a second each.
SCRIPTS = ["bad_input", "files", "images", "run", "walk"]


def programs(root, folders, parts):
    """Those that test these folders alone, and unless `parts` those that test whole machines."""
    found = []
    for kind, ending, is_apart in (("unit", "_test", False), ("module", "_module_test", True)):
        for folder in folders:
            if glob.glob(os.path.join(root, "tb", kind, folder, "*_test.cpp")):
                found.append(Program(folder + ending, folder, is_apart))
    found += [program for program in HARDWARE if program.folder in folders]
    return found if parts else [*found, SYSTEM, FUZZ, TOOL]


class Build:
    """A build of the mutated model in `folder`; the folders that are not `changed` come from the build `libraries`."""

    def __init__(self, root, folder, libraries, changed):
        self.root = root
        self.folder = folder
        self.copy = os.path.join(folder, "model")
        self.libraries = libraries
        self.changed = changed

    def make(self, mutants, chosen_programs, jobs):
        """The mutants that compile; what does not is left out. None if nothing helps."""
        model_mutants.write_copy(self.root, self.copy, mutants)
        if not self.configure():
            return None
        targets = [program.name for program in chosen_programs]
        for _ in range(20):
            done = subprocess.run(["ninja", "-C", self.folder, "-j", str(jobs), "-k", "0", *targets],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                  check=False)
            if done.returncode == 0:
                return mutants
            errors = [(os.path.join(self.folder, path), int(line))  # where the compiler names it from there on
                      for path, line in re.findall(r"^([^:\s]+):(\d+):\d+: error:", done.stdout, re.M)]
            errors = [(path, line) for path, line in errors if path.startswith(self.copy)]
            numbers = model_mutants.blamed(self.copy, errors)
            if not numbers:
                print(done.stdout[-5000:], file=sys.stderr)
                return None
            print(f"left out, as the compiler refuses them: {len(numbers)}", flush=True)
            mutants = [mutant for mutant in mutants if mutant.number not in numbers]
            model_mutants.write_copy(self.root, self.copy, mutants)
        return None

    def configure(self):
        command = ["cmake", "-S", self.root, "-B", self.folder, "-G", "Ninja", "-DTABLEWALK_TESTS=ON",
                   # A type of its own: no optimisation at link time, no warnings; it is built for a few runs.
                   "-DCMAKE_BUILD_TYPE=Mutation", "-DCMAKE_CXX_FLAGS=-O1 -w -DNDEBUG",
                   "-DCMAKE_EXE_LINKER_FLAGS=-fno-lto", f"-DTABLEWALK_LIBRARIES={self.libraries}",
                   f"-DTABLEWALK_MODEL_FOLDER={self.copy}", f"-DTABLEWALK_CHANGED_FOLDERS={';'.join(self.changed)}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout[-5000:], file=sys.stderr)
        return done.returncode == 0

    def cases(self, program):
        if program == TOOL:
            return [Test(program, script) for script in SCRIPTS]
        listed = subprocess.run([os.path.join(self.folder, program.name), "--gtest_list_tests"], stdout=subprocess.PIPE,
                                text=True, check=True)
        tests = []
        suite = ""
        for line in listed.stdout.splitlines():
            name = line.split("#")[0].rstrip()
            if line.startswith("  "):
                tests.append(Test(program, suite + name.strip()))
            elif name.endswith("."):
                suite = name
        return tests

    def command(self, program, tests):
        if program == TOOL:
            return [sys.executable, "-B", os.path.join(self.root, "tb", "cli", tests[0].case + "_test.py"),
                    os.path.join(self.folder, "tablewalk")]
        return [os.path.join(self.folder, program.name), "--gtest_filter=" + ":".join(test.case for test in tests)]

    def digest(self, program):
        with open(os.path.join(self.folder, program.name), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()


def run(command, mutant, seconds, reached=None, verbose=False):
    """How it ended ('passed', 'failed', 'crashed' or 'hung'), and the seconds of the processor."""
    environment = dict(os.environ, TABLEWALK_MUTANT=str(mutant), GTEST_FAIL_FAST="1", GTEST_BRIEF="1")
    if reached is not None:
        environment["TABLEWALK_REACHED"] = reached
    with tempfile.TemporaryDirectory(prefix="mutant-") as place:
        environment["TMPDIR"] = place
        limits = ["prlimit", f"--cpu={max(1, round(seconds))}", f"--data={MOST_MEMORY}", f"--fsize={LARGEST_FILE}",
                  "--core=0"]
        return one_run.run(limits + command, environment, LONGEST_WAIT_SECONDS, verbose, place)


def name(batch):
    """Of tests that run in one process."""
    program = batch[0].program
    return f"{program.name}:{batch[0].case}" if program.is_apart else program.name


class Reach:
    """Which tests there are, how long each takes without a mutant, and the places of which mutants it reaches."""

    def __init__(self, build):
        self.build = build
        self.store = os.path.join(build.folder, "reached")
        self.seconds = {}
        self.reaching = {}  # the number of a mutant -> tests
        self.too_long = []
        self.failing = []

    def measure(self, chosen_programs, pool):
        os.makedirs(self.store, exist_ok=True)
        for program in chosen_programs:
            began = time.monotonic()
            base = self.build.digest(program)
            tests = self.build.cases(program)
            for test, found in zip(tests, pool.map(lambda test: self.measured(base, test), tests)):
                self.take(test, *found)
            print(f"without a mutant: {program.name}, {len(tests)} tests, {time.monotonic() - began:.0f} s", flush=True)

    def measured(self, base, test):
        """The ending, seconds and bytes of a run without a mutant, or of one that was made before."""
        key = hashlib.sha256(f"{base} {test.case}".encode()).hexdigest()
        path = os.path.join(self.store, key[:32])
        if not os.path.exists(path):
            with open(path + ".new", "wb") as file:
                file.truncate(model_mutants.MOST_NUMBERS)
            ending, seconds = run(self.build.command(test.program, [test]), 0, LONGEST_TEST_SECONDS, path + ".new")
            with open(path + ".new", "rb") as file:
                numbers = [found.start() for found in re.finditer(b"\x01", file.read())]
            with open(path + ".new", "w", encoding="utf-8") as file:
                file.write(f"{ending} {seconds} {' '.join(map(str, numbers))}\n")
            os.replace(path + ".new", path)
        ending, seconds, *numbers = model_mutants.read(path).split()
        return ending, float(seconds), [int(number) for number in numbers]

    def take(self, test, ending, seconds, numbers):
        if ending == "hung":
            self.too_long.append(test)
        elif ending != "passed":
            self.failing.append(test)
        else:
            self.seconds[test] = seconds
            for number in numbers:
                self.reaching.setdefault(number, []).append(test)

    def batches(self, mutant, killed, budget):
        """The tests that reach the mutant, in processes: those of its own folder first, then those that have killed
        most for the time they take, as long as all together take no more than `budget` seconds."""
        tests = self.reaching.get(mutant.number, [])
        together = {}
        for test in tests:
            if not test.program.is_apart:
                together.setdefault(test.program, []).append(test)
        batches = list(together.values()) + [[test] for test in tests if test.program.is_apart]
        split = []
        for batch in batches:  # the quick ones of a program first
            quick = [test for test in batch if self.seconds[test] <= 0.2]
            split += [part for part in (quick, *([test] for test in batch if self.seconds[test] > 0.2)) if part]

        def rank(batch):
            seconds = sum(self.seconds[test] for test in batch) + 0.02
            kills = killed.get((mutant.file, name(batch)), 0)
            return (batch[0].program.folder != mutant.folder, seconds / (1 + 5 * kills))

        left = budget
        for batch in sorted(split, key=rank):
            seconds = sum(self.seconds[test] for test in batch)
            if seconds <= left:
                left -= seconds
                yield batch, max(LEAST_PATIENCE_SECONDS, PATIENCE * seconds)

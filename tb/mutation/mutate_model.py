"""Changes the C++ of model/ in one small place at a time, and asks whether any test notices.

    python3 tb/mutation/mutate_model.py [--folder F]... [--mutants N] [--seed S] [--own [--machines] | --parts] [--jobs J]
                                        [--budget SECONDS] [--build FOLDER] [-o REPORT]
    python3 tb/mutation/mutate_model.py --mutant K       one mutant, with all that the tests say
    python3 tb/mutation/mutate_model.py --list           all of them

Ends with status 1 if a mutant survives that equivalent_model.txt does not know. README.md in this folder says more.
"""

import argparse
import collections
import concurrent.futures
import glob
import hashlib
import os
import sys
import threading
import time

import cpp
import equivalents
import model_killers
import model_mutants

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EQUIVALENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "equivalent_model.txt")


def fail(text):
    print(f"mutate_model.py: {text}", file=sys.stderr)
    return 2


class Memory:
    """What became of mutants before. One that was killed is not run again while its file is the same; one that survived,
    while all tests and the programs that are run are the same too."""

    def __init__(self, path, root, programs):
        self.path = path
        self.root = root
        tests = sorted(path for ending in ("cpp", "h", "py") for path in glob.glob(os.path.join(root, "tb", f"*/*.{ending}"))
                       + glob.glob(os.path.join(root, "tb", f"*/*/*.{ending}"))
                       if not path.startswith(os.path.join(root, "tb", "mutation")))
        texts = [*map(model_mutants.read, tests), *(program.name for program in programs)]
        self.tests = hashlib.sha256("".join(texts).encode()).hexdigest()[:16]
        self.files = {}
        self.judged = {}
        self.lock = threading.Lock()
        if os.path.exists(path):
            for line in model_mutants.read(path).splitlines():
                key, head, killer, ending = line.split("\t")
                self.judged[key, head] = (killer, ending)

    def head(self, mutant, survives):
        if mutant.file not in self.files:
            text = model_mutants.read(os.path.join(self.root, "model", mutant.file))
            self.files[mutant.file] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self.files[mutant.file] + (self.tests if survives else "")

    def get(self, mutant):
        for survives in (False, True):
            found = self.judged.get((mutant.key, self.head(mutant, survives)))
            if found is not None:
                return found
        return None

    def add(self, mutant, judgement):
        head = self.head(mutant, judgement[1] in ("survived", "unreached"))
        with self.lock:
            self.judged[mutant.key, head] = judgement
            with open(self.path, "a", encoding="utf-8") as file:
                file.write("\t".join((mutant.key, head, *judgement)) + "\n")


class Campaign:
    def __init__(self, build, reach, memory, budget):
        self.build = build
        self.reach = reach
        self.memory = memory
        self.budget = budget
        self.killed = collections.Counter()  # (file, test) -> mutants

    def judge(self, mutant, verbose=False):
        """What killed the mutant and how it ended; or that it survived, or that no test reaches it."""
        if mutant.number not in self.reach.reaching:
            return "-", "unreached"
        for batch, seconds in self.reach.batches(mutant, self.killed, self.budget):
            command = self.build.command(batch[0].program, batch)
            ending, _ = model_killers.run(command, mutant.number, seconds, verbose=verbose)
            name = model_killers.name(batch)
            if verbose:
                print(f"== {name}, {len(batch)} tests: {ending}", flush=True)
            if ending != "passed":
                self.killed[mutant.file, name] += 1
                return name, ending
        return "-", "survived"

    def run(self, chosen, jobs, known):
        results = {mutant: self.memory.get(mutant) for mutant in chosen}
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            running = {pool.submit(self.judge, mutant): mutant for mutant in chosen if results[mutant] is None}
            for count, future in enumerate(concurrent.futures.as_completed(running), 1):
                mutant = running[future]
                results[mutant] = future.result()
                self.memory.add(mutant, results[mutant])
                if results[mutant][0] == "-" and mutant.name not in known:
                    print(f"{results[mutant][1]}: {mutant.key} line {mutant.line}: {mutant.name}", flush=True)
                if sys.stderr.isatty():
                    left = (len(running) - count) * (time.monotonic() - began) / count
                    print(f"\r{count} of {len(running)}, {left:.0f} s left ", end="", file=sys.stderr)
        return results


def report(results, known, refused, seed):
    """The report as text, and the mutants that survive for no known reason."""
    counts = collections.defaultdict(collections.Counter)
    unexplained = []
    for mutant, (killer, ending) in results.items():
        end = "killed"
        if killer == "-":
            end = "equivalent" if mutant.name in known else ending
            if end != "equivalent":
                unexplained.append((ending, mutant))
        for row in (mutant.folder, "all"):
            counts[row][end] += 1
            counts[row]["own"] += killer.startswith((mutant.folder + "_test", mutant.folder + "_module_test"))
    lines = [f"Seed {seed}. Left out, as the compiler refuses them: {refused}.", "",
             "| folder | mutants | killed | by its own tests | equivalent | survived | reached by no test | score |",
             "|---|" + "---:|" * 7]
    for row in [*sorted(row for row in counts if row != "all"), "all"]:
        count = counts[row]
        lived = count["survived"] + count["unreached"]
        judged = count["killed"] + lived
        score = f"{100 * count['killed'] / judged:.1f} %" if judged else "-"
        cells = [row, judged + count["equivalent"], count["killed"], count["own"], count["equivalent"],
                 count["survived"], count["unreached"], score]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    endings = collections.Counter(ending for killer, ending in results.values() if killer != "-")
    lines += ["", ", ".join(f"{count} {end}" for end, count in endings.most_common()) + "."]
    for ending, mutant in sorted(unexplained, key=lambda pair: pair[1].number):
        lines.append(f"{ending}: {mutant.key} line {mutant.line}: {mutant.name}")
    return "\n".join(lines) + "\n", unexplained


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"mutate_model.py: {message}\n")


def at_least_one(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}': expected a number, at least 1")
    return int(text)


def parse(arguments):
    parser = Parser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--folder", action="append", metavar="F", help="of this folder of model/ (all); may be repeated")
    parser.add_argument("--mutants", type=at_least_one, metavar="N", help="so many of each folder (all)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--mutant", metavar="K", help="this one alone, with all that the tests say")
    parser.add_argument("--own", action="store_true", help="only unit and module tests of the folders: what else there is "
                                                           "is not built")
    parser.add_argument("--machines", action="store_true", help="with --own: whole machines too, made of these folders and "
                                                                "of the others as they are in the build of --libraries")
    parser.add_argument("--parts", action="store_true", help="only unit and module tests, of all folders: no whole machine")
    parser.add_argument("--list", action="store_true", help="print all mutants and end")
    parser.add_argument("--afresh", action="store_true", help="run those again that were judged before")
    parser.add_argument("--jobs", type=at_least_one, default=1, help="processes (1)")
    parser.add_argument("--budget", type=at_least_one, default=60, metavar="SECONDS",
                        help="tests of one mutant take no longer, where they pass (60)")
    parser.add_argument("--libraries", default=os.path.join(ROOT, "build", "release"), metavar="FOLDER",
                        help="a build of the repository (build/release)")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "mutation-model"), metavar="FOLDER",
                        help="what is built goes there (build/mutation-model)")
    parser.add_argument("-o", metavar="REPORT", dest="report", help="the report into this file too")
    return parser.parse_args(arguments)


def choose(everything, arguments):
    chosen = [mutant for mutant in everything if mutant.key == arguments.mutant]
    if arguments.mutant is not None and (arguments.mutants is None or not chosen):
        return chosen
    for folder in arguments.folder:  # with a sample, one mutant is run from the build that has all of the sample
        of_folder = [mutant for mutant in everything if mutant.folder == folder]
        chosen += [mutant for mutant in model_mutants.shuffled(of_folder, arguments.seed)[:arguments.mutants]
                   if mutant.key != arguments.mutant]
    # Of each folder some, whenever the campaign is broken off.
    return model_mutants.shuffled(chosen, arguments.seed)


def judge_all(arguments, chosen, changed):
    """Builds the model with its mutants and runs the tests against those that are chosen; the status to end with."""
    folder = os.path.abspath(arguments.build)
    programs = model_killers.programs(ROOT, changed,
                                      arguments.parts or (arguments.own and not arguments.machines))
    build = model_killers.Build(ROOT, folder, os.path.abspath(arguments.libraries), changed)
    compiled = build.make(chosen, programs, arguments.jobs)
    if compiled is None:
        return fail("the mutated model does not build")
    numbers = {mutant.number for mutant in compiled}
    refused = sum(mutant.number not in numbers for mutant in chosen)
    chosen = [mutant for mutant in chosen if mutant.number in numbers]
    reach = model_killers.Reach(build)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        reach.measure(programs, pool)
    for test in reach.failing:
        print(f"fails without a mutant, and is not run: {test.program.name} {test.case}")
    print(f"tests that take too long, and are not run: {len(reach.too_long)}")
    known = equivalents.known(EQUIVALENT)
    memory_file = os.path.join(folder, "judged.txt")
    if arguments.afresh and os.path.exists(memory_file):
        os.remove(memory_file)
    campaign = Campaign(build, reach, Memory(memory_file, ROOT, programs), arguments.budget)
    if arguments.mutant is not None:
        wanted = [mutant for mutant in chosen if mutant.key == arguments.mutant]
        print(wanted[0].name if wanted else "the compiler refuses it")
        print(": ".join(campaign.judge(wanted[0], True)) if wanted else "")
        return 0
    text, unexplained = report(campaign.run(chosen, arguments.jobs, known), known, refused, arguments.seed)
    print(text, end="")
    if arguments.report:
        with open(arguments.report, "w", encoding="utf-8") as file:
            file.write(text)
    return 1 if unexplained or reach.failing else 0


def main(arguments):
    arguments = parse(arguments)
    if cpp.cindex is None:
        return fail("Python finds no module clang.cindex; expected Debian's package python3-clang-14")
    folders = model_mutants.folders(ROOT)
    arguments.folder = arguments.folder or folders
    for folder in arguments.folder:
        if folder not in folders:
            return fail(f"--folder {folder}: expected one of {', '.join(folders)}")
    libraries = os.path.abspath(arguments.libraries)
    if not os.path.exists(os.path.join(libraries, "libtablewalk_observe.a")):
        return fail(f"--libraries {arguments.libraries}: no libtablewalk_observe.a in it; expected a build of the "
                    "repository, as by cmake --preset release && ninja -C build/release")
    changed = arguments.folder if arguments.own else folders
    everything = model_mutants.all_mutants(ROOT, arguments.folder, os.path.join(arguments.build, "sites"), arguments.jobs)
    if arguments.list:
        for mutant in everything:
            print(f"{mutant.key} line {mutant.line}: {mutant.name}")
        return 0
    chosen = choose(everything, arguments)
    if not chosen:
        return fail(f"--mutant {arguments.mutant}: no such mutant; expected one that --list prints")
    return judge_all(arguments, chosen, changed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

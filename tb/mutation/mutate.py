"""Changes the hardware of rtl/ in one small place at a time, and asks whether any test notices.

    python3 tb/mutation/mutate.py [--mutants N] [--seed S] [--only FILE] [--changed-since COMMIT] [--jobs J]
                                  [--build FOLDER] [-o REPORT]
    python3 tb/mutation/mutate.py --mutant K         one mutant, with all that the tests say
    python3 tb/mutation/mutate.py --list             all of them, by number
    python3 tb/mutation/mutate.py --prove            proves again what equivalent.txt says is proved
    python3 tb/mutation/mutate.py --prove --mutant K tries to prove it of this one

Ends with status 1 if a mutant survives that equivalent.txt does not know. README.md in this folder says more.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys
import time

import equivalents
import killers
import mutants
import prove

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def fail(text):
    print(f"mutate.py: {text}", file=sys.stderr)
    return 2


def kill(mutant, folder, patience, verbose=False):
    """The name of the killer and how it ended; None if the mutant survives."""
    for killer in killers.KILLERS:
        if killer.files and mutant.file not in killer.files:
            continue
        ending, _ = killers.run(killer, folder, mutant.number, patience[killer], verbose)
        if verbose:
            print(f"== {killer.name}: {ending}", flush=True)
        if ending != "passed":
            return killer.name, ending
    return None


def healthy(folder, chosen):
    """What each killer of these mutants may take, from runs with no mutant; None if one does not pass."""
    patience = {}
    files = {mutant.file for mutant in chosen}
    for killer in killers.KILLERS:
        if killer.files and not files.intersection(killer.files):
            continue
        ending, seconds = killers.run(killer, folder, 0, 3600)
        print(f"without a mutant: {killer.name} {ending} in {seconds:.1f} s", flush=True)
        if ending != "passed":
            return None
        patience[killer] = killers.time_allowed(seconds)
    return patience


class Memory:
    """Which mutants of these sources have been killed or proved equivalent before: a campaign that was broken off goes on
    where it was, and after a new test only those are run again that had survived."""

    def __init__(self, path, sources):
        self.path = path
        self.head = hashlib.sha256(repr(sorted(sources.items())).encode()).hexdigest() + "\n"
        self.judged = {}
        lines = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines = file.readlines()
        if lines[:1] != [self.head]:
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.head)
            return
        for line in lines[1:]:
            number, killer, ending = line.split()
            self.judged[int(number)] = (killer, ending)

    def add(self, mutant, judgement):
        self.judged[mutant.number] = judgement
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(f"{mutant.number} {judgement[0]} {judgement[1]}\n")


def prove_again(chosen, known, sources, memory):
    """Those that are known to be proved are, now too; what is not is run like any other."""
    chosen = [mutant for mutant in chosen
              if mutant.number not in memory.judged and known.get(mutant.name, "").startswith("Proved")]
    for mutant, answer in prove.prove(chosen, sources).items():
        if answer == "equivalent":
            memory.add(mutant, ("equivalent", "proved"))


def kill_all(chosen, folder, patience, jobs, memory):
    results = {mutant: memory.judged[mutant.number] for mutant in chosen if mutant.number in memory.judged}
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(kill, mutant, folder, patience): mutant for mutant in chosen if mutant not in results}
        for count, future in enumerate(concurrent.futures.as_completed(running), 1):
            mutant = running[future]
            results[mutant] = future.result()
            if results[mutant] is None:
                print(f"survives: {mutant.number} {mutant.file}.sv:{mutant.line}: {mutant.words}", flush=True)
            else:
                memory.add(mutant, results[mutant])
            if sys.stderr.isatty():
                left = (len(running) - count) * (time.monotonic() - began) / count
                print(f"\r{count} of {len(running)}, {left:.0f} s left ", end="", file=sys.stderr)
    return results


def changed_lines(since):
    """The lines of rtl/, by file without its ending, that are not as they were in that commit; None if git knows none."""
    done = subprocess.run(["git", "-C", ROOT, "diff", "-U0", since, "--", "rtl/"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    if done.returncode != 0:
        return None
    changed = collections.defaultdict(set)
    for line in done.stdout.splitlines():
        hunk = re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line)
        if line.startswith("+++ "):
            file = os.path.splitext(os.path.basename(line))[0]
        elif hunk:
            first = int(hunk.group(1))
            changed[file].update(range(first, first + int(hunk.group(2) or 1)))
    return changed


def commit():
    said = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    return said.stdout.strip() or "unknown"


def report(results, known, arguments):
    """The report as text, and the mutants that survive for no known reason."""
    counts = collections.defaultdict(collections.Counter)
    unexplained = []
    equivalent = []
    for mutant, killed in sorted(results.items(), key=lambda pair: pair[0].number):
        if killed is not None and killed[0] != "equivalent":
            end = killed[0]
        elif mutant.name in known:
            end = "equivalent"
            equivalent.append(mutant)
        else:
            end = "survived"
            unexplained.append(mutant)
        counts[mutant.file + ".sv"][end] += 1
        counts["all"][end] += 1
    names = list(dict.fromkeys(killer.name for killer in killers.KILLERS))
    lines = [f"Commit {commit()}, mutants {len(results)}, seed {arguments.seed}.", "",
             "| file | mutants | " + " | ".join(names) + " | equivalent | survived | score |",
             "|---|" + "---:|" * (len(names) + 4)]
    for file, count in counts.items():
        total = sum(count.values())
        judged = total - count["equivalent"]
        score = f"{100 * (judged - count['survived']) / judged:.1f} %" if judged else "-"
        cells = [file, total, *(count[name] for name in names), count["equivalent"], count["survived"], score]
        if file != "all":
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        else:
            last = "| " + " | ".join(map(str, cells)) + " |"
    lines.append(last)
    endings = collections.Counter(judged[1] for judged in results.values() if judged is not None)
    lines += ["", ", ".join(f"{count} {end}" for end, count in endings.most_common()) + "."]
    for mutant in unexplained:
        lines.append(f"survived: {mutant.number}, line {mutant.line}: {mutant.name}")
    for mutant in equivalent:
        lines.append(f"equivalent: {mutant.number}, line {mutant.line}: {mutant.name} ({known[mutant.name]})")
    return "\n".join(lines) + "\n", unexplained


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mutants", type=int, default=1 << 30, help="so many, of each file its share (all of them)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--only", metavar="FILE", help="of this file of rtl/")
    parser.add_argument("--changed-since", metavar="COMMIT", help="of the lines of rtl/ that changed since that commit")
    parser.add_argument("--mutant", type=int, metavar="K", help="this one alone, with all that the tests say")
    parser.add_argument("--prove", action="store_true", help="prove what is equivalent, and end")
    parser.add_argument("--list", action="store_true", help="print all mutants and end")
    parser.add_argument("--afresh", action="store_true", help="run those again that were killed before")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    parser.add_argument("--libraries", default=os.path.join(ROOT, "build", "release"), metavar="FOLDER",
                        help="a build of the repository (build/release)")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "mutation"), metavar="FOLDER",
                        help="what is built goes there (build/mutation)")
    parser.add_argument("-o", metavar="REPORT", dest="report", help="the report into this file too")
    return parser.parse_args(arguments)


def choose(everything, arguments, changed):
    """`changed`: lines by file, as changed_lines() has them; None: all."""
    if arguments.mutant is not None:
        return [mutant for mutant in everything if mutant.number == arguments.mutant]
    if arguments.only is not None:
        wanted = os.path.splitext(os.path.basename(arguments.only))[0]
        everything = [mutant for mutant in everything if mutant.file == wanted]
    if changed is not None:
        everything = [mutant for mutant in everything if mutant.line in changed.get(mutant.file, ())]
    return mutants.sample(everything, arguments.mutants, arguments.seed)


def prove_equivalence(chosen, sources):
    """Prints an answer for each. True if all are equivalent."""
    answers = prove.prove(chosen, sources)
    for mutant, answer in answers.items():
        print(f"{answer}: {mutant.number}, line {mutant.line}: {mutant.name}")
    proved = sum(answer == "equivalent" for answer in answers.values())
    print(f"{proved} of {len(chosen)} are equivalent")
    return proved == len(chosen)


def main(arguments):
    arguments = parse(arguments)
    sources = mutants.read_sources(ROOT)
    everything = mutants.all_mutants(sources)
    if arguments.list:
        for mutant in everything:
            print(f"{mutant.number} line {mutant.line}: {mutant.name}")
        return 0
    changed = None
    if arguments.changed_since is not None:
        changed = changed_lines(arguments.changed_since)
        if changed is None:
            return fail(f"--changed-since {arguments.changed_since}: expected a commit of this repository")
    chosen = mutants.shuffled(choose(everything, arguments, changed), arguments.seed)
    if not chosen:
        return fail(f"no such mutant; expected 1 to {len(everything)} and one of the files "
                    f"{', '.join(name + '.sv' for name in mutants.FILES)}")
    if arguments.prove:
        if arguments.mutant is None:
            known = equivalents.known()
            chosen = [mutant for mutant in chosen if known.get(mutant.name, "").startswith("Proved")]
        return 0 if prove_equivalence(chosen, sources) else 1
    libraries = os.path.abspath(arguments.libraries)
    if not os.path.exists(os.path.join(libraries, "libtablewalk_observe.a")):
        return fail(f"{arguments.libraries} has no libtablewalk_observe.a; expected a build of the repository, as by "
                    "cmake --preset release && ninja -C build/release")
    folder = os.path.abspath(arguments.build)
    rtl = os.path.join(folder, "rtl")
    mutants.write_sources(ROOT, rtl, sources, chosen)
    if not killers.build(ROOT, folder, rtl, libraries, arguments.jobs):
        return fail("the mutated hardware does not build")
    patience = healthy(folder, chosen)
    if patience is None:
        return fail("a test fails without any mutant")
    if arguments.mutant is not None:
        print(chosen[0].name)
        print("survives" if kill(chosen[0], folder, patience, True) is None else "killed")
        return 0
    known = equivalents.known()
    memory_file = os.path.join(folder, "judged.txt")
    if arguments.afresh and os.path.exists(memory_file):
        os.remove(memory_file)
    memory = Memory(memory_file, sources)
    prove_again(chosen, known, sources, memory)
    results = kill_all(chosen, folder, patience, arguments.jobs, memory)
    text, unexplained = report(results, known, arguments)
    print(text, end="")
    if arguments.report:
        with open(arguments.report, "w", encoding="utf-8") as file:
            file.write(text)
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

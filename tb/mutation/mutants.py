"""The mutants of rtl/: one small change of one place each; and the hardware with many of them in it.

A mutant is chosen when a simulation starts, by the environment variable TABLEWALK_MUTANT: hardware that holds a thousand
mutants is made into C++ once. Where `a + b` stood, `(tablewalk_pkg::mutant == 17 ? a - b : a + b)` stands.
"""

import glob
import hashlib
import os
from dataclasses import dataclass

import verilog

# What the walker is made of; the TLBs and the MMU are not.
FILES = ["tablewalk_pkg", "radix_entry_decoder", "riscv_entry_decoder", "x86_entry_decoder", "entry_decoder",
         "access_check", "entry_address", "walk_begin", "walk_step", "lru", "walk_cache", "walk_lookup", "age_arbiter",
         "walk_order", "walk_states", "invalidation_check", "walk_store", "access_tags", "memory_port", "response_port",
         "request_list", "walker_events", "walker"]

CHOSEN_AT_RUN_TIME = ('  int unsigned mutant = $c32("std::getenv(\\"TABLEWALK_MUTANT\\") == nullptr ? 0 : '
                      'std::atoi(std::getenv(\\"TABLEWALK_MUTANT\\"))");')


@dataclass(frozen=True)
class Mutant:
    number: int
    file: str
    line: int
    source: str  # the line of it
    words: str  # what is changed
    occurrence: int  # among those of the same words on such a line, from 1
    start: int
    end: int
    text: str  # what stands there instead
    is_statement: bool

    @property
    def name(self):
        """Does not change when other lines do."""
        again = f" #{self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.file}.sv: {self.source}: {self.words}{again}"


def flat(text):
    return " ".join(text.split())


def read_sources(root):
    sources = {}
    for name in FILES:
        with open(os.path.join(root, "rtl", name + ".sv"), encoding="utf-8") as file:
            sources[name] = file.read()
    return sources


def all_mutants(sources):
    mutants = []
    for name in FILES:
        text = sources[name]
        lines = text.splitlines()
        seen = {}
        for site in verilog.Parser(text, f"rtl/{name}.sv", verilog.Names(sources["tablewalk_pkg"])).file():
            line = text.count("\n", 0, site.start)
            for change, words in site.changes.items():
                key = (lines[line].strip(), flat(words))
                seen[key] = seen.get(key, 0) + 1
                mutants.append(Mutant(len(mutants) + 1, name, line + 1, key[0], key[1], seen[key], site.start, site.end,
                                      change, site.is_statement))
    return mutants


def shuffled(mutants, seed):
    """In an order that depends on what they are, not on their places."""
    return sorted(mutants, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.name}".encode()).digest())


def sample(mutants, count, seed):
    """So many of each file as is its share, at least one."""
    if count >= len(mutants):
        return mutants
    chosen = []
    for name in FILES:
        of_file = shuffled([mutant for mutant in mutants if mutant.file == name], seed)
        chosen += of_file[:max(1, round(count * len(of_file) / len(mutants)))] if of_file else []
    return chosen


def changed(text, mutant):
    """The text of its file with that mutant alone, and for good."""
    return text[:mutant.start] + ("" if mutant.is_statement else f"({mutant.text})") + text[mutant.end:]


def with_all(text, mutants):
    """The text of a file with these mutants in it, to be chosen from at run time. Places may lie within one another: each
    change is of the original text, for only one is ever chosen."""
    places = {}
    for mutant in mutants:
        places.setdefault((mutant.start, mutant.end, mutant.is_statement), []).append(mutant)
    ordered = sorted(places, key=lambda place: (place[0], -place[1], not place[2]))

    def written(start, end, first):
        """The text from start to end, places from `first` on written out; and the first place that was not."""
        result = []
        while first < len(ordered) and ordered[first][0] < end:
            place = ordered[first]
            result.append(text[start:place[0]])
            inside, first = written(place[0], place[1], first + 1)
            start = place[1]
            for mutant in places[place]:
                chosen = f"tablewalk_pkg::mutant == {mutant.number}"
                inside = f"begin if (!({chosen})) {inside} end" if place[2] else f"({chosen} ? ({mutant.text}) : {inside})"
            result.append(inside)
        result.append(text[start:end])
        return "".join(result), first

    return written(0, len(text), 0)[0]


def write_sources(root, folder, sources, mutants):
    """Into `folder` what is in rtl/, with these mutants."""
    os.makedirs(folder, exist_ok=True)
    texts = {}
    for path in glob.glob(os.path.join(root, "rtl", "*.sv*")):
        with open(path, encoding="utf-8") as file:
            texts[os.path.basename(path)] = file.read()
    for name, text in sources.items():
        texts[name + ".sv"] = with_all(text, [mutant for mutant in mutants if mutant.file == name])
    head = "package tablewalk_pkg;\n"
    texts["tablewalk_pkg.sv"] = texts["tablewalk_pkg.sv"].replace(head, head + CHOSEN_AT_RUN_TIME + "\n")
    # Mutants are no good style.
    texts["lint.vlt"] = '`verilator_config\nlint_off -file "*"\nlint_off -rule ENUMVALUE -file "*"\n'
    for name, text in texts.items():
        path = os.path.join(folder, name)
        # What is as it was is not built again.
        if os.path.exists(path) and open(path, encoding="utf-8").read() == text:
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

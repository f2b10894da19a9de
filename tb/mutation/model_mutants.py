"""The mutants of model/: one small change of one place each; and a copy of model/ with many of them in it.

A mutant is chosen when a program starts, by the environment variable TABLEWALK_MUTANT: a copy that holds thousands of
mutants is compiled once. Where `a + b` stood, `(on(17) ? (a - b) : a + b)` stands, where `f();` stood,
`{ if (!on(17)) f(); }`.
"""

import glob
import hashlib
import json
import multiprocessing
import os
import re
from dataclasses import dataclass

import cpp

ON = "tablewalk_mutation::on"
MOST_NUMBERS = 1 << 20
HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass(frozen=True)
class Mutant:
    number: int
    folder: str
    file: str  # from model/ on
    line: int
    name: str  # does not change when other lines do
    start: int
    end: int
    kind: str
    text: str  # what stands there instead

    @property
    def key(self):
        return hashlib.sha256(self.name.encode()).hexdigest()[:8]


def folders(root):
    """Those of model/ that have sources."""
    found = {os.path.basename(os.path.dirname(path)) for path in glob.glob(os.path.join(root, "model", "*", "*.*"))}
    return sorted(found)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def files(root, chosen):
    """Of these folders, by their paths from model/ on."""
    found = []
    for folder in chosen:
        for path in sorted(glob.glob(os.path.join(root, "model", folder, "*.*"))):
            if path.endswith((".cpp", ".h")):
                found.append(f"{folder}/{os.path.basename(path)}")
    return found


def find_sites(job):
    root, file = job
    model = os.path.join(root, "model")
    try:
        sites = cpp.sites(os.path.join(model, file), model, ["-I" + model, '-DTABLEWALK_VERSION=""'])
    except ValueError as error:
        if not (file.endswith(".h") and "file not found" in str(error)):
            raise
        sites = []  # it includes what is generated for one file that includes it
    return [(site.start, site.end, site.kind, site.function, list(site.changes.items())) for site in sites]


def included(root, name, found):
    """Adds to `found` the names of the file and of what it includes of model/."""
    path = os.path.join(root, "model", name)
    if name in found or not os.path.exists(path):  # others include what is generated
        return
    found.add(name)
    for inner in re.findall(r'^#include "([^"]+)"', read(path), re.M):
        included(root, inner, found)


def key_of_sites(root, name):
    """Changes when the sites of a file may be others."""
    names = set()
    included(root, name, names)
    texts = [name, read(cpp.__file__), *(read(os.path.join(root, "model", one)) for one in sorted(names))]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]


def all_sites(root, names, store, jobs):
    """The sites of each file; those of files that are as they were are remembered in the folder `store`."""
    os.makedirs(store, exist_ok=True)
    found = {}
    missing = []
    for name in names:
        path = os.path.join(store, key_of_sites(root, name) + ".json")
        if os.path.exists(path):
            found[name] = json.loads(read(path))
        else:
            missing.append((name, path))
    with multiprocessing.Pool(jobs) as pool:
        work = [(root, name) for name, _ in missing]
        for (name, path), sites in zip(missing, pool.imap(find_sites, work)):
            found[name] = json.loads(json.dumps(sites))
            with open(path + ".new", "w", encoding="utf-8") as file:
                json.dump(sites, file)
            os.replace(path + ".new", path)
    return {name: found[name] for name in names}


def all_mutants(root, chosen_folders, store, jobs):
    """A mutant's number follows from its name, so that what is compiled stays as it is when other files change."""
    mutants = []
    numbers = set()
    for file, sites in all_sites(root, files(root, chosen_folders), store, jobs).items():
        text = latin(read(os.path.join(root, "model", file)))
        lines = text.splitlines()
        seen = {}
        for start, end, kind, function, changes in sites:
            number = text.count("\n", 0, start)
            for change, words in changes:
                source = re.sub(r"\s*//[^\"]*$", "", lines[number].strip())
                name = f"{file}: {function}: {source}: {words}"
                seen[name] = seen.get(name, 0) + 1
                if seen[name] > 1:
                    name += f" #{seen[name]}"
                own = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % MOST_NUMBERS
                while own in numbers or own == 0:
                    own = (own + 1) % MOST_NUMBERS
                numbers.add(own)
                mutants.append(Mutant(own, file.split("/", 1)[0], file, number + 1, name, start, end, kind, change))
    return mutants


def shuffled(mutants, seed):
    """In an order that depends on what they are, not on their places."""
    return sorted(mutants, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.name}".encode()).digest())


def latin(text):
    """With a character for each byte."""
    return text.encode().decode("latin-1")


def one_line(text):
    """So that an error of the compiler tells the mutant by the line. Spaces may be those of a text."""
    return text if "//" in text else re.sub(r"\s*\n\s*", " ", text)


def written_site(site, inside, alternatives):
    """`site`: start, end and kind."""
    if site[2] == "statement":
        return f"{{\nif (!{ON}({alternatives[0].number}))\n{inside} }}"
    if site[2] == "condition":
        inside = f"static_cast<bool>({inside})"
    for mutant in alternatives:
        inside = f"(\n{ON}({mutant.number}) ? ({one_line(mutant.text)}) :\n{inside})"
    return inside


def with_all(text, mutants):
    """The text of a file with these mutants in it. Places may lie within one another: each change is of the original
    text, for only one is ever chosen."""
    text = latin(text)
    sites = {}
    for mutant in mutants:
        sites.setdefault((mutant.start, mutant.end, mutant.kind), []).append(mutant)
    order = {"statement": 0, "condition": 1, "expression": 2}
    ordered = sorted(sites, key=lambda site: (site[0], -site[1], order[site[2]]))

    def written(start, end, first):
        """The text from start to end, sites from `first` on written out; and the first site that was not."""
        result = []
        while first < len(ordered) and ordered[first][0] < end:
            site = ordered[first]
            result.append(text[start:site[0]])
            inside, first = written(site[0], site[1], first + 1)
            start = site[1]
            result.append(written_site(site, inside, sites[site]))
        result.append(text[start:end])
        return "".join(result), first

    changed = written(0, len(text), 0)[0].encode("latin-1").decode()
    return '#include "mutation/mutant.h"\n' + changed


def write_if_changed(path, text):
    """What is as it was is not built again."""
    if os.path.exists(path) and read(path) == text:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_copy(root, copy, mutants):
    """Into the folder `copy` what is in model/, with these mutants."""
    of_file = {}
    for mutant in mutants:
        of_file.setdefault(mutant.file, []).append(mutant)
    names = files(root, folders(root))
    for name in names:
        text = read(os.path.join(root, "model", name))
        write_if_changed(os.path.join(copy, name), with_all(text, of_file[name]) if name in of_file else text)
    write_if_changed(os.path.join(copy, "mutation", "mutant.h"), read(os.path.join(HERE, "mutant.h")))
    for folder in os.listdir(copy):
        for name in os.listdir(os.path.join(copy, folder)):
            if folder != "mutation" and f"{folder}/{name}" not in names:
                os.remove(os.path.join(copy, folder, name))


def blamed(copy, errors):
    """The numbers of the mutants that the compiler's errors are about: that of their line, or the one before it."""
    numbers = set()
    for path, line in errors:
        lines = read(path).splitlines()
        for text in reversed(lines[:line]):
            found = re.search(re.escape(ON) + r"\((\d+)\)", text)
            if found:
                numbers.add(int(found.group(1)))
                break
    return numbers

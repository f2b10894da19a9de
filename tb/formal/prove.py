"""Proves properties of the walker and its parts, and shows that broken copies fail them. tb/formal/README.md says what.

    python3 tb/formal/prove.py [NAME...]             proves the named sets (all of them; `short`: those of every test run)
    python3 tb/formal/prove.py --broken [NAME...]    breaks a copy for each property of the named sets, which must fail
    python3 tb/formal/prove.py --covers [NAME...]    reaches what shows that the assumptions leave room
    python3 tb/formal/prove.py --list                names and what they are

    --seconds N   processor time for one property before its depth is reported instead (600)
    --only LABEL  one property, broken copy or cover
    --depth N     cycles to search if no invariant is found, and in broken copies (20)
"""

import argparse
import shutil
import sys
import tempfile

import campaign
import solve


def parse(arguments):
    parser = argparse.ArgumentParser(prog="prove.py", usage=__doc__, add_help=True)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--broken", action="store_true")
    parser.add_argument("--covers", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--only")
    parser.add_argument("--depth", type=int, default=20)
    options = parser.parse_args(arguments)
    names = []
    for name in options.names or ["all"]:
        names += {"all": list(campaign.PROOFS), "short": campaign.SHORT}.get(name, [name])
    for name in names:
        if name not in campaign.PROOFS:
            parser.exit(2, f"prove.py: unknown set '{name}'; expected all, short, {', '.join(campaign.PROOFS)}\n")
    options.names = names
    return options


def row(proof, name, how, seconds, verdict):
    print(f"{proof:15} {name:34} {how:44} {seconds:7.1f} s  {verdict}", flush=True)


class Design:
    """One set as it stands in the sources, or with a broken copy of one of them, ready to be asked about its labels."""

    def __init__(self, name, kind, options, folder, edit=None):
        proof = campaign.PROOFS[name]
        self.kind = kind
        self.clocked = proof.clocked
        self.options = options
        self.folder = folder
        only = edit.name if edit else options.only if kind == "$assert" else None
        solve.prepare(proof, edit, folder, only)
        self.labels = solve.make_aiger(kind, folder) if self.clocked else solve.labels(kind, folder)

    def decide(self, label):
        """Whether an assertion holds."""
        if not self.clocked:
            return solve.combinational(self.kind, label, self.folder, self.options.seconds)
        return solve.decide(self.labels.index(label), self.folder, self.options.seconds, self.options.depth)

    def find(self, label):
        """Whether an assertion fails, or a cover is reached, within the depth."""
        if not self.clocked:
            return solve.combinational(self.kind, label, self.folder, self.options.seconds)
        return solve.bound(self.labels.index(label), self.folder, self.options.seconds, self.options.depth)


def chosen(labels, options):
    return [label for label in labels if options.only in (None, label)]


def broken_labels(name):
    """Properties of this harness that some broken copy fails."""
    top = campaign.PROOFS[name].top
    return [edit.name for edit in campaign.BROKEN if campaign.PROOFS[edit.proof].top == top]


def prove(name, options, folder):
    """Every property of one set; True if none fails."""
    design = Design(name, "$assert", options, folder)
    good = bool(design.labels)
    for label in chosen(design.labels, options):
        outcome = design.decide(label)
        verdict = "proven" if outcome.holds else "FAILS" if outcome.holds is False else "bounded"
        if outcome.how.startswith("nothing known"):
            verdict = "UNKNOWN"
        if label not in broken_labels(name):
            verdict = "NO BROKEN COPY"
        good = good and verdict in ("proven", "bounded")
        row(name, label, outcome.how, outcome.seconds, verdict)
    return good


def reach(name, options, folder):
    """Every cover of one set; True if all are reached."""
    design = Design(name, "$cover", options, folder)
    good = True
    for label in chosen(design.labels, options):
        outcome = design.find(label)
        reached = outcome.holds is False
        good = good and reached
        row(name, label, outcome.how.replace("fails", "reached"), outcome.seconds, "reached" if reached else "NOT REACHED")
    return good


def break_copies(name, options, folder):
    """True if each of the set's broken copies fails its property."""
    good = True
    for edit in [edit for edit in campaign.BROKEN if edit.proof == name and options.only in (None, edit.name)]:
        outcome = Design(name, "$assert", options, folder, edit).find(edit.name)
        noticed = outcome.holds is False
        good = good and noticed
        row(name, edit.name, outcome.how, outcome.seconds, "noticed" if noticed else "NOT NOTICED")
    return good


def main(arguments):
    options = parse(arguments)
    if options.list:
        for name, proof in campaign.PROOFS.items():
            print(f"{name:15} {proof.about}")
        return 0
    for tool in ("yosys", "yosys-abc", "yosys-smtbmc", "z3"):
        if not shutil.which(tool):
            print(f"prove.py: {tool} is not there; expected the Debian packages yosys and z3", file=sys.stderr)
            return 2
    work = break_copies if options.broken else reach if options.covers else prove
    good = True
    for name in options.names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                good = work(name, options, folder) and good
            except solve.ToolError as error:
                print(f"{name}: {error}", file=sys.stderr)
                good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

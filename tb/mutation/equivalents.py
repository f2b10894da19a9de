"""The mutants that are known to change nothing, with the reason: equivalent.txt."""

import os

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "equivalent.txt")


def known(path=FILE):
    """The name of a mutant -> why it is equivalent."""
    reasons = {}
    if not os.path.exists(path):
        return reasons
    reason = ""
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("# "):
                continue
            if line.startswith("  "):
                reasons[line.strip()] = reason
            elif line:
                reason = line.rstrip(":")
    return reasons

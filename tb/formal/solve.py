"""The tools behind prove.py: Yosys makes a design out of sources, yosys-abc and yosys-smtbmc with z3 decide it."""

import glob
import os
import re
import resource
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


# Frames are counted from 0.
FAILED = r"was asserted in frame (\d+)"


class ToolError(Exception):
    """A tool that did not do what it was asked: what it said last."""


def run(command, folder, seconds):
    """Output, and the processor time that it took. Without an answer in time the output is what there was."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, preexec_fn=limit)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.returncode


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def sources(proof, edit, folder):
    """Writes the sources of a proof into the folder, one of them edited; returns their names, the package first."""
    names = []
    for path in glob.glob(os.path.join(ROOT, "rtl", "*.svh")):
        shutil.copy(path, folder)
    for path in proof.files:
        text = read(path)
        if edit and edit.file == path:
            # However it is indented.
            pattern = r"\s+".join(map(re.escape, edit.text.split()))
            text, count = re.subn(pattern, lambda _, new=edit.replacement: new, text)
            if count != 1:
                raise ToolError(f"{path}: '{edit.text}' stands there {count} times; expected once")
        inside = proof.inside.get(path)
        if inside:
            end = text.rindex("endmodule")
            text = text[:end] + read(inside) + "\n" + text[end:]
        name = os.path.basename(path)
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        names.append(name)
    return names


def yosys(script, folder, seconds=600):
    output, _, status = run(["yosys", "-q", "-p", script], folder, seconds)
    if status != 0:
        raise ToolError(output[-3000:])


def prepare(proof, edit, folder, only=None):
    """Leaves the flattened design in design.il; its assertions (or only one) are cells with the names of their labels."""
    parameters = " ".join(f"-chparam {name} {value}" for name, value in proof.parameters.items())
    chosen = f"delete t:$cover ; delete t:$assert c:{only} c:*.{only} %u %d ; select -assert-count 1 t:$assert ;" if only else ""
    seen = "".join(f"connect -nounset -set {wire} {source} ; " for wire, source in proof.seen.items())
    seen = f"proc ; flatten ; {seen}" if seen else ""
    # SYNTHESIS leaves out the assertions that watch a simulation: those here say the same and more. What is constant
    # in the configuration disappears, which is what makes it small.
    yosys(f"read_verilog -sv -formal -DSYNTHESIS {' '.join(sources(proof, edit, folder))} ; "
          f"hierarchy -check -top {proof.top} {parameters} ; {seen}prep -flatten -nordff -top {proof.top} ; {chosen} memory_map ; "
          "opt -full ; async2sync ; dffunmap ; opt_clean ; write_rtlil design.il", folder)


def short(name):
    return name.strip().lstrip("\\").split("/")[-1].lstrip("\\").split(".")[-1]


def labels(kind, folder):
    """The names of the assertions or covers in design.il."""
    yosys(f"read_rtlil design.il ; tee -q -o labels.txt select -list t:{kind}", folder)
    with open(os.path.join(folder, "labels.txt"), encoding="utf-8") as file:
        return [short(line) for line in file if line.strip()]


def make_aiger(kind, folder):
    """design.aig, with one output for each assertion or, of covers, one that fails when it is reached; their names."""
    other = "$cover" if kind == "$assert" else "$assert"
    with open(os.path.join(folder, "cover.v"), "w", encoding="utf-8") as file:
        file.write("(* techmap_celltype = \"$cover\" *) module reached (input A, input EN);\n"
                   "\\$assert _TECHMAP_REPLACE_ (.A(~A), .EN(EN));\nendmodule\n")
    covers = "techmap -map cover.v ; opt_clean ; " if kind == "$cover" else ""
    yosys(f"read_rtlil design.il ; delete t:{other} ; {covers} setundef -anyseq ; setundef -undriven -anyseq ; "
          "techmap ; opt -fast ; setundef -anyseq ; dffunmap ; opt_clean ; aigmap ; opt_clean ; "
          "tee -q -o assertions.txt select -list t:$assert ; write_aiger -zinit design.aig", folder)
    with open(os.path.join(folder, "assertions.txt"), encoding="utf-8") as file:
        names = [short(line) for line in file if line.strip()]
    abc("read_aiger design.aig; fold; strash; scorr; dc2; write_aiger folded.aig", folder, 600)
    return names


def abc(script, folder, seconds):
    output, cpu, _ = run(["yosys-abc", "-c", script], folder, seconds)
    return output, cpu


class Outcome:
    """Of one property: holds, how it is known, and the processor time. `holds` is None if nothing is known."""

    def __init__(self, holds, how, seconds):
        self.holds = holds
        self.how = how
        self.seconds = seconds


def decide(output_number, folder, seconds, depth):
    """An inductive invariant if one is found in time; else no failure to a depth; else the failure."""
    said, cpu = abc(f"read_aiger folded.aig; cone -s -O {output_number}; scorr; pdr -T {seconds}", folder, seconds + 60)
    if "Property proved" in said:
        clauses = re.search(r"Invariant F\[\d+\] : (\d+) clauses", said)
        return Outcome(True, f"induction, {clauses.group(1) if clauses else 0} clauses", cpu)
    failed = re.search(FAILED, said)
    if failed:
        return Outcome(False, f"fails after {int(failed.group(1)) + 1} cycles", cpu)
    bounded = bound(output_number, folder, seconds, depth)
    bounded.seconds += cpu
    return bounded


def bound(output_number, folder, seconds, depth):
    """No failure within so many cycles, or the failure."""
    said, cpu = abc(f"read_aiger folded.aig; cone -s -O {output_number}; bmc3 -T {seconds} -F {depth}", folder,
                    seconds + 60)
    failed = re.search(FAILED, said)
    if failed:
        return Outcome(False, f"fails after {int(failed.group(1)) + 1} cycles", cpu)
    reached = re.search(r"No output asserted in (\d+) frames", said)
    if reached:
        return Outcome(None, f"no failure in {reached.group(1)} cycles", cpu)
    if "combinational networks" in said:  # all registers were found to be constant: bmc3 has no use for that
        return decide(output_number, folder, seconds, depth)
    return Outcome(None, f"nothing known: {said[-200:]}", cpu)


def combinational(kind, name, folder, seconds):
    """Of a design without a clock one cycle says all: z3 decides it. A cover is reached if that is satisfiable."""
    yosys(f"read_rtlil design.il ; delete t:$assert t:$cover %u c:{name} %d ; select -assert-count 1 t:$assert t:$cover ; opt_clean ; write_smt2 -wires design.smt2", folder)
    cover = ["-c"] if kind == "$cover" else []
    said, cpu, _ = run(["yosys-smtbmc", "--unroll", "-s", "z3", "--noprogress", *cover, "-t", "1", "design.smt2"], folder,
                       seconds)
    passed = re.search(r"Status: (PASSED|FAILED|passed|failed)", said, re.IGNORECASE)
    if not passed:
        return Outcome(None, f"nothing known: {said[-200:]}", cpu)
    if passed.group(1).upper() == "PASSED":
        return Outcome(True, "every input", cpu) if not cover else Outcome(False, "fails for some input", cpu)
    return Outcome(False, "fails for some input", cpu) if not cover else Outcome(None, "for no input", cpu)

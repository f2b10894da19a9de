"""Whether a mutant can be told from the hardware at all: by Yosys, exactly, for every input that the ports allow.

Both are compared within one module: its outputs, and what its registers hold next, for equal inputs and equal registers.
So "equivalent" is a proof. "differs" is one only for modules without registers: others may differ in states that they
never reach.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile

import mutants

PACKAGE = "tablewalk_pkg"
AT_ONCE = 6  # with more the two designs have less in common, which is what makes proofs quick
CHOICE = "input logic [15:0] mutant_i"

# Small shapes of those that have registers.
SHAPES = {
    "walker": [{"Slots": 2, "IdWidth": 2, "GenerationWidth": 1, "WalkCacheEntries": "64'h0", "WalkCacheWays": "64'h0"}],
    "walk_cache": [{"Level": 1, "Entries": 4, "Ways": 2}],
    "walk_lookup": [{"WalkCacheEntries": "64'h0200", "WalkCacheWays": "64'h0"}],
    "walk_store": [{"Slots": 2, "IdWidth": 2}],
    "access_tags": [{"Slots": 2, "GenerationWidth": 1}],
    "request_list": [{"Slots": 2, "IdWidth": 2}],
    "lru": [{"Sets": 2, "Ways": 4}],
}
# Their inputs depend on their outputs: a mutant that differs in them alone is compared within the walker too.
INNER = ("walk_lookup", "age_arbiter", "walk_order", "walk_states", "invalidation_check", "walk_store", "access_tags",
         "memory_port", "response_port", "request_list", "walker_events")
NARROW = {"RadixEntryBytes": 4}
for with_radix in ("walk_step", "walk_begin", "entry_address", "entry_decoder", "radix_entry_decoder"):
    SHAPES[with_radix] = [{}, NARROW]

# What the ports allow. Of modes and levels: those that there are; of controls, what the manuals do.
MODE = "{mode} <= 4'd8"
LEVEL = "{level} <= tablewalk_pkg::root_level({mode}, 3'd3)"
CONTROLS = ("{controls}.maxphyaddr >= 6'd32 && {controls}.maxphyaddr <= 6'd52 && "
            "{controls}.physical_bits >= 6'd16 && {controls}.physical_bits <= 6'd56")
NARROW_ENTRY = "(!tablewalk_pkg::is_narrow({mode}, {radix_narrow}) || {entry}[63:32] == 32'd0)"


def allowed(module):
    names = {"mode": "mode_i", "level": "level_i", "controls": "controls_i", "entry": "entry_i",
             "radix_narrow": "RadixEntryBytes == 4"}
    conditions = {
        "access_check": [MODE, "access_i <= 2'd2"],
        "entry_address": [MODE, LEVEL],
        "entry_decoder": [MODE, LEVEL, CONTROLS, NARROW_ENTRY],
        "radix_entry_decoder": ["level_i <= 3'd3", "(RadixEntryBytes != 4 || {entry}[63:32] == 32'd0)"],
        "riscv_entry_decoder": ["{mode} >= 4'd5 && {mode} <= 4'd8", LEVEL, CONTROLS,
                                "({mode} != 4'd5 || {entry}[63:32] == 32'd0)"],
        "x86_entry_decoder": ["{mode} >= 4'd1 && {mode} <= 4'd4", LEVEL, CONTROLS,
                              "({mode} != 4'd1 || {entry}[63:32] == 32'd0)"],
        "walk_begin": [MODE, CONTROLS, "request_i.access <= 2'd2",
                       "hit_level_i >= 3'd1 && hit_level_i <= tablewalk_pkg::root_level({mode}, 3'd3)"],
        "walk_step": [MODE, LEVEL, CONTROLS, "request_i.access <= 2'd2"],
    }.get(module, [])
    if module in ("walk_begin", "walk_step"):
        names.update(mode="request_i.mode", level="walk_i.level", controls="request_i.controls")
    return [condition.format(**names) for condition in conditions]


def with_assumptions(text, module):
    block = "".join(f"  always_comb assume ({condition});\n" for condition in allowed(module))
    return text.replace("\nendmodule", "\n" + block + "\nendmodule")


def script(folder, module, shape, chosen, seconds):
    """For Yosys: the original and the design with these mutants side by side; then each of them is chosen in turn."""
    parameters = "".join(f" -set {name} {value}" for name, value in shape.items())
    shaped = f"chparam{parameters} {module}\n" if shape else ""

    def design(name):
        paths = " ".join(f"{folder}/{name}/{file}.sv" for file in mutants.FILES)
        return (f"design -reset\nread_verilog -sv -defer {paths}\n{shaped}hierarchy -check -top {module}\n"
                "proc\nflatten\nmemory -nordff -nomap\nmemory_map\ndffunmap\nopt_clean\n"
                # Of its wires, registers alone have names that both know.
                "select -set registers t:$dff %co1:+[Q] w:* %i\nrename -hide w:* @registers %d\n"
                f"rename -top {name}\ndesign -stash {name}\n")

    return (design("gold") + design("gate") +
            "design -copy-from gold -as gold gold\ndesign -copy-from gate -as gate gate\n"
            "expose -evert-dff -shared gold gate\ndelete gold/t:$dff gate/t:$dff\n"
            "miter -equiv -flatten -ignore_gold_x gold gate miter\nhierarchy -top miter\nopt -full\n" +
            "".join(f"log == mutant {mutant.number}\nsat -set-assumes -set-def-inputs -set in_mutant_i {mutant.number} "
                    f"-prove trigger 0 -timeout {seconds} miter\n" for mutant in chosen))


def with_port(text):
    """The module with an input that chooses the mutant."""
    return re.sub(r"\n(module \w+|\)) \(\n", rf"\g<0>    {CHOICE},\n", text, count=1)


def write_designs(folder, module, chosen, sources):
    """`gold` as it is, `gate` with the mutants: of the module itself with a port that chooses; one of another file for
    good."""
    for design in ("gold", "gate"):
        os.makedirs(os.path.join(folder, design))
        for path in glob.glob(os.path.join(ROOT, "rtl", "*.svh")):
            shutil.copy(path, os.path.join(folder, design))
        for name, text in sources.items():
            if design == "gate" and name == chosen[0].file:
                text = mutants.changed(text, chosen[0]) if name != module else mutants.with_all(text, chosen)
                text = text.replace("tablewalk_pkg::mutant ", "mutant_i ")
            # Within a cycle a reset is like any other input.
            text = text.replace(" or negedge rst_ni", "")
            if name == module:
                text = with_port(with_assumptions(text, module))
            with open(os.path.join(folder, design, name + ".sv"), "w", encoding="utf-8") as file:
                file.write(text)


def answer_of(said):
    if "SAT proof finished - no model found: SUCCESS!" in said:
        return "equivalent"
    if "model found: FAIL" in said:
        return "differs"
    if "Interrupted SAT solver: TIMEOUT" in said:
        return "unknown"
    return "error: " + " ".join(said.strip().splitlines()[-3:])


def prove_in(module, shape, chosen, sources, seconds):
    """What is known of each of the mutants, all of one file, in this module and shape."""
    with tempfile.TemporaryDirectory() as folder:
        write_designs(folder, module, chosen, sources)
        done = subprocess.run(["yosys", "-p", script(folder, module, shape, chosen, seconds)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    head, *parts = re.split(r"^== mutant \d+$", done.stdout, flags=re.MULTILINE)
    parts += [done.stdout if not parts else head] * (len(chosen) - len(parts))
    return {mutant: answer_of(said) for mutant, said in zip(chosen, parts)}


def modules_of(mutant, sources):
    """The modules in which a mutant is looked at: its own; of a function of the package, those that call it."""
    if mutant.file != PACKAGE:
        return [mutant.file]
    package = sources[PACKAGE]
    bodies = dict(re.findall(r"function automatic [^;]*?(\w+)\(input(.*?)endfunction", package, re.DOTALL))
    called = {re.findall(r"function automatic [^;]*?(\w+)\(input", package[:mutant.start])[-1]}
    for _ in bodies:  # until no more functions call those
        called |= {name for name, body in bodies.items() if any(f"{other}(" in body for other in called)}
    return [name for name, text in sources.items()
            if name != PACKAGE and any(f"tablewalk_pkg::{function}(" in text for function in called)]


def batches(chosen):
    """Some of one file are proved together, those of the package one by one: Yosys knows no variables of a package."""
    of_files = {}
    for mutant in chosen:
        of_files.setdefault((mutant.file, mutant.number if mutant.file == PACKAGE else 0), []).append(mutant)
    return [batch[i:i + AT_ONCE] for batch in of_files.values() for i in range(0, len(batch), AT_ONCE)]


def prove(chosen, sources, seconds=60):
    """For each mutant 'equivalent' if it is in all modules and shapes, else the first other answer and where."""
    answers = {mutant: "equivalent" for mutant in chosen}
    for batch in batches(chosen):
        for module in modules_of(batch[0], sources):
            for shape in SHAPES.get(module, [{}]):
                left = [mutant for mutant in batch if answers[mutant] == "equivalent"]
                if not left:
                    continue
                for mutant, answer in prove_in(module, shape, left, sources, seconds).items():
                    if answer != "equivalent":
                        answers[mutant] = f"{answer} in {module} {shape}"
    for mutant in chosen:
        if answers[mutant] != "equivalent" and mutant.file in INNER:
            found = [prove_in("walker", shape, [mutant], sources, seconds)[mutant] for shape in SHAPES["walker"]]
            if all(answer == "equivalent" for answer in found):
                answers[mutant] = "equivalent"
    return answers

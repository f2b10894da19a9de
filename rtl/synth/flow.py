"""Yosys on rtl/walker.sv: the scripts, and what is read from what they print.

Both targets start from the same design: flattened, and without the sharing of operators, which saves some cells and puts
the operands of one behind the results of another. Memories become flip-flops. No abc that rebalances for speed: the
figures compare walkers, they do not promise a clock.
"""

import hashlib
import os
import re
import subprocess
import tempfile

TOP = "walker"
# Requests that wait for an answer are told apart by so many bits; the walker keeps what each of them asked.
ID_BITS = 4

READ = """
read_verilog -sv {files}
chparam {parameters} {top}
hierarchy -check -top {top}
synth -flatten -noshare -run coarse:fine
"""
GENERIC = """
design -push-copy
synth -noabc -run fine:
abc -fast -g simple
opt -fast
check -assert
select -assert-none t:$_DLATCH_* t:$dlatch t:$_SR_*
tee -o {folder}/generic.stat stat
tee -o {folder}/generic.store select -count w:*asked_q* w:*next_q* %u %ci1:+[Q] t:$_DFF* %i
tee -o {folder}/generic.path ltp -noff
design -pop
"""
ICE40 = """
read_verilog -D ICE40_HX -lib -specify +/ice40/cells_sim.v
synth_ice40 -run map_ram:check
tee -o {folder}/ice40.stat stat
tee -o {folder}/ice40.path ltp t:SB_DFF* %n
"""


FIGURES = {"generic": ["cells", "flip_flops", "request_flip_flops", "logic_depth", "longest_path"],
           "ice40": ["ice40_luts", "ice40_carries", "ice40_flip_flops", "ice40_logic_depth"]}


class SynthesisFailed(Exception):
    pass


def read(folder, name):
    """The text of the file, with what it includes."""
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        text = file.read()
    return re.sub(r'^`include "(.*)"$', lambda match: read(folder, match.group(1)), text, flags=re.MULTILINE)


def sources(root):
    """The files of the walker: its own, and those of the modules below it; the package first."""
    folder = os.path.join(root, "rtl")
    texts = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".sv"):
            texts[name] = read(folder, name)
    used = ["tablewalk_pkg.sv", TOP + ".sv"]
    for name in used:  # grows
        for module in re.findall(r"^\s*(\w+)\s+(?:#\(|u_)", texts[name], re.MULTILINE):
            if module + ".sv" in texts and module + ".sv" not in used:
                used.append(module + ".sv")
    return {name: texts[name] for name in used}


def digest(root):
    """Of what is synthesised: without comments, spaces and what is not for synthesis."""
    content = hashlib.sha256()
    for name, text in sorted(sources(root).items()):
        text = re.sub(r"^\s*`ifndef SYNTHESIS$.*?^\s*`endif$", "", text, flags=re.MULTILINE | re.DOTALL)
        text = re.sub(r"//[^\n]*", "", text)
        content.update((name + " " + " ".join(text.split()) + "\n").encode())
    return content.hexdigest()[:16]


def cells_of(stat):
    """Type of cell -> how many."""
    return {match.group(1): int(match.group(2)) for match in re.finditer(r"^ {5,}(\S+) +(\d+)$", stat, re.MULTILINE)}


def depth_of(path):
    lengths = re.findall(r"Longest topological path .*\(length=(\d+)\)", path)
    if len(lengths) != 1:
        raise SynthesisFailed(f"Yosys found no longest path:\n{path[-2000:]}")
    return int(lengths[0])


def ends_of(path):
    """The first and the last wire of it that the source names."""
    names = [name for name in re.findall(r"^ +\d+: \\(\S+)", path, re.MULTILINE)]
    return f"{names[0]} .. {names[-1]}" if names else ""


def count(cells, beginning):
    return sum(number for name, number in cells.items() if name.startswith(beginning))


def synthesise(yosys, root, variant, id_bits, targets, seconds):
    """The figures of a variant, by name."""
    parameters = {**variant.parameters, "IdWidth": str(id_bits)}
    with tempfile.TemporaryDirectory() as folder:
        script = READ + (GENERIC if "generic" in targets else "") + (ICE40 if "ice40" in targets else "")
        # Names in scripts of Yosys are split at spaces: it works in the folder of the sources.
        script = script.format(files=" ".join(sources(root)), folder=folder, top=TOP,
                               parameters=" ".join(f"-set {name} {value}" for name, value in parameters.items()))
        try:
            result = subprocess.run([yosys, "-q", "-p", script], cwd=os.path.join(root, "rtl"), stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds,
                                    check=False)
        except subprocess.TimeoutExpired as error:
            raise SynthesisFailed(f"'{variant.text}': not done in {seconds} seconds; --timeout gives more") from error
        if result.returncode != 0:
            raise SynthesisFailed(f"'{variant.text}': Yosys ended with status {result.returncode}:\n"
                                  f"{result.stdout[-3000:]}")

        def told(name):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                return file.read()

        figures = {}
        if "generic" in targets:
            cells = cells_of(told("generic.stat"))
            flip_flops = count(cells, "$_DFF") + count(cells, "$_SDFF")
            figures["cells"] = sum(cells.values())
            figures["flip_flops"] = flip_flops
            figures["request_flip_flops"] = int(re.findall(r"\d+", told("generic.store"))[-1])
            figures["logic_depth"] = depth_of(told("generic.path"))
            figures["longest_path"] = ends_of(told("generic.path"))
        if "ice40" in targets:
            cells = cells_of(told("ice40.stat"))
            figures["ice40_luts"] = count(cells, "SB_LUT4")
            figures["ice40_carries"] = count(cells, "SB_CARRY")
            figures["ice40_flip_flops"] = count(cells, "SB_DFF")
            figures["ice40_logic_depth"] = depth_of(told("ice40.path"))
        return figures

"""Lints the RTL with Verilator: every module alone, the walker in several configurations, and the
adapters of rtl/adapters with the example walker.

    python3 tb/tidy/rtl_lint.py VERILATOR ROOT

What is waived, and why, stands in rtl/lint.vlt. A warning is an error.
"""

import glob
import os
import subprocess
import sys

# Parameters that change what is elaborated.
SHAPES = {
    "walker": [
        [],
        ["-GSlots=1", "-GWalkCacheEntries=64'h0"],
        ["-GSlots=3", "-GIdWidth=6", "-GGenerationWidth=1"],
        ["-GPageShift=4", "-GRadixOffsetBits=5", "-GRadixEntryBytes=4"],
        ["-GWalkCacheEntries=64'h0204082000", "-GWalkCacheWays=64'h0000040800"],
    ],
    "mmu": [[], ["-GFetchEntries=8", "-GFetchWays=8", "-GPageShifts=24'h00540C"]],
    "tlb": [[], ["-GEntries=4", "-GWays=1"]],
    "walk_cache": [[], ["-GEntries=2", "-GWays=2"]],
}

# Adapters of rtl/adapters, each with its other files and its parameters.
ADAPTERS = {
    "cva6": (["cva6_shape_pkg.sv", "example/example_ptw.sv"],
             [[], *[[f"-DTABLEWALK_CVA6_LEVELS={levels}"] for levels in (2, 4, 5)]]),
    "tablewalk": ([], [[], ["-DTABLEWALK_WALKER=walker", "-DTABLEWALK_WALKER_SLOTS=1",
                            "-DTABLEWALK_WALKER_FURTHER_PARAMETERS=, .PageShift(12)"]]),
}


def sources(root):
    package = os.path.join(root, "rtl", "tablewalk_pkg.sv")
    modules = sorted(set(glob.glob(os.path.join(root, "rtl", "*.sv"))) - {package})
    return [package, *modules]


def elaborations(root):
    """(module, parameter arguments, files) of everything that is linted."""
    files = sources(root)
    for module in [os.path.splitext(os.path.basename(path))[0] for path in files[1:]]:
        for shape in SHAPES.get(module, [[]]):
            yield module, shape, files
    folder = os.path.join(root, "rtl", "adapters")
    for name, (others, shapes) in ADAPTERS.items():
        parts = [*others, f"{name}_adapter.sv"]
        for shape in shapes:
            yield f"{name}_adapter", shape, [*files, *[os.path.join(folder, part) for part in parts]]


def main(arguments):
    verilator, root = arguments
    if len(sources(root)) < 2:
        print(f"rtl_lint.py: no modules in {root}/rtl", file=sys.stderr)
        return 2
    failures = 0
    runs = 0
    for module, shape, files in elaborations(root):
        command = [verilator, "--lint-only", "-Wall", "--assert", "--top-module", module, *shape, f"-I{root}/rtl",
                   os.path.join(root, "rtl", "lint.vlt"), *files]
        runs += 1
        if subprocess.run(command, check=False).returncode != 0:
            print(f"{module} {' '.join(shape)}: see above")
            failures += 1
    print(f"{runs} elaborations, {failures} with warnings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

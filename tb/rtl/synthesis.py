"""Synthesises the hardware with Yosys: accepted, no latches, no combinational loops, every wire driven once.

    python3 tb/rtl/synthesis.py YOSYS ROOT
"""

import glob
import os
import subprocess
import sys

# Few TLB entries: more of them take long and show nothing new.
SCRIPT = """
read_verilog -sv {files}
hierarchy -check -top mmu -chparam Slots 2 -chparam FetchEntries 4 -chparam DataEntries 4 \
  -chparam WalkCacheEntries {cache_entries} -chparam WalkCacheWays {cache_ways}
synth -top mmu
check -assert
select -assert-none t:$_DLATCH_* t:$dlatch t:$_SR_*
stat
"""

# An adapter with the example walker behind it.
ADAPTER_SCRIPT = """
read_verilog -sv -I rtl rtl/tablewalk_pkg.sv rtl/adapters/cva6_shape_pkg.sv rtl/adapters/example/example_ptw.sv \
  rtl/adapters/cva6_adapter.sv
synth -top cva6_adapter
check -assert
select -assert-none t:$_DLATCH_* t:$dlatch t:$_SR_*
stat
"""


def synthesise(yosys, root, script):
    result = subprocess.run([yosys, "-p", script], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False)
    if result.returncode != 0:
        print(result.stdout[-5000:])
        return 1
    print(result.stdout[result.stdout.rindex("=== design hierarchy ==="):])
    return 0


def main(arguments):
    yosys, root = arguments
    package = os.path.join(root, "rtl", "tablewalk_pkg.sv")
    modules = sorted(set(glob.glob(os.path.join(root, "rtl", "*.sv"))) - {package})
    # Names in scripts of Yosys are split at spaces: it works in the folder.
    files = " ".join(os.path.relpath(path, root) for path in [package, *modules])
    script = SCRIPT.format(files=files, cache_entries=0x080400, cache_ways=0x020400)
    return synthesise(yosys, root, ADAPTER_SCRIPT) or synthesise(yosys, root, script)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The cases of counts.py.

A case is two runs of the program that differ in {n} only, the number of accesses (or records, or requests). `before`, if
it has one, is run without counting, once for each of the two, and makes the input. {traces} is the folder of the shipped
traces; other files are in a temporary folder.
"""

from typing import NamedTuple


class Case(NamedTuple):
    name: str
    what: str  # in the table of docs/performance.md
    few: int  # {n} of the first run: large enough to warm caches and TLBs
    many: int  # {n} of the second run
    command: list
    before: list = []


def generated(*pattern):
    return ["trace", "generate", *pattern, "--count", "{n}", "-o", "input-{n}.twt"]


def run(*machine):
    return ["run", "input-{n}.twt", *machine]


def run_shipped(name, *machine):
    return ["run", "{traces}/" + name, "--limit", "{n}", *machine]


def run_cores(cores, name, *machine):
    return ["run", *["{traces}/" + name] * cores, "--set", f"cores={cores}", "--limit", "{n}", *machine]


def run_generated_cores(cores, *machine):
    return ["run", *["input-{n}.twt"] * cores, "--set", f"cores={cores}", *machine]


def cut(name, ending):
    """The first records of a shipped trace."""
    return ["trace", "convert", "{traces}/" + name, "input-{n}" + ending, "--limit", "{n}"]


LOOP_16K = generated("stride", "--stride", "64", "--footprint", "16K")
LOOP_128K = generated("stride", "--stride", "64", "--footprint", "128K")
UNIFORM_4G = generated("uniform", "--footprint", "4G")

CASES = [
    # First-level hits.
    Case("hit", "load, hits in the first-level TLB and cache", 2000, 32000, run(), LOOP_16K),
    Case("hit-gzip", "access of `traces/gzip.twt`", 1000, 61000, run_shipped("gzip.twt")),
    Case("fetch-cc1", "access of `traces/cc1.twt`", 1000, 31000, run_shipped("cc1.twt")),

    # Beyond the first level, without walks: 32 pages of 4 KiB, or 4 of 1 GiB, which fit the first-level TLB.
    Case("l2-hit", "load, TLB hit, hits in the L2 cache", 4096, 12288, run(), LOOP_128K),
    Case("dram", "load, TLB hit, misses in all caches", 1000, 4000, run("--set", "os.page_bytes=1G"), UNIFORM_4G),

    # Every load misses in all TLBs and caches.
    Case("walk", "load, walk and misses in all caches, default machine", 1000, 3000, run(), UNIFORM_4G),
    Case("walk-caches", "the same with walk caches, `skylake`", 1000, 3000, run("-c", "skylake"), UNIFORM_4G),
    Case("walk-blocking", "the same one at a time, without walk caches, `cva6`", 1000, 3000, run("-c", "cva6"),
         UNIFORM_4G),
    Case("walk-rtl", "the same as `walk` with `walker.kind=rtl`", 1000, 2000, run("--set", "walker.kind=rtl"),
         UNIFORM_4G),

    # Several cores, each with the same trace, per record of each core.
    Case("cores-2-hit", "2 cores: 2 accesses of `traces/gzip.twt`", 1000, 21000, run_cores(2, "gzip.twt")),
    Case("cores-2-walk", "2 cores: 2 loads as in `walk-caches`", 1000, 2000, run_generated_cores(2, "-c", "skylake"),
         UNIFORM_4G),
    Case("cores-8-hit", "8 cores: 8 accesses of `traces/gzip.twt`", 1000, 9000, run_cores(8, "gzip.twt")),
    Case("cores-8-walk", "8 cores: 8 loads as in `walk-caches`", 1000, 2000, run_generated_cores(8, "-c", "skylake"),
         UNIFORM_4G),
    Case("cores-16-hit", "16 cores: 16 accesses of `traces/gzip.twt`", 1000, 6000, run_cores(16, "gzip.twt")),
    Case("cores-16-walk", "16 cores: 16 loads as in `walk-caches`", 500, 1000,
         run_generated_cores(16, "-c", "skylake"), UNIFORM_4G),
    Case("cores-4-threads", "4 cores: 4 accesses of the threads of `traces/threads/histogram.twt`", 1000, 11000,
         run_shipped("threads/histogram.twt", "-c", "skylake-4")),

    # Parts.
    Case("read-twt", "record, `trace info` of a `.twt`", 20000, 120000, ["trace", "info", "input-{n}.twt"],
         cut("gzip.twt", ".twt")),
    Case("read-text", "record, `trace info` of a text trace", 2000, 22000, ["trace", "info", "input-{n}.txt"],
         cut("gzip.twt", ".txt")),
    Case("write-twt", "record, `trace convert` from `.twt` to `.twt`", 20000, 120000, cut("gzip.twt", "-out.twt")),
    Case("memory", "request, `tablewalk dram random --in-flight 8`", 1000, 5000,
         ["dram", "random", "--in-flight", "8", "--requests", "{n}"]),
]

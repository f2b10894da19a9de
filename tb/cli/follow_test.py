"""`follow`, contiguous ranges, traces on the command line, `tables --processes` and `walk --dump`.

    python3 tb/cli/follow_test.py TABLEWALK
"""

import collections
import csv
import io
import re

from program import ProgramTest, image, main, trace

# In which of the figures core.kernel.*_cycles the kernel's tasks count.
PARTS = {
    "runs its handler": "compute", "prepares a read from the device": "compute", "evicts a page": "compute",
    "prepares pages to move": "compute", "invalidates its TLBs": "compute",
    "reads accessed bits": "memory", "writes table entries": "memory", "clears memory": "memory",
    "copies the page": "memory", "moves pages to other frames": "memory",
    "waits for a read from the device": "device", "waits for a write to the device": "device",
    "waits for another core's work on the page": "lock", "waits for the other cores' TLBs": "shootdown",
    "writes the root register": "root",
}


class Follow(ProgramTest):
    def follow(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.output("follow", *arguments, "--format", "csv"))))

    def test_each_access_has_its_line(self):
        rows = self.follow("text:R 0x1000; X 0x1004 4; W 0x1008; X 0x1008 4; R 0x1000 8 @2", "-c", "teaching")
        self.assertEqual([row["access"] for row in rows], ["load", "fetch", "store", "fetch", "load"])
        self.assertEqual([row["process"] for row in rows], ["0", "0", "0", "0", "2"])
        self.assertEqual([row["found_in"] for row in rows], ["walk", "stlb", "dtlb", "itlb", "walk"])
        self.assertEqual([row["result"] for row in rows[:4]], ["0x2000", "0x2004", "0x2008", "0x2008"])
        self.assertEqual(rows[0]["entries_read"], "L3 dram, L2 dram, L1 dram, L0 dram")
        self.assertEqual([row["entries_read"] for row in rows[1:4]], [""] * 3)

    def test_the_walks_are_those_of_the_walk_log(self):
        arguments = [trace("tree32"), "--limit", "3000", "-c", "teaching"]
        rows = self.follow(*arguments, "--rows", "10000")
        walked = [row for row in rows if row["found_in"] == "walk"]
        self.output("run", *arguments, "--no-cost", "--walk-log", "walks.csv")
        with open(self.path("walks.csv"), encoding="utf-8") as file:
            walks = list(csv.DictReader(file))
        self.assertGreater(len(walks), 50)
        self.assertEqual([(row["process"], row["address"]) for row in walked],
                         [(walk["asid"], walk["va"]) for walk in walks])
        self.assertEqual([row["entries_read"].count("L") for row in walked],
                         [int(walk["entry_reads"]) for walk in walks])
        for row, walk in zip(walked, walks):
            self.assertEqual(int(row["result"], 16) & ~0xfff, int(walk["frame"], 16))

    def test_the_cycles_are_those_of_the_run(self):
        arguments = [trace("tree32"), "--limit", "3000", "-c", "teaching", "--set", "os.prefault=false"]
        rows = self.follow(*arguments, "--rows", "10000")
        stats = self.json("run", *arguments, "--no-cost")["stats"]
        cycles = sum(int(row["cycles"]) for row in rows if row["found_in"] not in ("dtlb", "itlb"))
        self.assertEqual(cycles, stats["translation.cycles.total"])
        faults = [row for row in rows if row["result"].startswith("fault: ")]
        self.assertEqual(len(faults), stats["core.faults"])
        self.assertEqual(len(faults), len([row for row in rows if row["found_in"] == "walk, kernel"]))

    def translations(self, *arguments):
        return self.json("follow", *arguments, "--set", "os.prefault=false", "--rows", "100000")["translations"]

    def assert_parts_add_up(self, *arguments):
        """Returns the cycles of the kernel's tasks."""
        rows = self.translations(*arguments)
        stats = self.json("run", *arguments, "--set", "os.prefault=false", "--no-cost")["stats"]
        handled = [row for row in rows if row["parts"]]
        self.assertEqual(len(handled), stats["core.faults"])
        self.assertEqual({row["found_in"] for row in handled}, {"walk, kernel"})
        tasks = collections.Counter()
        for row in handled:
            self.assertEqual(sum(part["cycles"] for part in row["parts"]), row["cycles"])
            self.assertEqual(row["parts"][0]["what"], "finds the fault")
            for part in row["parts"]:
                self.assertEqual(part["in_kernel"], part["what"] in PARTS, part)
                if part["in_kernel"]:
                    tasks[part["what"]] += part["cycles"]
        cycles = sum(row["cycles"] for row in rows if row["found_in"] not in ("dtlb", "itlb"))
        self.assertEqual(cycles, stats["translation.cycles.total"])
        for part in set(PARTS.values()):
            if "fork" in arguments[0] and part in ("compute", "memory"):
                continue  # the system call has some too
            self.assertEqual(sum(cycles for task, cycles in tasks.items() if PARTS[task] == part),
                             stats.get(f"core.kernel.{part}_cycles", 0), part)
        return tasks

    def test_the_parts_of_a_fault_are_all_its_cycles(self):
        paging = self.assert_parts_add_up("text:W 0x1000; W 0x2000; W 0x3000; R 0x1000; R 0x2000", "-c", "teaching",
                                          "--set", "os.resident_limit=8K", "--set", "os.swap.bytes=1M")
        self.assertEqual(paging["runs its handler"], 5 * 2000)
        self.assertEqual(paging["prepares a read from the device"], 2 * 8000)
        self.assertEqual(paging["evicts a page"], 3 * 1000)
        for task in ("reads accessed bits", "writes table entries", "clears memory", "invalidates its TLBs",
                     "waits for a read from the device", "waits for a write to the device"):
            self.assertGreater(paging[task], 0, task)
        fork = self.assert_parts_add_up("text:reserve 0x1000 0x4000 rw-u; W 0x1000; fork @1; W 0x1000 8 @1", "-c",
                                        "teaching")
        self.assertGreater(fork["copies the page"], 1000)
        huge = self.assert_parts_add_up("text:W 0x200000; W 0x201000; W 0x202000; W 0x203000", "-c", "skylake", "--set",
                                        "os.huge_pages.policy=promote", "--set", "os.huge_pages.promote_after=3")
        self.assertEqual(huge["prepares pages to move"], 3 * (1000 + 30))
        self.assertGreater(huge["moves pages to other frames"], 1000)
        isolated = self.assert_parts_add_up("text:R 0x1000", "-c", "skylake", "--set", "os.kpti=true")
        self.assertEqual(isolated["writes the root register"], 2 * 100)

    def test_the_parts_of_faults_on_several_cores(self):
        self.write("t.txt", "".join(["# layout: known\n# layout: reserve 0x10000 0x9000 rw-u\n"] +
                                    [f"thread {1 + i % 2}\nW {0x10000 + i * 4096 % 0x9000:#x} 8\n" for i in range(60)]))
        arguments = ["t.txt", "-c", "skylake", "--set", "cores=2", "--set", "os.resident_limit=16K", "--set",
                     "os.swap.bytes=1M"]
        tasks = self.assert_parts_add_up(*arguments)
        for task in ("waits for the other cores' TLBs", "waits for a read from the device"):
            self.assertGreater(tasks[task], 0, task)
        rows = self.translations(*arguments)
        self.assertEqual({row["core"] for row in rows}, {0, 1})
        text = self.output("follow", *arguments, "--set", "os.prefault=false")
        self.assertEqual(text.split()[:2], ["access", "core"])

    def test_another_process_runs_while_one_waits(self):
        lines = "".join(f"W {0x10000 + i * 4096 % 0x5000:#x} 8\n" for i in range(20))
        self.write("a.txt", lines)
        self.write("b.txt", lines)
        rows = self.translations("a.txt", "b.txt", "-c", "teaching", "--set", "os.resident_limit=16K", "--set",
                                 "os.swap.bytes=1M", "--set", "os.run_while_waiting=true")
        waits = [part["cycles"] for row in rows for part in row["parts"]
                 if part["what"] == "waits while the core runs another process"]
        self.assertGreater(sum(waits), 1000)
        for row in rows:
            self.assertEqual(sum(part["cycles"] for part in row["parts"]), row["cycles"] if row["parts"] else 0)

    def test_the_parts_are_lines_of_their_own(self):
        lines = self.output("follow", "text:R 0x1000; R 0x1000", "-c", "teaching", "--set", "os.prefault=false")
        rows = [re.split(r"  +", line) for line in lines.splitlines()]
        self.assertEqual(rows[0][-2:], ["cycles", "of which"])
        total = int(rows[1][-1])
        parts = [(row[1:-1], int(row[-1])) for row in rows[2:] if row[0] == ""]
        self.assertEqual([what for what, _ in parts],
                         [["finds the fault"], ["kernel", "runs its handler"], ["kernel", "clears memory"],
                          ["kernel", "writes table entries"]])
        self.assertEqual(sum(cycles for _, cycles in parts), total)
        self.assertNotIn("of which", self.output("follow", "text:R 0x1000", "-c", "teaching"))

    def test_a_long_list_is_cut(self):
        text = self.output("follow", trace("sort"), "--limit", "1000", "--rows", "3")
        self.assertEqual(len(text.splitlines()), 1 + 3 + 1)
        self.assertRegex(text.splitlines()[-1], r"^\.\.\. and \d+ more$")
        document = self.json("follow", "text:R 0x1000; R 0x1000", "--rows", "1")
        self.assertEqual((len(document["translations"]), document["omitted"]), (1, 1))

    def test_bad_input(self):
        self.assert_refused(["follow", "text:R"], "text:R", "expected")
        self.assert_refused(["follow", "text:R 0x1000", "--format", "xml"], "xml")


class ContiguousRanges(ProgramTest):
    """Arm's Contiguous bit, in the machine: with --check each translation is compared with the reference walk."""
    RANGES = [("arm64-4k", 4 << 10, 64 << 10), ("arm64-4k", 4 << 10, 32 << 20), ("arm64-16k", 16 << 10, 2 << 20),
              ("arm64-64k", 64 << 10, 2 << 20)]

    def run_ranges(self, mode, small, size, *more):
        base = 4 << 30
        lines = [f"W {base + number * size + page % size:#x} 8" for number in range(3)
                 for page in range(0, 48 * small, small)] * 2
        self.write("t.txt", "\n".join(lines) + "\n")
        return ["run", "t.txt", "-c", "teaching64", "--set", f"paging.mode={mode}", "--set", "os.prefault=false",
                "--set", "memory.bytes=1G", "--set", "os.kernel_traffic=false", "--set", "os.huge_pages.policy=always",
                "--set", f"os.huge_pages.size={size}", "--map", f"{base:#x}:{3 * size}:rwu", "--check", "--no-cost", *more]

    def test_a_range_is_one_entry_of_a_tlb(self):
        for mode, small, size in self.RANGES:
            with self.subTest(mode=mode, size=size):
                stats = self.json(*self.run_ranges(mode, small, size))["stats"]
                self.assertEqual((stats["core.faults"], stats["kernel.huge.pages"]), (3, 3))
                self.assertEqual(stats["walker.walks"], 6)
                self.assertEqual(stats["tables.mapped_bytes"], 3 * size)

    def test_without_the_bit_the_sizes_do_not_exist(self):
        for mode, small, size in self.RANGES:
            self.assert_refused(self.run_ranges(mode, small, size, "--set", "paging.arm.contiguous=false"),
                                "os.huge_pages.size")

    def test_the_hardware_of_the_walkers_is_not_for_arm(self):
        for mode, small, size in self.RANGES:
            self.assert_refused(self.run_ranges(mode, small, size, "--set", "walker.kind=rtl"),
                                f"does not support paging mode {mode}")


class Small(ProgramTest):
    def test_a_trace_on_the_command_line_is_a_trace(self):
        self.write("t.txt", "R 0x1000\nW 0x2000 4\n")
        for command in (["compare", "--stats", "core.accesses"], ["tables"], ["trace", "info"]):
            text, file = (self.output(*command, name) for name in ("text:R 0x1000; W 0x2000 4", "t.txt"))
            self.assertEqual(text.replace("text:R 0x1000; W 0x2000 4", "t.txt"), file)
        self.output("trace", "generate", "zipf", "-o", "z.twt", "--count", "2000", "--footprint", "1M")
        stats = [self.json("run", name)["stats"] for name in ("z.twt", "generated:zipf,count=2000,footprint=1M")]
        self.assertEqual(stats[0], stats[1])

    def test_processes(self):
        def tables(*arguments):
            return self.json("tables", "--map", "0:4M", "--mode", "x86-32", *arguments)
        one, many = tables(), tables("--processes", "100")
        self.assertEqual((one["address_spaces"], many["address_spaces"]), (1, 100))
        for key in ("pages", "tables", "bytes", "flat_bytes"):
            self.assertEqual(many["modes"][0][key], 100 * one["modes"][0][key])
        self.assert_refused(["tables", "--map", "0:4M", "--processes", "0"], "--processes 0: expected 1 to 65536")
        self.assert_refused(["tables", "good.txt", "--processes", "2"], "--processes without --map")

    def test_dump(self):
        lines = self.output("walk", "-m", "x86-32", "--map", "0x1000:8K", "--dump", "0x3000:20").splitlines()
        self.assertEqual(lines, ["0x3000  00 00 00 00 67 20 00 00  67 40 00 00 00 00 00 00", "0x3010  00 00 00 00"])
        pages = image("riscv64-sv39", "pages.bin.zst")
        self.assertEqual(self.output("walk", "-m", "sv39", "--image", pages, "--dump", "0x83824000:8"),
                         "0x83824000  01 48 d5 20 00 00 00 00\n")
        self.write("one.raw", bytes(range(16)) * 256)
        self.assertEqual(self.output("walk", "--image", "one.raw@0x1000", "--dump", "0x1ffe:4"),
                         "0x1ffe  0e 0f -- --\n")
        for spec, says in (("0x1000", "expected PA:SIZE"), ("0x1000:0", "expected a size of 1 to"), ("x:4", "'x'"),
                           ("0xffffffffffffffff:2", "beyond 64 bits"), ("0:1M", "expected a size of 1 to")):
            self.assert_refused(["walk", "--map", "0:4K", "--dump", spec], f"--dump {spec}", says)
        self.assert_refused(["walk", "--map", "0:4K", "--dump", "0:4", "0x0"], "expected no VA")


if __name__ == "__main__":
    main()

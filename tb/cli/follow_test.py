"""`follow`, traces on the command line, `tables --processes` and `walk --dump`.

    python3 tb/cli/follow_test.py TABLEWALK
"""

import csv
import io

from program import ProgramTest, image, main, trace


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

    def test_a_long_list_is_cut(self):
        text = self.output("follow", trace("sort"), "--limit", "1000", "--rows", "3")
        self.assertEqual(len(text.splitlines()), 1 + 3 + 1)
        self.assertRegex(text.splitlines()[-1], r"^\.\.\. and \d+ more$")
        document = self.json("follow", "text:R 0x1000; R 0x1000", "--rows", "1")
        self.assertEqual((len(document["translations"]), document["omitted"]), (1, 1))

    def test_bad_input(self):
        self.assert_refused(["follow", "text:R 0x1000", "-c", "skylake-4"], "follow: cores: 4: expected 1")
        self.assert_refused(["follow", "text:R"], "text:R", "expected")
        self.assert_refused(["follow", "text:R 0x1000", "--format", "xml"], "xml")


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

"""Segments and their fragmentation from the outside: formats, figures, and bad input.

    python3 tb/cli/segmentation_test.py TABLEWALK
"""

import csv
import io

from program import ProgramTest, main
from walk_test import program_root, tables


class Fragmentation(ProgramTest):
    def test_formats_agree(self):
        asked = ["fragmentation", "--policy", "first,worst", "--steps", "5000", "--samples", "4"]
        document = self.json(*asked)
        rows = list(csv.DictReader(io.StringIO(self.output(*asked, "--format", "csv"))))
        self.assertEqual([result["policy"] for result in document["results"]], ["first", "worst", "pages"])
        points = [(result["policy"], point) for result in document["results"] for point in result["points"]]
        self.assertEqual(len(rows), len(points))
        self.assertEqual(len(rows), 12)
        for row, (policy, point) in zip(rows, points):
            self.assertEqual((row["policy"], int(row["requests"]), int(row["failed"])),
                             (policy, point["requests"], point["failed"]))
            self.assertAlmostEqual(float(row["external_fragmentation"]), point["external_fragmentation"], places=5)
        text = self.output(*asked)
        self.assertIn("memory of 64M; 5,000 requests of 1K to 1M", text)
        self.assertIn(f"{100 * document['results'][0]['external_fragmentation']:.1f} %", text)

    def test_the_seed_determines_the_result(self):
        asked = ["fragmentation", "--steps", "3000"]
        self.assertEqual(self.output(*asked), self.output(*asked, "--seed", "1"))
        self.assertNotEqual(self.output(*asked), self.output(*asked, "--seed", "2"))

    def test_larger_pages_waste_more(self):
        waste = [self.json("fragmentation", "--steps", "3000", "--page", page)["results"][-1]["internal_fragmentation"]
                 for page in ("4K", "64K", "2M")]
        self.assertEqual(waste, sorted(waste))
        self.assertGreater(waste[2], 0.5)

    def test_bad_options(self):
        for arguments, *says in (
                (["--policy", "frist"], "--policy frist: expected first, next, best or worst", "first"),
                (["--policy", ""], "--policy"),
                (["--memory", "x"], "--memory: 'x' is not a size"),
                (["--memory", "2P"], "--memory 2P: expected at most 1P"),
                (["--memory", "0"], "expected"),
                (["--page", "3000"], "--page 3000: expected a power of two"),
                (["--page", "128M"], "--page 128M: expected a power of two, not above --memory"),
                (["--page", "0"], "--page 0: expected a power of two"),
                (["--sizes", "4K"], "--sizes 4K: expected MIN:MAX"),
                (["--sizes", "4K:"], "--sizes: '' is not a size"),
                (["--sizes", "0:4K"], "--sizes 0:4K: expected MIN of at least 1"),
                (["--sizes", "8K:4K"], "--sizes 8K:4K: expected MIN"),
                (["--sizes", "1K:128M"], "MAX not above --memory, 64M"),
                (["--sizes", "1:16"], "blocks at a time; expected at most 100000"),
                (["--load", "0"], "--load 0: expected a percentage above 0"),
                (["--load", "nan"], "--load nan: expected a percentage above 0"),
                (["--load", "-5"], "--load -5: expected a percentage"),
                (["--load", "x"], "--load"),
                (["--steps", "0"], "--steps 0: expected 1 to 100000000"),
                (["--steps", "1G"], "--steps 1000000000: expected 1 to 100000000"),
                (["--samples", "0"], "--samples 0: expected 1 to 10000"),
                (["--samples", "20K"], "--samples 20000: expected 1 to 10000"),
                (["--seed", "x"], "--seed x: expected a whole number"),
                (["--format", "xml"], "xml"),
                (["more"], "more")):
            self.assert_refused(["fragmentation", *arguments], *says)


FLAT = "[{used_by: fetch, type: code}, {used_by: data}]"


class Segments(ProgramTest):
    def run_with(self, kind, segments, *more):
        return ["run", "good.txt", "--no-cost", "--set", "segmentation.kind=" + kind, "--set",
                "segmentation.segments=" + segments, *more]

    def test_figures(self):
        stats = self.json(*self.run_with("paged", FLAT))["stats"]
        plain = self.json("run", "good.txt", "--no-cost")["stats"]
        self.assertEqual(stats["segment.lookups"], stats["segment.paged"])
        self.assertEqual({name: value for name, value in stats.items() if not name.startswith("segment.")}, plain)
        self.assertIn("Segmentation", self.output(*self.run_with("paged", FLAT, "--explain")))
        self.assertNotIn("egment", self.output("run", "good.txt", "--no-cost"))

    def test_the_first_fault_ends_the_run(self):
        small = "[{used_by: fetch, type: code}, {name: heap, used_by: data, limit: 0x1fff}]"
        self.assert_refused(self.run_with("paged", small),
                            "good.txt: record 2: the user store at 0x2000 faults: #GP, outside the segment's limit "
                            "(segment heap, offset 0x2000, valid 0x0 to 0x1fff); expected")
        stats = self.json(*self.run_with("paged", small, "--set", "segmentation.skip_faults=true"))["stats"]
        self.assertEqual((stats["segment.faults"], stats["core.faulted_accesses"]), (1, 1))
        self.assert_refused(self.run_with("paged", "[{used_by: fetch, type: code}]"), "#GP, no segment")

    def test_impossible_segments(self):
        for kind, segments, *says in (
                ("paged", "[]", "segmentation.segments: none; expected at least one"),
                ("page", "[]", "segmentation.kind", "paged"),
                ("paged", "[{limit: 0x100000000, offset_bits: 32}]", "segments.0.limit: 0x100000000 is more than"),
                ("paged", "[{limit: 0x100000, granularity: page, offset_bits: 32}]", "segments.0.limit"),
                ("paged", "[{limit: 1, offset_bits: 31}]", "segments.0.offset_bits: 31; expected 16, 32 or 64"),
                ("paged", "[{limit: 1, offset_bits: 32, base: 0x100000000}]", "segments.0.base: 0x100000000 is beyond"),
                ("paged", "[{from: 2, to: 1}]", "segments.0.to: 0x1 is below from, 0x2"),
                ("paged", "[{base: 0x800}]", "segments.0.base: base - origin is not a multiple of 4096 bytes"),
                ("paged", "[{type: code, expand_down: true, limit: 0}]", "segments.0.expand_down: true for code"),
                ("paged", "[{type: code, stack: true}]", "segments.0.stack: true for code"),
                ("paged", "[{privilege: 4}]", "segments.0.privilege", "at most 3"),
                ("paged", "[{expand_down: true, offset_bits: 16, limit: 0}]", "segments.0.to: from and to span more"),
                ("base_limit", "[{}]", "segments.0.limit: the segment reaches beyond simulated RAM"),
                ("base_limit", "[{base: 8, limit: 0xfff}]", "is not a multiple of 64 bytes, a cache line"),
                ("direct", "[{from: 0x1000, to: 0x1ffe}]", "segments.0.to: a direct segment is whole pages of 4K"),
                ("direct", "[{from: 0x1008, to: 0x1fff}]", "segments.0.from: a direct segment is whole pages of 4K"),
                ("direct", "[{}]", "segments.0.to: the direct segment is larger than 256 TiB"),
                ("direct", "[{from: 0, to: 0xfff, base: 0x1000}]", "segments.0.base: 0x1000, but the kernel places"),
                ("direct", "[{from: 0, to: 0x1fffffffffff}]", "has no room for another block of 32T")):
            self.assert_refused(self.run_with(kind, segments), *says)
        self.assert_refused(["run", "good.txt", "--set", "segmentation.add_cycles=1000000"], "segmentation.add_cycles")

    def test_a_memory_image_says_where_everything_is(self):
        self.write("good.txt", "R 0x0 4\nR 0x10000 4\n")
        image = [*tables("i386-2level"), "--root", program_root("i386-2level"), "--skip-faults", "--check"]
        for kind, segments in (("direct", "[{from: 0, to: 0xfff}]"), ("base_limit", "[{limit: 0xffff}]")):
            self.assert_refused(self.run_with(kind, segments, *image),
                                "segmentation.kind: the tables of a memory image", "expected paged or none")
        # Address 0 is not mapped; with a base of 0x10000 it is the page at 0x10000.
        moved = self.run_with("paged", "[{used_by: data, base: 0x10000, limit: 0xfff}]", *image)
        stats = self.json(*moved)["stats"]
        self.assertEqual((stats["segment.paged"], stats["segment.faults"], stats["core.faulted_accesses"]), (1, 1, 1))


if __name__ == "__main__":
    main()

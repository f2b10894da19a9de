"""`tablewalk reproduce`: its figures against single runs, its verdicts, and rejected input.

    python3 tb/cli/reproduce_test.py TABLEWALK
"""

import json
import math
import os
import unittest

import program

TRACES = os.path.join(program.ROOT, "traces", "large")
NAMES = ("bfs", "pagerank", "hash-join", "key-value", "btree", "heap")


class Reproduce(program.ProgramTest):
    answers = {}

    def once(self, *arguments):
        """The program's answer; several numbers are of the same runs."""
        if arguments not in self.answers:
            self.answers[arguments] = self.json(*arguments)
        return self.answers[arguments]

    def runs(self, *settings, cost="--no-cost"):
        """Figures of the short form's runs."""
        sets = [word for setting in settings for word in ("--set", setting)]
        return [self.once("run", f"{TRACES}/{name}.twt", "-c", "skylake", *sets, *cost.split(), "--limit", "200000")["stats"]
                for name in NAMES]

    def numbers(self, *papers):
        return self.once("reproduce", "--short", "--traces", TRACES, *papers)["numbers"]

    def test_figures_are_those_of_single_runs(self):
        tree, flattened = self.runs(), self.runs("paging.mode=flattened")

        def reads(runs):
            return sum(run["walker.entry_reads"] / run["walker.walks"] for run in runs) / len(runs)
        ratios = [one["core.cycles"] / two["core.cycles"] for one, two in zip(tree, flattened)]
        gain = 100 * (math.prod(ratios) ** (1 / len(ratios)) - 1)
        ours = [number["ours"] for number in self.numbers("park22")]
        for one, expected in zip(ours, (reads(tree), reads(flattened), gain)):
            self.assertAlmostEqual(one, expected, places=9)

    def test_the_saved_overhead_is_the_cost_that_single_runs_report(self):
        tree = self.runs(cost="")
        cuckoo = self.runs("paging.mode=cuckoo", "paging.cuckoo.initial_bytes=2M", "paging.cuckoo.walk_tables=upper", cost="")
        saved = [100 * (1 - two["translation.cost_cycles"] / one["translation.cost_cycles"]) for one, two in zip(tree, cuckoo)]
        faster = [100 * (one["core.cycles"] / two["core.cycles"] - 1) for one, two in zip(tree, cuckoo)]
        ours = [number["ours"] for number in self.numbers("ecpt20")]
        for one, expected in zip(ours, (sum(saved) / len(saved), min(faster), max(faster)), strict=True):
            self.assertAlmostEqual(one, expected, places=9)

    def test_overheads_are_the_shares_that_single_runs_report(self):
        def shares(*settings):
            return [100 * run["translation.cost_share"] for run in self.runs(*settings, cost="")]
        pages, large = shares(), shares("os.page_bytes=2M")
        ranges = shares("ranges.entries=32", "ranges.eager_bytes=64M")
        ours = [number["ours"] for number in self.numbers("karakostas15", "basu13")]
        for one, expected in zip(ours, (max(pages), sum(ranges) / len(ranges), max(large)), strict=True):
            self.assertAlmostEqual(one, expected, places=9)

    def test_the_misses_eliminated_are_those_of_single_runs(self):
        single = self.runs("os.frames=contiguous")
        coalesced = self.runs("os.frames=contiguous", "dtlb.arrays.0.coalesce=8", "stlb.arrays.0.coalesce=8")
        saved = [100 * (1 - two["stlb.misses"] / one["stlb.misses"]) for one, two in zip(single, coalesced)]
        ratios = [one["core.cycles"] / two["core.cycles"] for one, two in zip(single, coalesced)]
        gain = 100 * (math.prod(ratios) ** (1 / len(ratios)) - 1)
        ours = [number["ours"] for number in self.numbers("pham12")]
        for one, expected in zip(ours, (sum(saved) / len(saved), gain), strict=True):
            self.assertAlmostEqual(one, expected, places=9)

    def test_walks_saved_are_those_of_single_runs(self):
        tree, flattened = self.runs(), self.runs("paging.mode=flattened")
        cuckoo = self.runs("paging.mode=cuckoo", "paging.cuckoo.initial_bytes=2M", "paging.cuckoo.walk_tables=upper")

        def saved(runs, figure):
            return sum(100 * (1 - two[figure] / one[figure]) for one, two in zip(tree, runs)) / len(runs)
        latency = "walker.latency_cycles.mean"
        expected = (saved(flattened, latency), saved(flattened, "core.cycles"), saved(cuckoo, latency))
        ours = [number["ours"] for number in self.numbers("chai25")]
        for one, its in zip(ours, expected):
            self.assertAlmostEqual(one, its, places=9)

    def test_random_updates_are_those_of_single_runs_on_the_published_machine(self):
        caches = "[{level: 1, entries: 32, ways: 0}, {level: 2, entries: 4, ways: 0}, {level: 3, entries: 2, ways: 0}]"
        machine = ("clock_mhz=2000", "dram.channels=4", "l2.bytes=1M", "l2.ways=8", "l2.latency_cycles=18", "llc.bytes=2M",
                   "llc.ways=16", "llc.latency_cycles=49", "stlb.arrays.0.entries=2048", "stlb.arrays.0.ways=16",
                   f"walker.walk_caches={caches}", "memory.bytes=128G")

        def cycles(*settings):
            sets = [word for setting in (*machine, *settings) for word in ("--set", setting)]
            return self.json("run", "generated:gups,footprint=64G,count=400K", "-c", "skylake", *sets, "--warmup", "20000",
                             "--limit", "20000", "--no-cost")["stats"]["core.cycles"]
        cuckoo = ("paging.mode=cuckoo", "paging.cuckoo.walk_tables=upper", "paging.cuckoo.initial_bytes=64M")
        ours = self.numbers("chai25")[-1]["ours"]
        self.assertAlmostEqual(ours, 100 * (1 - cycles(*cuckoo) / cycles()), places=9)

    def test_counts_that_the_workload_determines_are_the_published_ones(self):
        numbers = self.numbers("belady69", "arpaci18", "silberschatz18")
        self.assertEqual([number["ours"] for number in numbers], [9, 10, 5, 5, 7, 100, 15, 9, 12])
        for number in numbers:
            self.assertEqual((number["verdict"], number["margin"]), ("agrees", 0), number)

    def test_probes_are_the_reads_of_single_runs_and_near_the_formula(self):
        for load, number in zip((0.5, 0.75, 0.9), self.numbers("knuth73"), strict=True):
            run = self.json("run", f"generated:uniform,footprint=64T,count={int(load * 16384)}", "-c", "skylake", "--no-cost",
                            "--set", "paging.mode=hashed", "--set", "paging.hashed.initial_bytes=1M", "--set",
                            "paging.hashed.max_load=0.95")["stats"]
            self.assertEqual(run["tables.growths"], 0)
            self.assertAlmostEqual(number["ours"], run["walker.entry_reads"] / run["walker.walks"], places=9)
            self.assertAlmostEqual(number["published"][0], (1 + 1 / (1 - load)) / 2, places=9)
            self.assertLess(abs(number["ours"] / number["published"][0] - 1), 0.2)

    def test_the_cuckoo_table_of_the_program_with_most_pages_does_not_grow(self):
        settings = ("--set", "paging.mode=cuckoo", "--set", "paging.cuckoo.initial_bytes=2M")
        run = self.json("run", f"{TRACES}/hash-join.twt", "-c", "skylake", *settings, "--no-cost")
        self.assertEqual(run["stats"]["tables.growths"], 0)

    def test_verdicts_follow_from_the_margin_and_the_direction(self):
        numbers = self.numbers()
        self.assertGreaterEqual(len(numbers), 4)
        for number in numbers:
            low, high = number["published"]
            agrees = low - number["margin"] <= number["ours"] <= high + number["margin"]
            self.assertEqual(number["verdict"] == "agrees", agrees, number)
            if number["unit"] == "percent" and not agrees:
                self.assertEqual(number["verdict"], "same shape" if number["ours"] > 0 else "differs", number)
            if number["paper"] == "park22":
                self.assertNotEqual(number["verdict"], "differs", number)

    def test_every_format_has_the_same_numbers(self):
        numbers = self.numbers("belady69", "knuth73")
        arguments = ("reproduce", "belady69", "knuth73", "--short", "--traces", TRACES)
        rows = self.output(*arguments, "--format", "csv").splitlines()
        self.assertEqual(len(rows), 1 + len(numbers))
        text = self.output(*arguments)
        for number in numbers:
            self.assertIn(number["number"], text)
            self.assertIn(f"{number['ours']:.2f}", text)

    def test_the_list(self):
        text = self.output("reproduce", "--list")
        for name in {number["paper"] for number in self.numbers()}:
            self.assertIn(name, text)

    def test_what_is_refused(self):
        self.assert_refused(["reproduce", "park21"], "reproduce: no paper 'park21'", "did you mean 'park22'?")
        self.assert_refused(["reproduce", "--traces", "nowhere"], "reproduce: nowhere: no such folder",
                            "expected traces/large")
        self.assert_refused(["reproduce", "--list", "park22"], "--list shows all papers")
        self.assert_refused(["reproduce", "--jobs", "0"], "--jobs 0")


if __name__ == "__main__":
    program.main()

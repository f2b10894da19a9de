"""The commands with valid input.

    python3 tb/cli/run_test.py TABLEWALK
"""

import csv
import io
import json
import os
import pty
import shutil
import signal
import subprocess
import time

import program
from program import ProgramTest, main, trace

QUICK = ["--limit", "50000"]


PRESETS = [[], ["-c", "skylake"], ["-c", "cva6"], ["--set", "core.blocking=true"]]


class Cost(ProgramTest):
    """The cost of translation: the difference of two machines."""

    def machines(self, *arguments):
        """The figures of a run, those of the same machine with free translation, and the only machine of `explain`."""
        real = self.json("run", *arguments)
        free = self.json("run", *arguments, "--no-cost", "--set", "core.free_translation=true")
        explained = self.json("explain", *arguments)["machines"]
        self.assertEqual(len(explained), 1)
        return real, free, explained[0]

    def test_the_cost_is_the_difference_of_two_runs_and_the_waterfall_adds_up_to_it(self):
        self.output("trace", "generate", "gups", "-o", "gups.twt", "--footprint", "1G", "--count", "30000")
        for preset in PRESETS:
            for name in (trace("perl"), "gups.twt"):
                with self.subTest(machine=preset, trace=name):
                    real, free, explained = self.machines(name, *preset, "--limit", "30000", "--warmup", "0")
                    cycles = real["stats"]["core.cycles"]
                    cost = cycles - free["stats"]["core.cycles"]
                    self.assertEqual(real["stats"]["translation.cost_cycles"], cost)
                    self.assertAlmostEqual(real["stats"]["translation.cost_share"], cost / cycles)
                    self.assertEqual(real["cost"], {"measured": True,
                                                    "free_translation_cycles": free["stats"]["core.cycles"]})
                    self.assertEqual(explained["cost_cycles"], cost)
                    self.assertEqual(sum(step["added_cycles"] for step in explained["steps"]), cost)
                    self.assertEqual(explained["cycles"], cycles)
                    self.assertEqual(free["stats"]["walker.walks"], 0)
                    self.assertEqual(free["stats"]["tables.bytes"], real["stats"]["tables.bytes"])

    def test_no_cost_leaves_it_out_and_changes_nothing_else(self):
        with_cost = self.json("run", trace("sort"), *QUICK)
        without = self.json("run", trace("sort"), *QUICK, "--no-cost")
        self.assertEqual(without["cost"], {"measured": False, "reason": "--no-cost"})
        rest = {name: value for name, value in with_cost["stats"].items()
                if not name.startswith("translation.cost_") and name != "translation.free_cycles"}
        self.assertEqual(without["stats"], rest)
        idle = self.json("run", trace("sort"), *QUICK, "--set", "core.free_translation=true")
        self.assertEqual(idle["cost"]["reason"], "core.free_translation is true")

    def test_standard_input_is_read_by_both_machines(self):
        with open(self.path("good.txt"), encoding="utf-8") as file:
            piped = self.json("run", "-", stdin=file.read())
        self.assertEqual(piped["stats"], self.json("run", "good.txt", "--set", "core.dependences=none")["stats"])
        self.assertTrue(piped["cost"]["measured"])

    def test_text_leads_with_it(self):
        lines = self.output("run", "good.txt").splitlines()
        self.assertIn("core.dependences: none", lines[1])
        self.assertRegex(lines[2], r"^if no load waits: [\d,]+ cycles, translation costs [\d.]+ %; if each waits .*: [\d,]+ cycles, -?[\d.]+ %$")
        self.assertEqual(lines[4], "Cost of translation")
        self.assertIn("cost cycles", lines[5])

    def test_a_comparison_has_the_cost_of_each_machine(self):
        compared = self.json("compare", trace("sort"), *QUICK, "-c", "skylake", "-c", "cva6")["results"]
        for entry in compared:
            alone = self.json("run", trace("sort"), *QUICK, "-c", entry["label"])
            self.assertEqual(entry["result"], alone)
        lines = self.output("compare", trace("sort"), *QUICK, "-c", "skylake", "-c", "cva6").splitlines()
        self.assertTrue(lines[3].startswith("translation.cost_cycles"), "the trace records the dependences")

    def test_the_explanation_is_the_same_in_text_and_csv(self):
        arguments = ["explain", trace("sort"), *QUICK, "-c", "skylake"]
        machine = self.json(*arguments)["machines"][0]
        rows = list(csv.DictReader(io.StringIO(self.output(*arguments, "--format", "csv"))))
        waterfall = {row["name"]: int(row["cycles"]) for row in rows if row["table"] == "waterfall"}
        for step in machine["steps"]:
            self.assertEqual(waterfall[step["name"]], step["added_cycles"])
        self.assertEqual(waterfall["cost"], machine["cost_cycles"])
        walks = self.json("run", trace("sort"), *QUICK, "-c", "skylake", "--no-cost")["stats"]["walker.walks"]
        for table in ("region", "instruction"):
            caused = [row for row in rows if row["table"] == table]
            self.assertEqual(sum(int(row["walks"]) for row in caused), walks, table)
            self.assertAlmostEqual(sum(float(row["share"]) for row in caused), 1)
        self.assertEqual(machine["attribution"]["walks"], walks)
        text = self.output(*arguments)
        self.assertIn(f"{machine['cost_cycles']:,}", text)
        several = self.output("explain", trace("sort"), *QUICK, "-c", "skylake", "-c", "cva6")
        self.assertIn("cva6", several)


class Run(ProgramTest):
    def test_text_names_the_key_figures(self):
        text = self.output("run", "good.txt", "--explain")
        for words in ("translation stall cycles", "the cost of address translation", "walks", "entry reads per walk",
                      "Page tables"):
            self.assertIn(words, text)

    def test_json_follows_its_schema_and_explains_every_statistic(self):
        result = self.json("run", trace("sort"), *QUICK)
        self.assertEqual(list(result)[:2], ["schema", "version"])
        self.assertEqual(result["schema"], "tablewalk.result/2")
        self.assertEqual(set(result["trace"]), {"path", "format", "checksum", "records", "dependences"})
        self.assertEqual(result["config"]["paging"]["mode"], "x86-64")
        self.assertEqual(set(result["stats"]) - set(result["meaning"]), set())
        for name, meaning in result["meaning"].items():
            self.assertTrue(meaning["description"], name)
        key_figures = {name: meaning for name, meaning in result["meaning"].items() if meaning.get("key")}
        self.assertTrue({"core.cycles", "dtlb.misses", "walker.walks", "walker.latency_cycles.p95", "tables.bytes"} <= set(key_figures))
        for name, meaning in key_figures.items():
            self.assertTrue(meaning.get("explanation"), name)
        for figure in ("sent_down", "merged_misses", "found_after_wait", "miss_latency_cycles.mean"):
            self.assertEqual(len({result["meaning"][f"{tlb}.{figure}"]["explanation"] for tlb in ("itlb", "dtlb", "stlb")}), 1)
        stats = result["stats"]
        self.assertEqual(stats["core.accesses"], 50000)
        self.assertEqual(stats["dtlb.lookups"], stats["dtlb.hits"] + stats["dtlb.misses"])

    def test_csv_has_the_figures_of_json(self):
        rows = list(csv.DictReader(io.StringIO(self.output("run", "good.txt", "--format", "csv"))))
        stats = self.json("run", "good.txt")["stats"]
        self.assertEqual({row["name"]: float(row["value"]) for row in rows},
                         {name: float(value) for name, value in stats.items()})

    def test_the_written_result_is_the_printed_one(self):
        printed = self.output("run", "good.txt", "--format", "json", "-o", "new/folder")
        with open(self.path("new/folder/result.json"), encoding="utf-8") as file:
            self.assertEqual(file.read(), printed)

    def test_standard_input_is_a_trace(self):
        with open(self.path("good.txt"), encoding="utf-8") as file:
            piped = self.json("run", "-", stdin=file.read())
        self.assertEqual(piped["stats"], self.json("run", "good.txt", "--set", "core.dependences=none")["stats"])

    def test_every_miss_is_counted_once(self):
        pages = "".join(f"R 0x{page}000 8\n" for page in (1, 2, 3, 2, 3))
        self.write("pages.txt", pages)
        for registers, merged, found in ((1, 1, 1), (8, 2, 0)):
            stats = self.json("run", "pages.txt", "--check", "--no-cost",
                              "--set", f"dtlb.miss_registers={registers}")["stats"]
            self.assertEqual(stats["dtlb.misses"], 5)
            self.assertEqual(stats["dtlb.sent_down"], 3)
            self.assertEqual(stats["stlb.lookups"], 3)
            self.assertEqual(stats["dtlb.merged_misses"], merged)
            self.assertEqual(stats["dtlb.found_after_wait"], found)
            self.assertEqual(stats["walker.walks"], 3)

    def test_misses_and_walks_per_thousand_instructions(self):
        stats = self.json("run", trace("sort"), *QUICK, "--no-cost")["stats"]
        kilo_instructions = stats["core.instructions"] / 1000
        for name in ("itlb", "dtlb", "stlb", "l1i", "l1d", "l2", "llc"):
            self.assertAlmostEqual(stats[name + ".mpki"], stats[name + ".misses"] / kilo_instructions)
            self.assertGreater(stats[name + ".miss_latency_cycles.mean"], 0)
        self.assertAlmostEqual(stats["walker.walks_per_kilo_instruction"], stats["walker.walks"] / kilo_instructions)

    def test_a_blocking_core_waits_for_misses_as_long_as_they_take(self):
        """One access at a time: the first level's misses and the core's translations are the same requests."""
        stats = self.json("run", trace("sort"), *QUICK, "--no-cost", "--set", "core.blocking=true")["stats"]
        self.assertGreater(stats["dtlb.misses"], 0)
        latency = sum(stats[tlb + ".misses"] * stats[tlb + ".miss_latency_cycles.mean"] for tlb in ("itlb", "dtlb"))
        self.assertAlmostEqual(latency, stats["translation.cycles.total"], places=3)

    def test_attribution_adds_up_to_the_walks(self):
        result = self.json("run", trace("sort"), *QUICK, "--no-cost", "--attribute", "--attribute-rows", "3")
        attribution = result["attribution"]
        self.assertEqual(attribution["walks"], result["stats"]["walker.walks"])
        self.assertAlmostEqual(attribution["walk_cycles"] / attribution["walks"],
                               result["stats"]["walker.latency_cycles.mean"])
        for rows in ("regions", "levels", "instructions"):
            self.assertEqual(sum(row["walk_cycles"] for row in attribution[rows]), attribution["walk_cycles"])
        for rows in ("regions", "instructions"):
            self.assertEqual(sum(row["walks"] for row in attribution[rows]), attribution["walks"])
            self.assertEqual([row["name"] == "others" for row in attribution[rows]], [False] * 3 + [True])
        text = self.output("run", trace("sort"), *QUICK, "--no-cost", "--attribute", "--attribute-rows", "3", "--explain")
        for words in ("What causes the walks", "region of 2 MiB", "part of a walk", "instruction ", "more rows)"):
            self.assertIn(words, text)
        self.assertNotIn("attribution", self.json("run", "good.txt", "--no-cost"))

    def test_the_walk_log_has_a_row_for_each_walk(self):
        walks = self.json("run", trace("sort"), *QUICK, "--walk-log", "log.csv")["stats"]["walker.walks"]
        with open(self.path("log.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertGreater(walks, 0)
        self.assertEqual(len(rows), walks)
        self.assertEqual(list(rows[0]), "id asid va access requested_cycle taken_cycle answered_cycle queue_cycles "
                         "merged_requests walk_cache_hit_level entry_reads reads frame page_bytes fault phase".split())
        self.assertTrue(all(row["reads"].count("@") == int(row["entry_reads"]) for row in rows if not row["fault"]
                            and "!" not in row["reads"]))

    def test_a_device_as_a_walk_log_stays_a_device(self):
        os.mkfifo(self.path("pipe"))
        with subprocess.Popen(["cat", self.path("pipe")], stdout=subprocess.PIPE, text=True) as reader:
            self.output("run", "good.txt", "--walk-log", "pipe")
            self.assertTrue(reader.stdout.read().startswith("id,asid,va"))
        self.assertFalse(os.path.isfile(self.path("pipe")))

    def test_ctrl_c_gives_what_there_is(self):
        self.output("trace", "generate", "uniform", "-o", "long.twt", "--count", "20000000", "--footprint", "4G")
        with subprocess.Popen([program.PROGRAM, "run", "long.twt", "--format", "json"], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            time.sleep(1.5)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=120)
        self.assertEqual((process.returncode, errors), (0, ""))
        result = json.loads(output)
        self.assertTrue(result["partial"])
        self.assertLess(result["trace"]["records"], 20000000)

    def test_a_reader_that_leaves_ends_the_program_quietly(self):
        result = subprocess.run(["bash", "-c", f"'{program.PROGRAM}' config show | head -1; exit ${{PIPESTATUS[0]}}"],
                                capture_output=True, text=True, timeout=60, check=False)
        self.assertNotIn("terminate", result.stderr)
        self.assertEqual(result.stdout.count("\n"), 1)

    def test_progress_is_shown_on_a_terminal_only(self):
        leader, follower = pty.openpty()
        with subprocess.Popen([program.PROGRAM, "run", trace("cc1")], stdout=subprocess.DEVNULL, stderr=follower):
            os.close(follower)
            shown = b""
            try:
                while chunk := os.read(leader, 4096):
                    shown += chunk
            except OSError:
                pass  # the terminal's end
        os.close(leader)
        self.assertIn(b"records", shown)
        self.assertEqual(self.run_program("run", trace("cc1"), *QUICK).stderr, "")


class Cosim(ProgramTest):
    def test_what_was_compared_is_counted(self):
        counts = self.json("cosim", trace("sort"), *QUICK)
        stats = self.json("run", trace("sort"), *QUICK)["stats"]
        self.assertEqual((counts["differences"], counts["records"]), (0, 50000))
        self.assertEqual((counts["walks"], counts["entry_reads"]), (stats["walker.walks"], stats["walker.entry_reads"]))
        self.assertIn("no difference between the SystemC walker and the RTL walker",
                      self.output("cosim", trace("sort"), *QUICK))

    def test_a_wave_is_written_from_the_cycle_asked_for(self):
        self.output("cosim", "good.txt", "--wave", "x.fst", "--wave-from", "0")
        self.assertEqual(sorted(os.listdir(self.folder)), ["good.txt", "x.fst", "x.gtkw", "x.gtkw.names"])
        self.assertGreater(os.path.getsize(self.path("x.fst")), 1000)

    def test_it_is_said_why_no_wave_is_written(self):
        for more, why in (([], "no difference; --wave-from CYCLE writes it anyway"),
                          (["--wave-from", "9999999"], "the run ended before cycle 9999999")):
            result = self.run_program("cosim", "good.txt", "--wave", "x.fst", *more)
            self.assertEqual((result.returncode, result.stderr), (0, f"tablewalk: x.fst is not written: {why}\n"))
            self.assertEqual(os.listdir(self.folder), ["good.txt"])


class Waves(ProgramTest):
    def test_the_wires_of_any_hardware_are_written(self):
        for machine in (["--set", "walker.kind=rtl"], ["-c", "example-walker"]):
            sizes = []
            for window in ([], ["--wave-from", "500", "--wave-cycles", "5000"]):
                run = ["run", trace("sort"), "--limit", "2000", *machine]
                self.assertEqual(self.output(*run, "--wave", "x.fst", *window), self.output(*run))
                sizes.append(os.path.getsize(self.path("x.fst")))
            self.assertEqual(sorted(os.listdir(self.folder)), ["good.txt", "x.fst", "x.gtkw", "x.gtkw.names"])
            self.assertGreater(sizes[1], 1000)
            self.assertGreater(sizes[0], sizes[1])

    def test_it_is_said_why_no_wave_is_written(self):
        result = self.run_program("run", "good.txt", "-c", "example-walker", "--wave", "x.fst", "--wave-from", "9999999")
        self.assertEqual((result.returncode, result.stderr),
                         (0, "tablewalk: x.fst is not written: the walker did nothing in those cycles\n"))
        self.assertEqual(os.listdir(self.folder), ["good.txt"])


class Presets(ProgramTest):
    def test_every_preset_runs_every_trace_and_keeps_the_laws(self):
        presets = [preset["name"] for preset in self.json("config", "list")]
        self.assertLessEqual({"cva6", "ddr4-3200", "skylake", "teaching"}, set(presets))
        traces = sorted(os.listdir(os.path.join(program.ROOT, "traces")))
        traces = [name[:-4] for name in traces if name.endswith(".twt")]
        self.assertGreaterEqual(len(traces), 8)
        for preset in presets:
            self.assertIn(": valid", self.output("config", "check", preset))
            narrow = preset == "teaching"  # 32-bit addresses
            cores = self.json("config", "show", preset)["cores"]
            for name in traces:
                with self.subTest(preset=preset, trace=name):
                    mode = ["--set", "paging.mode=x86-64"] if narrow else []
                    self.output("run", *[trace(name)] * cores, "-c", preset, "--check", "--no-cost", "--limit",
                                str(8000 // cores), *mode)

    def test_the_threads_of_a_trace_run_on_several_cores(self):
        stats = self.json("run", trace("threads/histogram"), "-c", "skylake-4", "--check", "--limit", "10000")["stats"]
        self.assertEqual([stats[f"core{core}.accesses"] for core in range(4)], [10000] * 4)
        self.assertEqual(stats["core.accesses"], 40000)
        self.assertGreater(stats["directory.snoops"], 0)

    def test_32_bit_traces_run_on_32_bit_tables(self):
        for name in ("sieve32", "tree32"):
            for preset in ("skylake", "teaching"):
                for mode, reads in (("flat32", 1), ("x86-32", 2)):
                    result = self.run_program("run", trace(name), "-c", preset, "--check", "--limit", "20000",
                                              "--set", "walker.walk_caches=[]", "--set", "paging.mode=" + mode,
                                              "--format", "json")
                    self.assertEqual(result.returncode, 0)
                    # Skylake's arrays for larger pages.
                    self.assertEqual("stay empty" in result.stderr, preset == "skylake")
                    self.assertEqual(json.loads(result.stdout)["stats"]["walker.entry_reads_per_walk"], reads)

    def test_latencies_are_those_the_presets_promise(self):
        for preset, lines, step, cycles in (("skylake", 16, 64, 4), ("skylake", 1024, 64, 12), ("skylake", 32768, 64, 44),
                                            ("cva6", 16, 64, 3)):
            # Lines accessed in a cycle: under LRU and its relatives, all hit in the memory that holds them.
            loop = "".join(f"R {0x10000000 + line * step:#x} 8\n" for line in range(lines))
            repeats = max(2, 20000 // lines)
            self.write("loop.txt", loop * 2 * repeats)
            stats = self.json("run", "loop.txt", "-c", preset, "--set", "core.blocking=true", "--warmup",
                              str(lines * repeats))["stats"]
            waited = stats["core.cycles"] - stats["core.translation_stall_cycles"]
            self.assertEqual(round(waited / stats["core.accesses"], 1), cycles, (preset, lines))
        pages = "".join(f"R {0x10000000 + page * 4096:#x} 8\n" for page in range(256))
        self.write("pages.txt", pages * 4)
        stats = self.json("run", "pages.txt", "-c", "skylake", "--set", "core.blocking=true", "--warmup", "512")["stats"]
        self.assertEqual(stats["core.translation_stall_cycles"], 7 * stats["dtlb.misses"])

    def test_what_config_show_prints_is_that_machine(self):
        for preset in ("skylake", "cva6"):
            self.write("mine.yaml", self.output("config", "show", preset))
            self.assertEqual(self.json("config", "show", "mine.yaml"), self.json("config", "show", preset))


class Compare(ProgramTest):
    MODES = ["--vary", "paging.mode=flat48,x86-64,x86-64-la57"]

    def test_entry_reads_follow_the_levels(self):
        results = self.json("compare", trace("sort"), *self.MODES, *QUICK)["results"]
        self.assertEqual([one["label"] for one in results], ["flat48", "x86-64", "x86-64-la57"])
        reads = [one["result"]["stats"]["walker.entry_reads_per_walk"] for one in results]
        self.assertEqual(reads, [1, 4, 5])

    def test_text_has_ratios_to_the_first(self):
        text = self.output("compare", trace("sort"), *self.MODES, *QUICK)
        row = next(line for line in text.splitlines() if line.startswith("walker.entry_reads_per_walk"))
        self.assertEqual(row.split()[1:], ["1.00", "4.00", "4.00x", "5.00", "5.00x"])
        row = next(line for line in text.splitlines() if line.startswith("tables.bytes"))
        self.assertIn("512 GiB", row)

    def test_jobs_change_nothing(self):
        one = self.output("compare", trace("sort"), *self.MODES, *QUICK, "--format", "json", "-j", "1")
        three = self.output("compare", trace("sort"), *self.MODES, *QUICK, "--format", "json", "-j", "3")
        self.assertEqual(one, three)

    def test_csv_has_a_column_for_each_machine(self):
        rows = list(csv.reader(io.StringIO(self.output("compare", "good.txt", *self.MODES, "--format", "csv"))))
        self.assertEqual(rows[0], ["name", "unit", "flat48", "x86-64", "x86-64-la57"])

    def test_hardware_has_its_cost_beside_the_performance(self):
        with open(os.path.join(program.ROOT, "rtl", "synth", "area.json"), encoding="utf-8") as file:
            kept = json.load(file)["variants"]
        (cost,) = [kept[text] for text in kept if text.startswith("slots=2 caches=")]
        walkers = ["compare", "good.txt", "-c", "skylake", "--vary", "walker.kind=systemc,rtl"]
        model, hardware = [one["result"]["stats"] for one in self.json(*walkers)["results"]]
        self.assertFalse([name for name in model if name.startswith("rtl_walker.")])
        shown = {name: value for name, value in hardware.items() if name.startswith("rtl_walker.")}
        reported = {"cells", "flip_flops", "logic_depth", "ice40_luts", "ice40_flip_flops", "ice40_logic_depth"}
        self.assertEqual(shown, {"rtl_walker." + name: cost[name] for name in reported & set(cost)})
        row = next(line for line in self.output(*walkers).splitlines() if line.startswith("rtl_walker.cells"))
        self.assertEqual(row.split()[1:], ["-", f"{cost['cells']:,}"])


class TablesAndTraces(ProgramTest):
    LECTURE = ["--map", "0:4M", "--map", "0xFFC00000:4M"]

    def test_the_lecture_figures(self):
        sizes = self.json("tables", "--mode", "radix:5,5,5,5/12@4", "--mode", "flat32", *self.LECTURE)["modes"]
        self.assertEqual([(size["tables"], size["bytes"]) for size in sizes], [(69, 8832), (1, 4194304)])
        text = self.output("tables", "--mode", "radix:5,5,5,5/12@4", *self.LECTURE)
        self.assertEqual(text.splitlines()[1].split()[1:4], ["2048", "69", "8832"])

    def test_a_converted_trace_holds_the_same_records(self):
        self.output("trace", "convert", "good.txt", "good.twt")
        info = [self.json("trace", "info", name) for name in ("good.txt", "good.twt")]
        self.assertEqual(info[0]["checksum"], info[1]["checksum"])
        self.assertEqual(info[1]["records"], 4)

    EVENTS = ("R 0x1000 8\nW 0x2000 8 supervisor\ninvalidate 0x1000\nR 0x1000 8\n"
              "invalidate @3\ninvalidate all\nR 0x1000 8 @3\n")

    def test_events_and_privilege_go_through_conversion_and_are_counted(self):
        self.write("events.txt", self.EVENTS)
        self.output("trace", "convert", "events.txt", "events.twt")
        self.output("trace", "convert", "events.twt", "again.txt")
        with open(self.path("again.txt"), encoding="utf-8") as file:
            self.assertEqual([line for line in file.read().splitlines() if not line.startswith("#")],
                             self.EVENTS.splitlines())
        info = [self.json("trace", "info", name) for name in ("events.txt", "events.twt")]
        self.assertEqual(info[0]["checksum"], info[1]["checksum"])
        for key, count in (("records", 7), ("loads", 3), ("stores", 1), ("supervisor_accesses", 1),
                           ("page_invalidates", 1), ("asid_invalidates", 1), ("all_invalidates", 1), ("pages_4k", 3)):
            self.assertEqual(info[1][key], count, key)
        text = self.output("trace", "info", "events.txt")
        self.assertIn("invalidate @ASID", text)
        self.assertIn("of these supervisor", text)
        self.assertNotIn("invalidate", self.output("trace", "info", "good.txt"))

    def test_a_switch_without_address_space_ids_empties_tlbs_and_walk_caches(self):
        """Intel SDM volume 3, 4.10.4.1: a write of CR3 without PCIDs removes all that is not global."""
        self.write("two.txt", "".join(f"R 0x1000 8 @{space}\n" for space in (1, 2, 1, 2)))
        def run(*machine):
            return self.json("run", "two.txt", *machine, "--set", "core.blocking=true", "--check")["stats"]
        for machine in (["-m", "x86-64"], ["-m", "sv39"], ["-m", "arm64-4k"]):
            stats = run(*machine)
            self.assertEqual((stats["dtlb.misses"], stats["walker.walks"]), (2, 2), machine)
            self.assertEqual(stats["dtlb.switched_out"], 0)
            self.assertEqual((stats["core.switches"], stats["core.switching_cycles"]), (3, 300))
        for machine in (["-m", "x86-64", "--set", "paging.x86.pcide=false"], ["-m", "x86-32"], ["-m", "x86-pae"]):
            stats = run(*machine)
            self.assertEqual((stats["dtlb.misses"], stats["walker.walks"]), (4, 4), machine)
            self.assertEqual((stats["dtlb.switched_out"], stats["dtlb.invalidated"]), (3, 0))

    def test_invlpg_drops_every_pointer_of_its_address_space(self):
        """Intel SDM volume 3, 4.10.4.1: for any address, all paging-structure-cache entries of the PCID go."""
        accesses = "R 0x10000000 8\nR 0x7f0000000000 8\n{}\nR 0x7f0000001000 8\nR 0x10001000 8\n"
        reads = {}
        for event in ("invalidate 0x10000000", "invlpg 0x10000000", "invpcid 0 0x10000000 @0", "# nothing"):
            self.write("t.txt", accesses.format(event))
            self.output("run", "t.txt", "-c", "skylake", "--set", "core.blocking=true", "--walk-log", "w.csv")
            with open(self.path("w.csv"), encoding="utf-8") as file:
                reads[event] = [int(row["entry_reads"]) for row in csv.DictReader(file)]
        self.assertEqual(reads["invalidate 0x10000000"], [4, 4, 4, 4])
        self.assertEqual(reads["invlpg 0x10000000"], [4, 4, 4, 4])
        self.assertEqual(reads["invpcid 0 0x10000000 @0"], [4, 4, 1, 4])
        self.assertEqual(reads["# nothing"], [4, 4, 1, 1])

    def test_every_event_goes_through_conversion(self):
        events = ("invlpg 0x1000 @3\ninvlpg 0x2000\ninvpcid 0 0x1000 @3\ninvpcid 1 @3\ninvpcid 2\ninvpcid 3\n"
                  "mov-cr3 @4\nswitch @5\nsfence.vma\nsfence.vma 0x1000\nsfence.vma @2\nsfence.vma 0x1000 @2\n"
                  "tlbi vmalle1\ntlbi aside1 @1\ntlbi vae1 0x1000 @1\ntlbi vaae1 0x1000\ntlbi vale1 0x1000 @1\n"
                  "tlbi vaale1 0x1000\nthread 7\nR 0x1000 8\n")
        self.write("all.txt", events)
        self.output("trace", "convert", "all.txt", "all.twt")
        self.output("trace", "convert", "all.twt", "back.txt")
        with open(self.path("back.txt"), encoding="utf-8") as file:
            self.assertEqual([line for line in file.read().splitlines() if not line.startswith("#")],
                             events.splitlines())
        self.assertEqual(self.json("trace", "info", "all.twt")["tlbi_vale1"], 1)

    def test_threads_are_counted(self):
        self.write("plain.txt", "R 0x1000 8\n" * 4)
        self.assertNotIn("thread", self.output("trace", "info", "plain.txt"))
        self.assertEqual(self.json("trace", "info", "plain.txt")["thread_records"], [{"thread": 0, "records": 4}])
        self.write("two.txt", "thread 9\nR 0x1000 8\nthread 2\nR 0x1000 8\ninvalidate all\nthread 9\nW 0x1000 8\n")
        info = self.json("trace", "info", "two.txt")
        self.assertEqual((info["records"], info["threads"], info["thread_events"]), (7, 2, 3))
        self.assertEqual(info["thread_records"], [{"thread": 9, "records": 2}, {"thread": 2, "records": 2}])
        lines = [line.split() for line in self.output("trace", "info", "two.txt").splitlines()]
        self.assertIn(["9", "2", "50.00", "%"], lines)
        self.assertIn(["thread", "N", "3"], lines)
        rows = self.output("trace", "info", "two.txt", "--format", "csv").splitlines()
        self.assertLess({"threads,2", "thread_9_records,2", "thread_2_records,2"}, set(rows))
        self.write("many.txt", "".join(f"thread {i}\nR 0x1000 8\n" for i in range(20)))
        self.assertIn("(4 more threads; --format json has all)", self.output("trace", "info", "many.txt"))

    def test_events_map_no_pages(self):
        self.write("events.txt", "R 0x1000 8\ninvalidate 0x900000 @7\n")
        tables = self.json("tables", "events.txt", "--mode", "x86-64")
        self.assertEqual(tables["address_spaces"], 1)
        self.assertEqual(tables["modes"][0]["pages"], 1)

    def test_events_cost_what_the_core_says_and_make_misses(self):
        self.write("events.txt", self.EVENTS)
        self.write("plain.txt", "".join(line for line in self.EVENTS.splitlines(True) if "inv" not in line))
        events = self.json("run", "events.txt", "--set", "core.invalidate_cycles=70", "--check")["stats"]
        plain = self.json("run", "plain.txt")["stats"]
        self.assertEqual(events["core.accesses"], plain["core.accesses"])
        self.assertEqual(events["core.supervisor_accesses"], 1)
        self.assertEqual(events["core.invalidations"], 3)
        self.assertEqual(events["core.invalidation_cycles"], 210)
        # Page 0x1000; then nothing of space 3; then pages 0x1000 and 0x2000.
        self.assertEqual(events["dtlb.invalidated"], 3)
        self.assertEqual(events["stlb.invalidated"], 3)
        self.assertEqual(events["walker.walks"], plain["walker.walks"] + 1)

    def test_generated_traces_repeat_for_their_seed(self):
        for name, seed in (("a.twt", "1"), ("b.twt", "1"), ("c.twt", "2")):
            self.output("trace", "generate", "zipf", "-o", name, "--count", "1000", "--seed", seed)
        a, b, c = (self.json("trace", "info", name)["checksum"] for name in ("a.twt", "b.twt", "c.twt"))
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)

    def test_a_program_can_be_captured(self):
        if shutil.which("valgrind") is None:
            self.skipTest("valgrind is not installed")
        result = self.run_program("trace", "capture", "-o", "true.twt", "--", "/bin/true")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(self.json("trace", "info", "true.twt")["records"], 10000)


class MemoryAlone(ProgramTest):
    """tablewalk dram."""

    BARE = ["--set", "dram.controller_ns=0", "--requests", "3000"]

    def test_one_read_at_a_time_takes_its_timings(self):
        result = self.json("dram", "rowconf", *self.BARE, "--set", "dram.t_refi_ns=0")
        self.assertEqual(result["schema"], "tablewalk.dram/1")
        self.assertEqual(result["latency"]["p50"]["clocks"], 22 + 22 + 22 + 4 + 3)  # and 3 of tRAS
        self.assertEqual(result["latency"]["p50"]["ns"], 73 * 0.625)
        self.assertEqual(result["latency"]["p50"]["cycles"], 73 * 2.5)
        self.assertEqual(sum(count for _, count in result["histogram_clocks"]), 3000)
        self.assertEqual(result["row_conflicts"], 2999)

    def test_results_in_clocks_do_not_depend_on_the_cores_clock(self):
        results = []
        for mhz in ("1600", "4000", "3141"):
            result = self.json("dram", "mixed", *self.BARE, "--in-flight", "8", "--set", "clock_mhz=" + mhz)
            self.assertAlmostEqual(result["latency"]["mean"]["cycles"] / result["latency"]["mean"]["ns"], int(mhz) / 1000)
            results.append((result["histogram_clocks"], result["duration_clocks"]))
        self.assertEqual(results[0], results[1])
        self.assertEqual(results[0], results[2])

    def test_seeds_decide(self):
        def run(seed, *how):
            return self.output("dram", "mixed", *self.BARE, *how, "--seed", seed, "--format", "csv")

        for how in (["--in-flight", "4"], ["--mean-gap", "20.5"]):
            self.assertEqual(run("1", *how), run("1", *how))
            self.assertNotEqual(run("1", *how), run("2", *how))

    def test_a_trace_is_a_stream(self):
        result = self.json("dram", "good.txt")
        self.assertEqual((result["requests"], result["reads"], result["writes"]), (4, 3, 1))
        self.assertEqual(self.json("dram", trace("sort"), "--requests", "1000")["requests"], 1000)

    def test_presets_and_formats(self):
        def bandwidth(preset):
            return self.json("dram", "seq", "-c", preset, "--in-flight", "64")["gbytes_per_s"]

        self.assertGreater(bandwidth("ddr5-4800"), bandwidth("ddr4-3200"))
        text = self.output("dram", "random", *self.BARE, "--in-flight", "8")
        for words in ("memory clocks", "core cycles", "bandwidth", "row hits", "#"):
            self.assertIn(words, text)
        rows = list(csv.DictReader(io.StringIO(self.output("dram", "random", *self.BARE, "--format", "csv"))))
        self.assertEqual((rows[0]["stream"], rows[0]["requests"]), ("random", "3000"))

    def test_fcfs_never_hits_more_than_frfcfs(self):
        def hits(scheduler):
            return self.json("dram", trace("sort"), "--in-flight", "16", "--requests", "20000", "--set",
                             "dram.scheduler=" + scheduler)["row_hit_share"]

        self.assertGreaterEqual(hits("frfcfs"), hits("fcfs"))


if __name__ == "__main__":
    main()

"""Bad input: exit 2, and one line that says what is wrong, where, and what was expected.

    python3 tb/cli/bad_input_test.py TABLEWALK
"""

import gzip
import json
import lzma
import os
import subprocess
import sys
import time

import program
from program import GOOD, ProgramTest, image, main, trace


class BadTlbs(ProgramTest):
    def test_coalescing_that_is_no_group_or_that_no_walk_can_see(self):
        key = "dtlb.arrays.0.coalesce"
        self.assert_refused(["run", "good.txt", "--set", key + "=3"], key + ": 3 pages", "expected 1, 2, 4, 8 or 16")
        self.assert_refused(["run", "good.txt", "--set", key + "=16"], key, "64 bytes at once, which are 8 entries",
                            "expected at most 8")
        self.assert_refused(["run", "good.txt", "--set", key + "=2", "--set", "paging.mode=hashed-chained"], key,
                            "no line has entries of adjacent pages", "expected 1")
        self.assert_refused(["run", "good.txt", "--set", key + "=2", "--set", "walker.kind=rtl"], key,
                            "the walker in hardware reads single entries", "expected 1")
        self.assert_refused(["cosim", "good.txt", "--set", key + "=2"], "coalesce", "the RTL walker reads single entries",
                            "expected 1")

    def test_ranges_that_the_machine_cannot_have(self):
        with_ranges = ["run", "good.txt", "--set", "ranges.entries=4", "--set"]
        self.assert_refused(["run", "good.txt", "--set", "ranges.entries=1025"], "ranges.entries", "1025", "1024")
        self.assert_refused(with_ranges + ["ranges.latency_cycles=0"], "ranges.latency_cycles: 0 cycles",
                            "expected at least 1")
        self.assert_refused(with_ranges + ["ranges.least_pages=0"], "ranges.least_pages: 0 pages", "expected at least 1")
        self.assert_refused(with_ranges + ["ranges.eager_bytes=3M"], "ranges.eager_bytes: 3M is not a power of two",
                            "expected one, or 0")
        self.assert_refused(with_ranges + ["ranges.eager_bytes=4G", "--set", "paging.mode=flat32"], "ranges.eager_bytes",
                            "more than half of the address space of paging mode flat32", "expected at most 2G")
        on_demand = ["run", "good.txt", "--set", "ranges.entries=4", "--set", "os.prefault=false", "--set"]
        limited = on_demand + ["os.resident_limit=1M", "--set"]
        self.assert_refused(limited + ["os.replacement.policy=aging"], "os.replacement.policy: it reads accessed bits",
                            "expected fifo, random, lru or optimal, or ranges.entries: 0")
        self.assert_refused(limited + ["os.replacement.policy=optimal"], "ranges.eager_bytes", "optimal", "expected 0")
        self.assert_refused(on_demand + ["os.huge_pages.policy=always"], "ranges.eager_bytes: the policy of huge pages",
                            "expected 0, or os.huge_pages.policy: never")
        self.assert_refused(with_ranges + ["stlb.enabled=false"], "ranges.entries", "which is left out",
                            "stlb.enabled: true")
        self.assert_refused(with_ranges + ["memory.line_bytes=16"], "memory.line_bytes: 16 bytes",
                            "expected at least 32")


    def test_prefetches_that_the_machine_cannot_make(self):
        key = "stlb.prefetch."
        kind = ["--set", key + "kind=next_page"]
        self.assert_refused(["run", "good.txt", *kind, "--set", "walker.kind=rtl"], key + "kind",
                            "gives all walks the same priority", "expected none")
        self.assert_refused(["cosim", "good.txt", *kind], "prefetch.kind", "gives all walks the same priority", "expected none")
        self.assert_refused(["run", "good.txt", *kind, "--set", "stlb.enabled=false"], key + "kind", "disabled", "expected none")
        self.assert_refused(["run", "good.txt", *kind, "--set", "stlb.miss_registers=1"], "stlb.miss_registers",
                            "expected at least 2")
        self.assert_refused(["run", "good.txt", *kind, "--set", key + "page_bytes=8K"], key + "page_bytes", "no pages of 8K",
                            "expected 4K, 2M, 1G")
        self.assert_refused(["run", "good.txt", *kind, "--set", key + "buffer=0", "--set", "stlb.arrays.0.coalesce=8"],
                            key + "buffer", "expected at least 1")
        self.assert_refused(["run", "good.txt", "--set", key + "kind=line", "--set", "paging.mode=hashed-chained"],
                            key + "kind", "no line has entries of adjacent pages", "expected another kind")
        self.assert_refused(["run", "good.txt", "--set", key + "degree=0"], key + "degree", "expected at least 1")


class BadCaches(ProgramTest):
    def test_table_ways_without_tables_or_beyond_the_ways(self):
        for cache, reads in (("l1i", "l1d"), ("l1d", "l2"), ("l2", "llc"), ("llc", "dram")):
            self.assert_refused(["run", "good.txt", "--set", f"{cache}.table_ways=1", "--set", "walker_reads=" + reads],
                                cache + ".table_ways", "reads no page-table entries through this cache", "expected 0")
        self.assert_refused(["run", "good.txt", "--set", "l2.table_ways=5"], "l2.table_ways: 5 lines",
                            "a set has 4 ways", "expected at most that")


class BadTraces(ProgramTest):
    def test_truncated_traces(self):
        with open(trace("sort"), "rb") as file:
            whole = file.read()
        self.write("header.twt", whole[:100])
        self.write("half.twt", whole[:len(whole) // 2])
        self.write("half.gz", gzip.compress(GOOD.encode() * 100)[:40])
        self.assert_refused(["run", "header.twt"], "header.twt", "truncated")
        self.assert_refused(["run", "half.twt"], "half.twt", "truncated")
        self.assert_refused(["run", "half.gz"], "half.gz", "truncated or damaged")

    def test_a_damaged_block_is_found_by_its_checksum(self):
        with open(trace("sort"), "rb") as file:
            damaged = bytearray(file.read())
        damaged[len(damaged) // 2] ^= 0x55
        self.write("damaged.twt", bytes(damaged))
        self.assert_refused(["run", "damaged.twt"], "damaged.twt: byte ", "checksum")
        self.assert_refused(["compare", "damaged.twt"], "damaged.twt: byte ", "checksum")
        self.assert_refused(["trace", "info", "damaged.twt"], "damaged.twt: byte ", "checksum")
        self.assert_refused(["trace", "convert", "damaged.twt", "out.txt"], "damaged.twt: byte ", "checksum")

    def test_empty_traces(self):
        self.write("empty.txt", "")
        self.write("comments.txt", "# nothing\n")
        for command in (["run"], ["compare"], ["tables"], ["trace", "info"]):
            self.assert_refused([*command, "empty.txt"], "empty.txt: the trace is empty", "expected at least one")
            self.assert_refused([*command, "comments.txt"], "comments.txt: contains comments but no access",
                                "expected at least one")

    def test_what_is_no_trace(self):
        self.write("words.txt", "hello\nworld\n")
        self.write("line.txt", "R 0x1000 8\nR zz 8\n")
        self.assert_refused(["run", "words.txt"], "words.txt: ", "expected champsim, ", " or twt")
        self.assert_refused(["run", "line.txt"], "line.txt:2: ", "expected 'R|W|X", "found 'R zz 8'")
        self.write("event.txt", "R 0x1000 8\ninvalidate 4096\n")
        self.assert_refused(["run", "event.txt"], "event.txt:2: ", "expected 'invalidate 0xADDRESS [@ASID]'",
                            "found 'invalidate 4096'")
        self.write("thread.txt", "R 0x1000 8\nthread x\n")
        self.write("large.txt", "R 0x1000 8\nthread 65536\n")
        for command in (["run"], ["trace", "info"], ["tables"]):
            self.assert_refused([*command, "thread.txt"], "thread.txt:2: expected 'thread N', found 'thread x'")
            self.assert_refused([*command, "large.txt"], "large.txt:2: a thread number above 65535 in 'thread 65536'")
        self.assert_refused(["run", "nowhere.twt"], "nowhere.twt: ", "No such file")
        self.assert_refused(["run", "."], ".: is a directory", "expected a trace file")

    def test_traces_of_physical_addresses_are_refused_by_name(self):
        self.write("ramulator.txt", "LD 0x1234\nST 0x999\n")
        self.write("packets", b"gem5\x00\x01")
        self.assert_refused(["run", "ramulator.txt"], "Ramulator", "physical", "expected virtual addresses")
        self.assert_refused(["run", "packets"], "gem5", "physical")

    def test_a_forced_wrong_format(self):
        self.assert_refused(["run", "good.txt", "--trace-format", "twt"], "good.txt: ", "not a .twt trace")
        self.assert_refused(["run", "good.txt", "--trace-format", "champsim"], "good.txt: ", "ChampSim")
        self.assert_refused(["run", "good.txt", "--trace-format", "lackey"], "good.txt: not a Lackey trace", "line 1")
        self.assert_refused(["run", "good.txt", "--trace-format", "lackei"], "lackei", "expected auto, champsim")

    def test_an_address_outside_the_mode(self):
        for mode in ("x86-32", "flat32"):
            self.assert_refused(["run", trace("sort"), "--set", "paging.mode=" + mode], "sort.twt: record ",
                                "32-bit address space", mode)
        self.write("hole.txt", "R 0x1000 8\nR 0x800000000000 8\n")
        self.assert_refused(["run", "hole.txt"], "hole.txt: record ", "0x800000000000", "x86-64")
        self.assert_refused(["tables", "hole.txt", "--mode", "x86-64"], "hole.txt: ", "0x800000000000")

    def test_a_warm_up_as_long_as_the_trace(self):
        self.assert_refused(["run", "good.txt", "--warmup", "4"], "good.txt: has 4 records", "warm-up of 4")
        self.assert_refused(["run", "good.txt", "--warmup", "99"], "good.txt: has 4 records", "warm-up of 99")


class BadConfigs(ProgramTest):
    def test_unknown_keys_name_the_nearest(self):
        self.write("mine.yaml", "dtlb:\n  arrays:\n    - entris: 64\n")
        self.assert_refused(["run", "good.txt", "-c", "mine.yaml"], "mine.yaml:3: dtlb.arrays.0.entris",
                            "did you mean 'dtlb.arrays.0.entries'?")
        self.assert_refused(["config", "check", "mine.yaml"], "mine.yaml:3: ")
        self.assert_refused(["run", "good.txt", "--set", "dltb.enabled=false"], "did you mean 'dtlb'?")
        self.assert_refused(["compare", "good.txt", "--vary", "dltb.enabled=true,false"], "--vary dltb.enabled=true",
                            "did you mean 'dtlb'?")

    def test_a_message_about_a_megabyte_is_short(self):
        self.write("long.yaml", "? " + "k" * 1000000 + "\n: 1\n")
        self.assert_refused(["config", "check", "long.yaml"], "long.yaml:1: kkk", "unknown key: expected one of clock_mhz")
        self.assertLess(len(self.run_program("config", "check", "long.yaml").stderr), 9000)

    def test_impossible_machines(self):
        for setting, *says in (
                ["dtlb.arrays.0.ways=5", "5 ways do not divide 64 entries", "expected a divisor"],
                ["paging.mode=x86-65", "paging.mode", "expected x86-64"],
                ["paging.mode=radix:9,9/12@3", "paging.mode"],
                ["dtlb.enabled=perhaps", "expected true or false"],
                ["l1d.bytes=lots", "expected a size"],
                ["l1d.bytes=3000", "l1d"],
                ["dram.row_bytes=32", "dram.row_bytes: 32 bytes cannot hold a line of 64 bytes"],
                ["dram.bank_groups=32", "dram.bank_groups: ", "expected at most 16"],
                ["dram.t_ccd_ns=5", "dram.t_ccd_ns", "t_ccd_s_ns, t_ccd_l_ns"],
                ["dram.write_low=32", "dram.write_low: ", "expected 0 to 31"],
                ["dram.scheduler=frfcsf", "did you mean 'frfcfs'?"],
                ["memory.bytes=1K", "memory.bytes: ", "expected at least 8K"],
                ["memory.bytes=8192T", "memory.bytes: ", "expected at most 4P"],
                ["os.page_bytes=3M", "os.page_bytes: ", "expected 4K, 2M, 1G"],
                ["stlb.arrays.0.page_sizes=[8K, 16K]", "stlb.arrays.0.page_sizes: the TLB would hold nothing",
                 "expected 4K, 2M, 1G, or [] for all"],
                ["walker.walk_caches=[{level: 2}, {level: 1}, {level: 2}]", "walker.walk_caches.2.level: ",
                 "walk_caches.0 is of level 2 too"],
                ["dtlb.arrays=[" + "{}," * 65 + "]", "dtlb.arrays: 65 arrays; expected at most 64"],
                ["dtlb.arrays.0.entries=1073741824", "dtlb.arrays.0.entries: ", "at most 16777216"],
                ["walker.requests=4294967295", "walker.requests: ", "at most 65536"],
                ["l2.latency_cycles=18446744073709551615", "l2.latency_cycles: ", "at most 100000"],
                ["llc.bytes=128G", "llc.bytes: ", "at most 64G"]):
            self.assert_refused(["run", "good.txt", "--set", setting], "--set " + setting, *says)

    def test_machines_that_the_host_cannot_hold(self):
        with open(program.PROGRAM, "rb") as file:
            if b"__asan_init" in file.read():
                self.skipTest("the address sanitizer reserves terabytes of addresses")

        def refused_with(mebibytes, *arguments):
            limit = ["sh", "-c", f'ulimit -v {mebibytes * 1024} && exec "$@"', "sh", program.PROGRAM]
            result = subprocess.run([*limit, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, text=True,
                                    capture_output=True, timeout=120, check=False)
            self.assertEqual((result.returncode, result.stdout, len(result.stderr.splitlines())), (2, "", 1), result)
            return result.stderr

        for command in (["run"], ["run", "--no-cost"], ["compare"], ["explain"], ["cosim"]):
            message = refused_with(2048, command[0], "good.txt", *command[1:], "--set", "llc.bytes=64G")
            self.assertRegex(message, r"^tablewalk: llc\.bytes: needs [0-9.]+ GiB of host memory, .* available")
        # Memory that grows with the program is unknown before the run.
        self.assertIn("not enough host memory", refused_with(130, "walk", "--map", "0:64G", "0x1000"))

    def test_tlb_arrays_that_hold_nothing_are_named(self):
        result = self.run_program("compare", "good.txt", "-c", "skylake", "--vary", "paging.mode=flat48,x86-64")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stderr, "tablewalk: warning: itlb.arrays.1, dtlb.arrays.1, dtlb.arrays.2, stlb.arrays.1: "
                                        "stay empty: paging mode flat48 has no pages of their sizes, only 4K\n")
        result = self.run_program("run", "good.txt", "-c", "skylake", "-m", "flat48", "--format", "json")
        self.assertEqual(len(json.loads(result.stdout)["warnings"]), 1)

    def test_walkers_that_were_made_elsewhere(self):
        def refused(*settings_and_says):
            settings, says = settings_and_says
            options = [option for setting in settings for option in ("--set", setting)]
            self.assert_refused(["run", "good.txt", "-c", "example-walker", *options], *says)
            self.assert_refused(["walker-law", "-c", "example-walker", *options], *says)

        refused(["walker.foreign=exmaple"], ["walker.foreign: no walker 'exmaple'", "did you mean 'example'?",
                                             "TABLEWALK_FOREIGN_WALKERS"])
        refused(["walker.foreign="], ["walker.foreign: no name", "expected the name"])
        refused(["walker.kind=foriegn"], ["walker.kind", "expected one of systemc, rtl, foreign", "did you mean 'foreign'?"])
        refused(["paging.mode=x86-64"], ["'example' does not support paging mode x86-64", "expected sv39"])
        refused(["paging.riscv.svadu=true"], ["'example' does not support paging.riscv.svadu=true",
                                              "expected paging.riscv.svadu=false"])
        refused(["walker.walkers=2"], ["'example' does not support walker.walkers=2", "expected walker.walkers=1"])
        refused(["core.invalidate_cycles=0"], ["core.invalidate_cycles", "expected at least 1"])
        self.assert_refused(["run", "good.txt", "--set", "walker.kind=foreign"], "walker.foreign: no name")
        self.assert_refused(["cosim", "good.txt", "-c", "example-walker"], "walker.kind: ", "expected systemc")
        self.assert_refused(["walker-law", "--format", "jsn"], "jsn", "did you mean 'json'?")

    def test_a_memory_that_is_too_small_names_its_key(self):
        self.assert_refused(["run", trace("sort"), "--set", "memory.bytes=128K"], "record ",
                            "expected a larger memory.bytes")

    def test_presets_and_files(self):
        self.assert_refused(["run", "good.txt", "-c", "skylaek"], "'skylaek'", "did you mean 'skylake'?")
        self.assert_refused(["run", "good.txt", "-c", "nowhere.yaml"], "nowhere.yaml", "No such file")
        self.assert_refused(["run", "good.txt", "-c", "/dev/zero"], "/dev/zero: is too large", "at most 1048576 bytes")
        self.assert_refused(["run", "good.txt", "-c", "/"], "/: cannot be read: Is a directory")

    def test_a_circle_is_found_however_its_paths_are_written(self):
        self.write("ring.yaml", "extends: ./ring.yaml\n")
        self.assert_refused(["config", "check", "ring.yaml"], "ring.yaml:1: extends: ", "in a circle")

    def test_a_long_list_takes_no_longer_for_each_item(self):
        self.write("long.yaml", "dtlb:\n  arrays: [" + "{}," * 200000 + "]\n")
        start = time.monotonic()
        self.assert_refused(["config", "check", "long.yaml"], "dtlb.arrays: 200000 arrays; expected at most 64")
        self.assertLess(time.monotonic() - start, 30)

    def test_the_machine_of_a_run_without_a_config_has_a_name(self):
        self.assertEqual(self.output("config", "show", "default"), self.output("config", "show"))
        self.output("run", "good.txt", "-c", "default")


class SeveralCores(ProgramTest):
    def refused(self, settings, traces, *says):
        options = [option for setting in settings for option in ("--set", setting)]
        for command in (["run", "--no-cost"], ["run"]):
            self.assert_refused([command[0], *traces, *command[1:], *options], *says)

    def test_numbers_of_cores(self):
        self.refused(["cores=0"], ["good.txt"], "--set cores=0: cores: 0; expected 1 to 64")
        self.refused(["cores=65"], ["good.txt"] * 65, "--set cores=65: cores: expected", "at most 64, not '65'")
        self.refused(["cores=two"], ["good.txt"], "cores", "'two'")

    def test_fewer_traces_than_cores(self):
        self.refused(["cores=2"], ["good.txt"], "good.txt: one trace for 2 cores; expected one per core")
        self.refused(["cores=3"], ["good.txt", "good.txt"], "good.txt: 2 traces and threads for 3 cores; expected one")
        self.write("threads.txt", "thread 1\nR 0x1000 8\nthread 2\nR 0x2000 8\n")
        self.refused(["cores=3"], ["threads.txt"], "threads.txt: 2 traces and threads for 3 cores; expected one")
        self.refused([], ["threads.txt"], "threads.txt: record 1: 'thread 1': ",
                     "expected a machine with several cores")

    def test_a_pipe_cannot_be_read_by_several(self):
        self.refused(["cores=2"], ["-", "good.txt"], "-: several cores or traces", "expected files")
        self.refused([], ["good.txt", "-"], "-: several cores or traces", "expected files")

    def test_impossible_sharing(self):
        pair = ["good.txt", "good.txt"]
        self.refused(["cores=2", "sharing.stlb=true"], pair, "sharing.stlb: ", "expected sharing.walker: true")
        self.refused(["cores=2", "sharing.walk_caches=true", "sharing.walker=true", "walker_reads=llc"], pair,
                     "sharing.walk_caches: ", "expected false")
        self.refused(["cores=2", "sharing.walk_caches=true", "walker.kind=instant"], pair, "sharing.walk_caches: ",
                     "expected walker.kind: systemc")
        self.refused(["cores=2", "sharing.walk_caches=true", "paging.mode=cuckoo", "paging.cuckoo.walk_tables=upper"], pair,
                     "sharing.walk_caches: ", "expected paging.cuckoo.walk_tables: none")
        self.refused(["cores=2", "sharing.walker=true"], pair,
                     "sharing.walker: it reads through the l1d, which is private to each core",
                     "expected walker_reads: llc")
        self.refused(["cores=2", "sharing.walker=true", "sharing.l2=true"], pair, "sharing.walker: ",
                     "expected walker_reads: l2")
        self.refused(["cores=2", "sharing.walker=true", "walker_reads=l2"], pair,
                     "through the l2, which is private to each core")
        self.refused(["cores=2", "coherence.directory_cycles=0"], pair, "coherence.directory_cycles: 0 cycles")
        self.refused(["cores=2", "coherence.snoop_cycles=3"], pair, "coherence.snoop_cycles: ", "at least 3 more")
        self.refused(["cores=2", "shootdown.interrupt_cycles=1"], pair, "shootdown.interrupt_cycles: ", "2 or more")
        self.refused(["cores=2", "shootdown.acknowledge_cycles=0"], pair, "shootdown.acknowledge_cycles: ", "2 or more")
        self.refused(["os.time_slice_cycles=0"], pair, "os.time_slice_cycles: 0 cycles; expected at least 1")

    def test_what_is_wrong_in_one_of_the_traces_names_it(self):
        self.write("bad.txt", "R 0x1000 8\nR zz 8\n")
        self.write("hole.txt", "R 0x1000 8\nR 0x800000000000 8\n")
        self.refused(["cores=2"], ["good.txt", "bad.txt"], "bad.txt:2: ")
        self.refused(["cores=2"], ["good.txt", "hole.txt"], "hole.txt: record 2: ", "0x800000000000")
        self.refused(["cores=2"], ["good.txt", "nowhere.txt"], "nowhere.txt: ", "No such file")
        self.refused([], ["good.txt", "hole.txt"], "hole.txt: record 2: ", "0x800000000000")

    def test_two_traces_take_turns_on_a_preset_of_one_core(self):
        self.write("long.txt", "".join(f"R {0x1000 * page:#x} 8\n" for page in range(1, 200)))
        result = self.json("run", "long.txt", "good.txt", "-c", "skylake", "--no-cost", "--check", "--set",
                           "os.time_slice_cycles=500")
        figures = result["stats"]
        self.assertEqual(figures["core.accesses"], 203)
        self.assertEqual(figures["core.process_switches"], 2)
        self.assertNotIn("core0.core.accesses", figures)


class BadOptions(ProgramTest):
    def test_commands_and_options(self):
        self.assert_refused([], "no command after `tablewalk`", "expected one of run, compare")
        self.assert_refused(["trace"], "expected one of info, convert, generate, capture")
        self.assert_refused(["rnu", "good.txt"], "unknown command 'rnu'", "did you mean 'run'?")
        self.assert_refused(["run", "--frmat", "json", "good.txt"], "'--frmat'", "did you mean '--format'?")
        self.assert_refused(["run"], "TRACE is missing")
        self.assert_refused(["trace", "capture", "--limit", "9", "--", "ls"], "--output is missing")
        self.assert_refused(["trace", "capture", "-o", "x.twt", "ls", "-lR"], "unknown option '-lR'", "follow a `--`")
        self.assert_refused(["run", "text:R 1000"], "text:R 1000:1: expected 'R|W|X|M 0xADDRESS", "found 'R 1000'")
        self.assert_refused(["compare", "text:R 0x1000", "--stats", "core.cycles,walker.walks"], "--stats several times")
        self.assert_refused(["run", "good.txt", "--set"], "--set: expected a value")
        self.assert_refused(["run", "good.txt", "--format", "jsn"], "jsn", "did you mean 'json'?")

    def test_an_option_is_given_once(self):
        self.assert_refused(["run", "good.txt", "-c", "skylake", "-c", "cva6"], "--config: given 2 times (skylake, cva6)",
                            "expected once", "`tablewalk compare` runs several machines")
        for command, option in (("run", "--limit"), ("run", "--format"), ("walk", "--mode"),
                                ("cosim", "--wave"), ("compare", "--jobs"), ("explain", "--warmup")):
            self.assert_refused([command, "good.txt", option, "1", option, "2"], f"{option}: given 2 times (1, 2)")
            self.assert_refused([command, "good.txt", option], f"{option}: expected a value after it")
            self.assert_refused([command, "good.txt", option + "="], f"{option}: expected a value after it")

    def test_help_and_version_are_commands_too(self):
        for command in (["run"], ["trace", "info"], ["config"]):
            self.assertEqual(self.output("help", *command), self.output(*command, "--help"))
        self.assertEqual(self.output("help"), self.output("--help"))
        self.assertEqual(self.output("version"), self.output("--version"))
        self.assert_refused(["help", "rnu"], "help: unknown command 'rnu'", "did you mean 'run'?")
        self.assert_refused(["help", "trace", "inof"], "unknown command 'inof'", "did you mean 'info'?")
        self.assert_refused(["hlep"], "did you mean 'help'?")

    def test_counts_have_units(self):
        self.write("long.txt", GOOD * 600)
        counted = self.json("run", "long.txt", "--no-cost", "--limit", "2K", "--set", "core.run_ahead=true")
        self.assertEqual(counted["trace"]["records"], 2000)
        self.output("trace", "generate", "stride", "-o", self.path("x.txt"), "--count", "3k", "--footprint", "1M")
        self.assertEqual(self.json("trace", "info", "x.txt")["records"], 3000)
        self.assert_refused(["run", "good.txt", "--limit", "2X"], "--limit 2X", "4M (K is 1000)")
        self.assert_refused(["run", "good.txt", "--limit", "20000000T"], "--limit 20000000T")

    def test_numbers(self):
        for option in ("--limit", "--warmup"):
            for number in ("abc", "-3", "1.5", ""):
                self.assert_refused(["run", "good.txt", option, number], option, "expected a whole number")
        self.assert_refused(["compare", "good.txt", "-j", "-1"], "--jobs -1", "expected a whole number")
        self.assert_refused(["compare", "good.txt", "-j", "0"], "--jobs 0", "expected at least 1")
        self.assert_refused(["trace", "generate", "uniform", "-o", "x.twt", "--count", "abc"], "--count abc")
        self.assert_refused(["trace", "generate", "uniform", "-o", "x.twt", "--footprint", "4Q"], "--footprint 4Q",
                            "4K, 2M or 1G")

    def test_samples(self):
        self.write("long.txt", GOOD * 6000)
        self.assert_refused(["run", "good.txt", "--sample", "evry=5"], "--sample: 'evry=5'", "did you mean 'every'?")
        self.assert_refused(["run", "good.txt", "--sample"], "--sample", "fewer than two windows")
        self.assert_refused(["run", "long.txt", "--sample", "every=4K", "--set", "os.prefault=false"],
                            "--sample: demand paging", "expected os.prefault: true")
        self.assert_refused(["run", "long.txt", "long.txt", "--sample=every=4K"], "--sample: several traces")
        self.assert_refused(["run", "long.txt", "--sample", "every=4K", "--set", "walker.kind=rtl"],
                            "--sample: walker.kind", "expected systemc or instant")
        self.assert_refused(["run", "long.txt", "--sample", "every=4K,between=skip"], "between=skip", ".twt")
        sample = self.json("run", "long.txt", "--no-cost", "--sample", "every=3K,measure=1K,warm=1K")["sample"]
        self.assertGreaterEqual(sample["windows"], 2)
        header = self.output("run", "long.txt", "--no-cost", "--sample", "every=4K", "--format", "csv").split()[0]
        self.assertEqual(header, "name,value,unit,low,high")
        self.assertIn("ESTIMATE from", self.output("run", "long.txt", "--sample", "every=4K"))

    def test_settings_and_variations(self):
        self.assert_refused(["run", "good.txt", "--set", "foo"], "--set foo: expected KEY=VALUE")
        self.assert_refused(["compare", "good.txt", "--vary", "paging.mode"], "expected KEY=V1,V2")
        self.assert_refused(["compare", "good.txt", "--vary", "paging.mode=,"], "empty")
        self.assert_refused(["compare", "good.txt", "--vary", "paging.mode=x86-64,x87"], "--vary paging.mode=x87")
        self.assert_refused(["compare", "good.txt", "--vary", "walker.walkers=1,2", "--vary", "walker.walkers=4"],
                            "the key is varied twice", "--vary walker.walkers=1,2,4")
        self.assert_refused(["compare", "good.txt", "--stats", "dtlb.mises"], "did you mean 'dtlb.misses'?")
        self.assert_refused(["compare", "-"], "expected a file, not a pipe")
        self.assert_refused(["tables"], "expected a trace or --map")
        self.assert_refused(["tables", "--map", "0:4X"], "--map 0:4X", "4K, 2M or 1G")
        self.assert_refused(["tables", "--map", "0:4M", "--mode", "flat33"], "did you mean 'flat32'?")

    def test_the_memory_alone(self):
        self.assert_refused(["dram"], "STREAM is missing")
        self.assert_refused(["dram", "randm"], "randm", "did you mean 'random'?")
        self.assert_refused(["dram", "nowhere.twt"], "nowhere.twt", "No such file")
        self.assert_refused(["dram", "seq", "--in-flight", "2", "--mean-gap", "3"], "expected one of them")
        for number in ("0", "-1", "x", "1e7"):
            self.assert_refused(["dram", "seq", "--in-flight", number], "--in-flight " + number, "expected")
        for number in ("0", "-1", "x", "nan", "inf", "1e400", "5x"):
            self.assert_refused(["dram", "seq", "--mean-gap", number], "--mean-gap " + number, "above 0")
        self.assert_refused(["dram", "seq", "--format", "jsn"], "did you mean 'json'?")
        self.assert_refused(["dram", "seq", "--set", "dram.banks=3"], "dram.banks", "power of two")


class BadAccesses(ProgramTest):
    """A record that the machine can never execute is an input error that gives the record's number."""

    def test_it_is_refused_with_and_without_the_laws_and_prefaulting(self):
        self.write("user.txt", "R 0x2000 8\nR 0x3000 8\nR 0x2000 8 supervisor\nR 0x5000 8\nR 0x6000 8\nR 0x7000 8\n")
        self.write("kernel.txt", "X 0x80000000 4 supervisor\nR 0x2000 8\nR 0x80000000 8\nR 0x5000 8\nR 0x6000 8\n")
        self.write("far.txt", "R 0x2000 8\nR 0x3000 8\nR 0x8000000000 8\nR 0x5000 8\nR 0x6000 8\nR 0x7000 8\n")
        for check in ([], ["--check"]):
            for faults in ([], ["--set", "os.prefault=false"]):
                options = ["-m", "sv39", *check, *faults]
                self.assert_refused(["run", "user.txt", *options], "user.txt: record 3: the supervisor load at 0x2000",
                                    "not permitted")
                self.assert_refused(["run", "kernel.txt", *options], "kernel.txt: record 3: the user load at 0x80000000",
                                    "not permitted")
                self.assert_refused(["run", "far.txt", *options], "far.txt: record 3: address 0x8000000000")


class BadImages(ProgramTest):
    """For walk and run, which have the same image options."""

    IMAGE = image("i386-2level", "pages.bin.zst")

    def setUp(self):
        super().setUp()
        with lzma.open(image("i386-2level", "oracle.csv.xz"), "rt") as file:
            self.oracle = file.read()
        self.write("raw", bytes(2 * 4096))

    def refuse_both(self, image_options, *says):
        self.assert_refused(["walk", "--mode", "x86-32", *image_options, "0x1000"], *says)
        self.assert_refused(["run", "good.txt", "--mode", "x86-32", *image_options], *says)

    def test_files(self):
        root = ["--root", "0x1000"]
        self.write("empty", "")
        self.write("cut", bytes(2 * 4096 + 100))
        record = (0x5000).to_bytes(8, "little") + bytes(4096)
        self.write("same", record + (0x6000).to_bytes(8, "little") + bytes(4096) + record)
        self.write("odd", (0x5010).to_bytes(8, "little") + bytes(4096))
        with open(self.IMAGE, "rb") as file:
            self.write("half.zst", file.read()[:20000])
        self.refuse_both(["--image", "nowhere", *root], "nowhere: cannot open the memory image: No such file")
        self.refuse_both(["--image", ".", *root], ".: is a directory: expected a memory image file")
        self.refuse_both(["--image", "empty", *root], "empty: the memory image is empty")
        self.refuse_both(["--image", "cut", *root], "cut: byte 8192: ", "in the middle of a page", "100 bytes of 4096")
        self.refuse_both(["--image", "same", *root], "same: byte 8208: ", "expected ascending addresses")
        self.refuse_both(["--image", "odd", "--image-format", "pages", *root], "odd: byte 0: ", "a multiple of 4096")
        self.refuse_both(["--image", "half.zst", *root], "half.zst: compressed data is truncated or damaged")
        self.assert_refused(["walk", "--image", "/dev/zero", *root, "0x1000"], "/dev/zero: is a device: expected a memory")
        self.assert_refused(["run", "good.txt", "--image", "/dev/zero", *root], "/dev/zero: is a device: expected a m")

    def test_options(self):
        root = ["--root", "0x1000"]
        self.refuse_both(["--image", "raw"], "--image without --root")
        self.assert_refused(["run", "good.txt", "--mode", "x86-32", "--image", "raw", *root, "--set", "ranges.entries=4"],
                            "ranges.entries: a memory image has no range tables", "expected 0")
        self.refuse_both(["--image", "raw", "--root", "zz"], "--root: 'zz' is not a whole number")
        self.refuse_both(["--image", "raw", "--root", "0x123456789000"], "CR3 0x123456789000")
        self.refuse_both(["--image", "raw", "--image-base", "1", *root], "--image-base 0x1: expected a multiple of 4096")
        self.refuse_both(["--image", "raw", "--image-base", "q", *root], "--image-base: 'q' is not a whole number")
        self.refuse_both(["--image", self.IMAGE, "--image-base", "0x1000", *root], "a list of pages", "its own addresses")
        self.refuse_both(["--image", "raw", "--image-format", "rw", *root], "--image-format rw", "did you mean 'raw'?")
        self.assert_refused(["run", "good.txt", *root], "--root without --image")
        self.assert_refused(["run", "good.txt", "--skip-faults"], "--skip-faults: the kernel maps every page")
        self.assert_refused(["run", "good.txt", "--faults", "count"], "--faults: the kernel maps every page")
        run = ["run", "good.txt", "--mode", "x86-32", "--image", "raw", *root]
        self.assert_refused([*run, "--faults", "cuont"], "--faults cuont: expected stop or count (did you mean 'count'?)")
        self.assert_refused([*run, "--faults", "stop", "--skip-faults"], "--faults stop and --skip-faults")
        self.assert_refused(["run", "good.txt", "--mode", "x86-65"], "unknown page-table mode 'x86-65'", "did you mean")
        self.assert_refused(["run", "good.txt", "--mode", "sv39", "--image", "raw", *root], "satp 0x1000 has MODE 0")

    def test_walk_options(self):
        tables = ["walk", "--map", "0x1000:4K"]
        self.assert_refused(["walk", "0x1000"], "no page tables: expected --image FILE or --map")
        self.assert_refused(tables, "no address: expected at least one VA")
        self.assert_refused([*tables, "--image", "raw", "0x1000"], "both --image and --map given: expected one of them")
        self.assert_refused([*tables, "--root", "0", "0x1000"], "--root applies to --image only")
        self.assert_refused([*tables, "zz"], "VA: 'zz' is not a whole number")
        self.assert_refused([*tables, "0x1000", "--access", "laod"], "--access laod", "did you mean 'load'?")
        self.assert_refused([*tables, "0x1000", "--mode", "sv40"], "'sv40'", "did you mean 'sv4")
        self.assert_refused([*tables, "0x1000", "--set", "paging.x86.smeep=1"], "did you mean 'paging.x86.smep'?")
        self.assert_refused([*tables, "0x1000", "--set", "dtlb.enabled=true"], "--set dtlb.enabled=true")
        self.assert_refused([*tables, "0x1000", "--format", "yaml"], "--format yaml: expected text, json or csv")
        self.assert_refused(["walk", "--map", "0x1000:4X", "0x1000"], "--map 0x1000:4X", "4K, 2M or 1G")
        self.assert_refused(["walk", "--map", "0:4M:4M", "0"], "--map 0:4M:4M", "expected 4K, 2M, 1G")
        self.assert_refused(["walk", "--map", "0:4K", "--map", "0:4K", "0"], "--map 0:4K", "already mapped")

    def test_tables_that_would_take_minutes(self):
        self.assert_refused(["walk", "--map", "0:1T", "0x1000"], "--map 0:1T: 268435456 pages of 4K",
                            "expected at most 33554432")
        self.assert_refused(["walk", "--map", "0:64G", "--map", "0x10000000000:127G", "0x1000"], "--map 0x10000000000:127G: 33292288 pages of 4K",
                            "expected at most 16777216")

    def test_oracles(self):
        def refused(text, *says):
            self.write("oracle.csv", text)
            self.assert_refused(["walk", "--mode", "x86-32", "--image", self.IMAGE, "--oracle", "oracle.csv"], *says)
        lines = self.oracle.splitlines()
        refused("", "oracle.csv: the oracle is empty")
        refused(lines[0] + "\n", "oracle.csv: no rows")
        refused("a,b,c\n1,2,3\n", "oracle.csv:1: unknown column 'a'")
        refused(self.oracle.replace("writable", "writeable", 1), "did you mean 'writable'?")
        refused("\n".join([lines[0], lines[1], lines[2] + ",1"]), "oracle.csv:3: 18 cells; expected 17")
        refused("\n".join([lines[0], lines[1].replace(",2", ",x")]), "oracle.csv:2: column", "expected a whole number")
        oracle = ["--oracle", image("i386-2level", "oracle.csv.xz")]
        self.assert_refused(["walk", "--image", self.IMAGE, "--oracle", "nowhere"], "nowhere: cannot open the oracle")
        self.assert_refused(["walk", "--map", "0:4K", *oracle], "--oracle without --image")
        self.assert_refused(["walk", "--image", self.IMAGE, *oracle, "0x1000"], "reads the addresses from its file")
        self.assert_refused(["walk", "--image", self.IMAGE, *oracle, "--root", "0"], "reads the root from each row")


class BadOutputs(ProgramTest):
    def test_what_no_output_takes_is_an_error_of_every_command(self):
        """A full disk, with short and long output."""
        self.write("long.txt", GOOD * 3000)
        for command in (["--help"], ["--version"], ["help"], ["version"], ["help", "trace"], ["run", "--help"],
                        ["run", "good.txt"], ["run", "good.txt", "--format", "json"], ["compare", "good.txt"],
                        ["explain", "good.txt"], ["cosim", "good.txt"], ["walker-law"],
                        ["walk", "--map", "0x1000:4K", "0x1000"], ["tables", "good.txt"], ["trace", "info", "good.txt"],
                        ["trace", "convert", "good.txt", "-"], ["trace", "convert", "long.txt", "-"],
                        ["trace", "convert", "good.txt", self.path("x.txt")],
                        ["trace", "generate", "stride", "-o", "-", "--count", "1"], ["config", "list"],
                        ["config", "show"], ["config", "check", "skylake"]):
            with open("/dev/full", "w", encoding="ascii") as full, self.subTest(command=command):
                result = subprocess.run([sys.modules["program"].PROGRAM, *command], cwd=self.folder, stdout=full,
                                        stderr=subprocess.PIPE, text=True, timeout=120, check=False)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(len(result.stderr.splitlines()), 1)
                self.assertRegex(result.stderr, "^tablewalk: .*cannot (be written|write)(: No space left on device)?$")

    def test_results_that_cannot_be_written(self):
        os.makedirs(self.path("taken/result.json"))
        self.assert_refused(["run", "good.txt", "-o", "good.txt"], "good.txt: cannot be created")
        self.assert_refused(["run", "good.txt", "-o", "good.txt/below"], "good.txt/below: cannot be created")
        self.assert_refused(["run", "good.txt", "-o", "taken"], "taken/result.json: cannot be written")
        self.assertEqual(os.listdir(self.path("taken")), ["result.json"])

    def test_walk_logs_that_cannot_be_written(self):
        self.assert_refused(["run", "good.txt", "--walk-log", "nowhere/log.csv"], "nowhere/log.csv: cannot write")
        self.assert_refused(["run", "good.txt", "--walk-log", "."], ".: cannot write: is a directory")
        self.assert_refused(["run", "empty.twt", "--walk-log", "log.csv"], "empty.twt")

    def test_memory_logs_that_cannot_be_written(self):
        looks = ["--set", "os.prefault=false", "--set", "os.timeline.interval_cycles=1000"]
        self.assert_refused(["run", "good.txt", "--memory-log", "m.csv"], "--memory-log: nobody looks at the memory")
        self.assert_refused(["run", "good.txt", "--memory-log", "m.csv", *looks[:2]], "os.timeline.interval_cycles")
        self.assert_refused(["run", "good.txt", "--memory-log", "nowhere/m.csv", *looks], "nowhere/m.csv: cannot write")
        self.assert_refused(["run", "good.txt", "--memory-log", "-", "--walk-log", "-", *looks], "two files in one")
        self.assert_refused(["run", "good.txt", *looks[:3], "os.timeline.interval_cycles=999"],
                            "os.timeline.interval_cycles: shorter than 1000 cycles")
        self.assert_refused(["run", "good.txt", *looks, "--set", "os.readahead.swap_pages=3"],
                            "os.readahead.swap_pages: no power of two")

    def test_traces_that_cannot_be_written(self):
        self.assert_refused(["trace", "generate", "uniform", "-o", "nowhere/x.twt"], "nowhere/x.twt: cannot write")
        self.assert_refused(["trace", "generate", "uniform", "-o", "x.foo"], "x.foo", "expected a name that ends in .twt")
        self.assert_refused(["trace", "convert", "good.txt", "nowhere/x.twt"], "nowhere/x.twt: cannot write")
        self.assert_refused(["trace", "capture", "-o", "x.twt", "--", "/nowhere/program"], "/nowhere/program")

    def test_waves_that_cannot_be_written(self):
        self.assert_refused(["cosim", "good.txt", "--wave", "nowhere/x.fst"], "nowhere/x.fst: cannot write")
        self.assert_refused(["cosim", "good.txt", "--wave", "."], ".: cannot write: is a directory")
        self.assert_refused(["cosim", "good.txt", "--wave", "/dev/null"], "--wave /dev/null", "a file name")
        self.assert_refused(["cosim", "good.txt", "--wave", "-"], "--wave -", "a file name")
        self.assert_refused(["cosim", "good.txt", "--wave", "x.vcd"], "--wave x.vcd", "expected a name that ends in .fst")
        for name in ("x.vcdx", "x.fst.gz", "x"):
            for command in ("cosim", "run"):
                self.assert_refused([command, "good.txt", "--wave", name], f"--wave {name}", "ends in .fst")
                self.assertFalse(os.path.exists(self.path(name)))
        self.assert_refused(["cosim", "good.txt", "--wave-from", "0"], "--wave-from without --wave")
        self.assert_refused(["cosim", "-", "--wave", "x.fst"], "a pipe cannot be run twice")
        self.assert_refused(["run", "good.txt", "--wave", "nowhere/x.fst"], "nowhere/x.fst: cannot write")
        self.assert_refused(["run", "good.txt", "--wave", "x.fst"], "--wave: the machine's walker is the SystemC model",
                            "expected walker.kind: rtl or foreign")
        self.assert_refused(["run", "good.txt", "--wave-from", "7"], "--wave-from without --wave")
        self.assert_refused(["run", "good.txt", "--wave-cycles", "7"], "--wave-cycles without --wave")

    def test_rows_of_an_attribution_that_nobody_asked_for(self):
        self.assert_refused(["run", "good.txt", "--attribute-rows", "7"], "--attribute-rows without --attribute")
        self.assert_refused(["run", "good.txt", "--attribute", "--attribute-rows", "-1"], "--attribute-rows -1",
                            "expected a whole number")

    def test_a_wave_of_a_failed_run_is_not_left_behind(self):
        self.write("late.txt", GOOD + "R zz 8\n")
        self.assert_refused(["cosim", "late.txt", "--wave", "x.fst"], "late.txt:5: ")
        self.assert_refused(["cosim", "late.txt", "--wave", "x.fst", "--wave-from", "0"], "late.txt:5: ")
        self.assert_refused(["run", "late.txt", "-c", "example-walker", "--wave", "x.fst"], "late.txt:5: ")

    def test_a_log_of_a_failed_run_is_not_left_behind(self):
        self.write("late.txt", GOOD + "R zz 8\n")
        self.assert_refused(["run", "late.txt", "--walk-log", "log.csv"], "late.txt:5: ")


if __name__ == "__main__":
    main()

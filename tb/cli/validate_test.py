"""`tablewalk validate`: passing comparisons, failures with a changed reference, and rejected input.

    python3 tb/cli/validate_test.py TABLEWALK
"""

import csv
import io
import os
import shutil

from program import ROOT, ProgramTest, main

DATA = os.path.join(ROOT, "tb", "golden")
GROUPS = ["tables", "latency", "reads", "walk-caches", "images", "misses", "programs", "dram"]
WITHOUT_FILES = GROUPS[:4]


class Validate(ProgramTest):
    def test_groups_without_files_run_anywhere(self):
        report = self.json("validate", *WITHOUT_FILES)
        self.assertEqual(report["schema"], "tablewalk.validation/1")
        self.assertEqual(report["failures"], 0)
        self.assertEqual(report["comparisons"], len(report["claims"]))
        self.assertEqual({claim["group"] for claim in report["claims"]}, set(WITHOUT_FILES))
        self.assertEqual({claim["verdict"] for claim in report["claims"]}, {"holds"})
        teaching = next(claim for claim in report["claims"] if claim["claim"] == "teaching mode, two spans: size")
        self.assertEqual((teaching["theirs"], teaching["ours"], teaching["difference"]), ([8832, 8832], 8832, 0))

    def test_the_three_formats_say_the_same(self):
        claims = self.json("validate", "tables")["claims"]
        rows = list(csv.DictReader(io.StringIO(self.output("validate", "tables", "--format", "csv"))))
        self.assertEqual([row["claim"] for row in rows], [claim["claim"] for claim in claims])
        self.assertEqual([float(row["ours"]) for row in rows], [claim["ours"] for claim in claims])
        text = self.output("validate", "tables")
        for claim in claims:
            self.assertIn(claim["claim"], text)
        self.assertIn(f"{len(claims)} comparisons: {len(claims)} hold, 0 fail", text)

    def test_any_number_of_jobs_gives_the_same(self):
        self.assertEqual(self.output("validate", "walk-caches", "-j", "1"), self.output("validate", "walk-caches", "-j", "4"))

    def test_the_list_names_every_group(self):
        report = self.json("validate", "--list")
        self.assertEqual([group["name"] for group in report["groups"]], GROUPS)
        self.assertEqual([group["name"] for group in report["groups"] if not group["needs_files"]], WITHOUT_FILES)
        for name in GROUPS:
            self.assertIn(name, self.output("validate", "--list"))
            self.assertIn(name, self.output("validate", "--list", "--format", "csv"))

    def test_a_claim_out_of_tolerance_ends_with_status_1_and_is_named(self):
        os.makedirs(self.path("data/dram"))
        with open(os.path.join(DATA, "dram", "reference.csv"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        head, rowconf = lines[0], next(line for line in lines if line.startswith("dramsim3,rowconf,0,1,"))
        for latency, status in (("76.61", 0), ("79.5", 1), ("74", 1)):
            self.write("data/dram/reference.csv", f"{head}\n{rowconf.replace(',76.61,', f',{latency},')}\n")
            result = self.run_program("validate", "dram", "--data", "data")
            with self.subTest(latency):
                self.assertEqual(result.returncode, status, result.stderr)
                self.assertEqual("FAILS" in result.stdout, status == 1)
                if status == 1:
                    self.assertEqual(result.stderr, "tablewalk: validate: 1 of 2 comparisons out of tolerance, first "
                                                    "dram: rowconf, 1 in flight: latency\n")

    def test_a_count_that_is_one_off_fails(self):
        shutil.copytree(os.path.join(DATA, "traces"), self.path("data/traces"))
        name = "data/traces/true.oracle.json"
        with open(self.path(name), encoding="utf-8") as file:
            oracle = file.read()
        misses = next(claim for claim in self.json("validate", "misses", "--short", "--data", "data")["claims"]
                      if claim["claim"] == "true, 16 x 4 entries: DTLB")["ours"]
        side = oracle.index('"D": {', oracle.index('"streams"'))
        self.write(name, oracle[:side] + oracle[side:].replace(f'"16x4": {misses:.0f}', f'"16x4": {misses + 1:.0f}', 1))
        result = self.run_program("validate", "misses", "--short", "--data", "data")
        self.assertEqual(result.returncode, 1)
        self.assertIn("true, 16 x 4 entries: DTLB", result.stderr)

    def test_what_is_refused(self):
        self.assert_refused(["validate", "latencies"], "no group 'latencies'", "did you mean 'latency'?", "walk-caches")
        self.assert_refused(["validate"], "tb/golden: no such folder", "--data", "tables, latency, reads, walk-caches")
        self.assert_refused(["validate", "dram", "--data", "elsewhere"], "elsewhere: no such folder")
        self.assert_refused(["validate", "dram", "--data", "."], "./dram/reference.csv")
        self.assert_refused(["validate", "--list", "tables"], "expected no group")
        self.assert_refused(["validate", "tables", "--format", "xml"], "xml")
        self.assert_refused(["validate", "tables", "-j", "0"], "--jobs 0", "at least 1")

    def test_damaged_reference_data_is_refused(self):
        os.makedirs(self.path("data/dram"))
        os.makedirs(self.path("data/traces"))
        head = "model,stream,mean_gap_clocks,in_flight,mean,p50,p95,p99,max,gbytes_per_s,row_hit_share,requests\n"
        for row, says in (("", "no rows"), ("dramsim3,random\n", ":2: 2 cells"),
                          ("dramsim3,random,0,1,x,71,73,73,707,1.39,0,30000\n", ":2: 'x'"),
                          ("dramsim3,randon,0,1,72,71,73,73,707,1.39,0,30000\n", "did you mean 'random'?")):
            self.write("data/dram/reference.csv", head + row)
            self.assert_refused(["validate", "dram", "--data", "data"], "data/dram/reference.csv", says)
        for text, says in (("{", "no JSON"), ("{}", "no count of streams.I for 1 sets of 16")):
            self.write("data/traces/true.oracle.json", text)
            self.assert_refused(["validate", "misses", "--data", "data"], "true.oracle.json", says)


if __name__ == "__main__":
    main()

"""Pages: what `report` and --html write, and bad input.

    python3 tb/cli/report_test.py TABLEWALK
"""

import json
import os
import re

from program import ProgramTest, main, trace


def data_of(html):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)[1])


class ReportTest(ProgramTest):
    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def details(self, name, result=0):
        return data_of(self.read(name))["results"][result]["result"].get("details")

    def test_run_writes_a_page_and_prints_the_same(self):
        plain = self.output("run", trace("sort"), "--limit", "20000")
        shown = self.output("run", trace("sort"), "--limit", "20000", "--html", "page.html", "-o", "out")
        self.assertEqual(plain, shown)
        page = data_of(self.read("page.html"))
        self.assertEqual(page["schema"], "tablewalk.page/1")
        self.assertEqual(page["results"][0]["result"]["details"]["schema"], "tablewalk.details/1")
        self.assertNotIn("details", json.loads(self.read("out/result.json")), "--details was not given")

    def test_details_are_kept_for_a_later_page(self):
        self.output("run", trace("sort"), "--limit", "20000", "--details", "-o", "a")
        self.output("run", trace("sort"), "--limit", "20000", "-o", "b")
        output = self.output("report", "a/result.json", "b/result.json", "--label", "with", "-o", "page.html")
        self.assertEqual(output, "page.html: a page of 2 results\n")
        labels = [one["label"] for one in data_of(self.read("page.html"))["results"]]
        self.assertEqual(labels, ["with", "b"])
        walks = json.loads(self.read("a/result.json"))["stats"]["walker.walks"]
        self.assertEqual(self.details("page.html")["walks_seen"], walks)
        self.assertIsNone(self.details("page.html", 1))

    def test_compare_and_explain_write_pages(self):
        compared = ["compare", trace("sort"), "--limit", "5000", "--vary", "walker.walkers=1,2"]
        plain = self.output(*compared, "--format", "json")
        self.assertEqual(self.output(*compared, "--format", "json", "--html", "c.html"), plain)
        self.assertEqual(len(data_of(self.read("c.html"))["results"]), 2)
        self.assertIsNotNone(self.details("c.html", 1))
        explained = ["explain", trace("sort"), "--limit", "5000"]
        plain = self.output(*explained)
        self.assertEqual(self.output(*explained, "--html", "e.html"), plain)
        one = data_of(self.read("e.html"))["results"][0]
        self.assertEqual(one["waterfall"][-1]["cycles"], one["result"]["stats"]["core.cycles"])
        self.write("e.json", self.output(*explained, "--format", "json"))
        self.output("report", "e.json", "-o", "again.html")
        self.assertEqual(data_of(self.read("again.html"))["results"][0]["waterfall"], one["waterfall"])

    def test_equal_runs_make_equal_pages(self):
        for name in ("a.html", "b.html"):
            self.output("run", trace("gzip"), "--limit", "20000", "--html", name)
        self.assertEqual(self.read("a.html"), self.read("b.html"))

    def test_bad_input_gets_one_line_and_no_page(self):
        self.write("bad.json", "{")
        self.write("other.json", '{"schema": "tablewalk.walk/1"}')
        self.write("empty.json", "")
        for arguments, expected in [
                (["bad.json", "-o", "p.html"], "bad.json: expected the JSON of run, compare or explain"),
                (["other.json", "-o", "p.html"], "other.json: schema is 'tablewalk.walk/1'"),
                (["empty.json", "-o", "p.html"], "empty.json: expected the JSON"),
                (["missing.json", "-o", "p.html"], "missing.json"),
                (["bad.json", "-o", "no/p.html"], "--output no/p.html: expected a file in an existing folder"),
                (["bad.json", "-o", "."], "--output .: is a folder"),
                (["bad.json", "-o", "-"], "--output -: expected a file"),
                (["bad.json", "-o", "bad.json"], "is bad.json, which is read"),
                (["bad.json", "--label", "a", "--label", "b", "-o", "p.html"], "--label: 2 labels for 1 results"),
                (["-o", "p.html"], "RESULT"), (["bad.json"], "--output")]:
            with self.subTest(arguments=arguments):
                self.assert_refused(["report", *arguments], expected)
                self.assertFalse(os.path.exists(self.path("p.html")))

    def test_bad_options_of_run_are_found_before_the_run(self):
        for arguments, expected in [
                (["--details"], "--details without a JSON result"),
                (["--html", "no/p.html"], "--html no/p.html: expected a file in an existing folder"),
                (["--html", "good.txt"], "--html good.txt: is good.txt, which is read")]:
            with self.subTest(arguments=arguments):
                self.assert_refused(["run", "good.txt", *arguments], expected)
        values = ",".join(str(number) for number in range(1, 42))
        self.assert_refused(["compare", "good.txt", "--vary", f"core.window={values}", "--html", "p.html"], "41 machines: expected at most 40")


if __name__ == "__main__":
    main()

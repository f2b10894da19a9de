"""The pages of `tablewalk sweep` and `tablewalk tune` in Chromium, against the tables that the program writes.

    /usr/bin/python3 tb/page/sweep_page_test.py TABLEWALK
"""

import csv
import json
import os
import statistics
import unittest
import urllib.parse

from case import PageCase, tablewalk
from selenium.webdriver.common.keys import Keys

EVIL = "<img src=x onerror=alert(1)></script><b>&.twt"
GRID = """config: skylake
traces: [sort.twt, "generated:uniform,footprint=64M,count=4K"]
seeds: [1, 2]
limit: 5K
points:
  - grid:
      stlb.arrays.0.entries: [96, 384, 1536]
      walker.walkers: [1, 2]
"""
FAILING = """config: skylake
traces: [sort.twt]
limit: 1K
points:
  - grid:
      stlb.arrays.0.entries: [96, 384]
      stlb.arrays.0.ways: [12, 5]
"""
MANY = """traces: ["generated:uniform,footprint=64M,count=200"]
cost: false
points:
  - grid:
      dtlb.arrays.0.entries: {from: 4, to: 80, step: 4}
      walker.walkers: {from: 1, to: 16, step: 1}
"""


class SweepPageTest(PageCase):
    @classmethod
    def make_pages(cls):
        folder = cls.folder.name
        tablewalk("trace", "generate", "uniform", "--footprint", "64M", "--count", "6K", "-o", cls.path("sort.twt"))
        for name, text in (("grid", GRID), ("failing", FAILING), ("many", MANY)):
            with open(cls.path(name + ".yaml"), "w", encoding="utf-8") as file:
                file.write(text)
        tablewalk("sweep", "grid.yaml", "-o", "grid", "-j", "2", "--html", "grid.html", folder=folder)
        tablewalk("sweep", "failing.yaml", "-o", "failing", "-j", "2", "--html", "failing.html", folder=folder, status=1)
        tablewalk("sweep", "many.yaml", "-o", "many", "-j", "2", folder=folder)
        tablewalk("sweep", "collect", "many", "--figures", "*", "--html", "many.html", folder=folder)
        tablewalk("tune", "sort.twt", "generated:uniform,footprint=16M,count=4K", "-c", "skylake", "--budget", "700", "-o", "tuned",
                  "-j", "2", "--html", "tuned.html", folder=folder)
        cls.grid, cls.failing, cls.many, cls.tuned = (cls.path(name + ".html") for name in ("grid", "failing", "many", "tuned"))

    def table(self, section, column):
        """The texts of a column of the first table of a section."""
        return self.run_script("""const table = document.querySelector(`#${arguments[0]} table`);
            const at = [...table.querySelectorAll('thead th')].findIndex((head) => head.textContent === arguments[1]);
            return [...table.querySelectorAll('tbody tr')].map((row) => row.children[at].textContent);""", section, column)

    def choose(self, section, label, value):
        self.run_script("""const select = [...document.querySelectorAll(`#${arguments[0]} label`)]
            .find((label) => label.firstChild.textContent.trim() === arguments[1]).querySelector('select');
            select.value = arguments[2]; select.dispatchEvent(new Event('change'));""", section, label, value)
        self.browser.settle()

    def data_table(self, chart):
        return self.run_script("""const details = document.querySelector(`[data-chart=${arguments[0]}] details.data`);
            details.open = true; details.dispatchEvent(new Event('toggle'));
            return [...details.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent));""", chart)

    def text(self, section):
        return self.run_script("return document.getElementById(arguments[0]).textContent", section)

    def figures(self, folder, figure):
        """{(keys of the point): value} of tidy.csv."""
        with open(self.path(folder + "/tidy.csv"), encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["figure"] == figure]
        return [(row, float(row["value"])) for row in rows]

    def test_draws_everything_in_both_themes_and_at_each_width(self):
        self.check_at_each_width_and_theme(self.grid, {"against-key", "spread"})
        self.check_at_each_width_and_theme(self.tuned, {"against-key", "front"})

    def test_text_has_contrast(self):
        self.check_contrast(self.grid)
        self.check_contrast(self.tuned)

    def test_the_points_are_those_of_the_table(self):
        self.browser.open(self.grid)
        cycles = self.figures("grid", "core.cycles")
        self.assertEqual(len(cycles), 24)
        shown = [int(text.replace(",", "")) for text in self.table("points", "core.cycles")]
        self.assertEqual(shown, [int(value) for _, value in cycles])
        self.assertEqual(self.table("points", "seed"), [row["seed"] for row, _ in cycles])
        self.assertEqual(self.table("points", "walker.walkers"), [row["walker.walkers"] for row, _ in cycles])

    def test_points_sort_and_filter(self):
        self.browser.open(self.grid)
        heads = "[...document.querySelectorAll('#points thead th')]"
        self.run_script(f"{heads}.find((head) => head.textContent === 'core.cycles').querySelector('button').focus()")
        self.keys(Keys.ENTER)
        numbers = [int(text.replace(",", "")) for text in self.table("points", "core.cycles")]
        self.assertEqual(numbers, sorted(numbers, reverse=True))
        self.run_script("const field = document.querySelector('#points input'); field.value = '1536 sort'; field.dispatchEvent(new Event('input'))")
        self.assertEqual(set(self.table("points", "stlb.arrays.0.entries")), {"1536"})
        self.assertEqual(set(self.table("points", "trace")), {"sort.twt"})
        self.assertEqual(len(self.table("points", "trace")), 4)

    def test_a_chart_has_the_means_of_its_points(self):
        self.browser.open(self.grid)
        self.choose("against", "Figure", "walker.walks")
        self.choose("against", "across", "stlb.arrays.0.entries")
        self.choose("against", "a line for each", "trace")
        walks = self.figures("grid", "walker.walks")
        expected = {}
        for row, value in walks:
            expected.setdefault((row["trace"], row["stlb.arrays.0.entries"]), []).append(value)
        rows = self.data_table("against-key")
        self.assertEqual(len(rows), len(expected))
        for line, entries, mean, least, largest, points in rows:
            [values] = [v for (trace, at), v in expected.items() if line == "trace " + trace and at == entries]
            self.assertEqual(int(points), len(values))
            self.assertAlmostEqual(float(mean.replace(",", "")), statistics.mean(values), delta=0.001 * statistics.mean(values))
            self.assertEqual([float(x.replace(",", "")) for x in (least, largest)], [min(values), max(values)])
        self.choose("against", "only walker.walkers", "2")
        self.assertEqual({row[5] for row in self.data_table("against-key")}, {"2"})

    def test_every_figure_and_axis_can_be_drawn(self):
        self.browser.open(self.grid)
        figures = self.run_script("return [...document.querySelector('#against select').options].map((option) => option.value)")
        self.assertGreater(len(figures), 10)
        for figure in figures:
            self.choose("against", "Figure", figure)
            self.choose("spread", "Figure", figure)
        for across in ("trace", "seed", "stlb.arrays.0.entries", "walker.walkers"):
            self.choose("against", "across", across)
            self.assertIn("against-key", self.drawn(), across)
            self.assertEqual(self.run_script("return document.querySelectorAll('.problem').length"), 0)

    def test_spread_over_seeds_and_traces(self):
        self.browser.open(self.grid)
        self.choose("spread", "Figure", "core.cycles")
        for over, machines, points in (("seeds", 12, "2"), ("traces", 12, "2"), ("seeds and traces", 6, "4")):
            self.choose("spread", "over", over)
            rows = self.data_table("spread")
            self.assertEqual((len(rows), {row[1] for row in rows}), (machines, {points}), over)
        values = {}
        for row, value in self.figures("grid", "core.cycles"):
            values.setdefault((row["stlb.arrays.0.entries"], row["walker.walkers"]), []).append(value)
        for name, _, mean, deviation, least, largest, _ in rows:
            [mine] = [v for (entries, walkers), v in values.items() if f"entries {entries}," in name and name.endswith(f"walkers {walkers}")]
            read = [float(text.replace(",", "")) for text in (mean, deviation, least, largest)]
            for shown, right in zip(read, [statistics.mean(mine), statistics.stdev(mine), min(mine), max(mine)]):
                self.assertAlmostEqual(shown, right, delta=0.001 * right)

    def test_keys_in_a_chart_read_its_marks_and_open_a_point(self):
        for page, chart in ((self.grid, "against-key"), (self.grid, "spread"), (self.tuned, "front")):
            self.browser.open(page)
            self.run_script("document.querySelector(`[data-chart=${arguments[0]}] svg`).focus()", chart)
            self.keys(Keys.ARROW_RIGHT)
            self.assertGreater(len(self.run_script("return document.getElementById('live').textContent")), 5, chart)
            self.assertFalse(self.run_script("return document.getElementById('tip').hidden"), chart)
            self.keys(Keys.ENTER)
            self.assertRegex(self.run_script("return document.activeElement.textContent"), "^Point [0-9a-f]{16}$", chart)

    def test_a_choice_keeps_the_focus(self):
        self.browser.open(self.grid)
        self.run_script("document.querySelector('#against select').focus()")
        self.keys(Keys.ARROW_DOWN)
        self.assertEqual(self.run_script("return document.activeElement === document.querySelector('#against select')"), True)
        self.assertEqual(self.run_script("return document.querySelector('#against select').selectedIndex > 0"), True)

    def test_a_point_has_its_config_and_its_figures(self):
        cycles = self.figures("grid", "core.cycles")
        row, value = cycles[-1]
        self.browser.open(self.grid, "#point=" + row["point"])
        text = self.text("point")
        self.assertIn(f"{int(value):,}", text)
        self.assertIn(f"tablewalk sweep result grid {row['point']}", text)
        address = self.run_script("return document.querySelector('#point a.config').href")
        config = json.loads(urllib.parse.unquote(address.split(",", 1)[1]))
        result = json.loads(tablewalk("sweep", "result", "grid", row["point"], folder=self.folder.name).stdout)
        self.assertEqual(config, result["config"])
        with open(self.path("point.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        again = json.loads(tablewalk("run", row["trace"].replace("count=4K", f"count=4K,seed={row['seed']}"), "-c", "point.json", "--limit", "5K",
                                     "--format", "json", folder=self.folder.name).stdout)
        self.assertEqual(again["stats"]["core.cycles"], value)
        self.browser.open(self.grid, "#point=none")
        self.assertIn("There is no point none.", self.text("point"))

    def test_a_link_in_the_table_opens_its_point(self):
        self.browser.open(self.grid)
        point = self.run_script("const link = document.querySelector('#points tbody a'); link.click(); return link.getAttribute('href')")
        self.browser.settle()
        self.assertEqual(self.run_script("return document.activeElement.textContent"), "Point " + point.split("=")[1])

    def test_failed_points_are_listed_with_their_message(self):
        self.browser.open(self.failing)
        messages = self.table("failed", "message")
        self.assertEqual(len(messages), 2)
        self.assertTrue(all("stlb" in message for message in messages), messages)
        self.assertEqual(sorted(self.table("points", "state")), ["done", "done", "failed", "failed"])
        failed = self.run_script("const link = document.querySelector('#failed tbody a'); link.click(); return link.textContent")
        self.browser.settle()
        self.assertIn(messages[0], self.text("point"))
        self.assertIn(failed, self.text("point"))
        self.browser.open(self.grid)
        self.assertIn("No point failed.", self.text("failed"))

    def test_a_sweep_that_has_nothing_yet_and_one_that_is_not_finished(self):
        folder = self.folder.name
        tablewalk("sweep", "grid.yaml", "-o", "part", "-j", "2", folder=folder)
        runs = sorted(os.listdir(self.path("part/runs")))
        first = self.figures("grid", "core.cycles")[0][0]["point"]
        os.remove(self.path(f"part/runs/{first}.run"))
        tablewalk("sweep", "collect", "part", "--html", "part.html", folder=folder)
        self.browser.open(self.path("part.html"))
        self.assertIn("The sweep is not finished: 1 point to do.", self.text("summary"))
        self.assertEqual(self.table("points", "state").count("done"), 23)
        self.assertEqual(self.drawn(), {"against-key", "spread"})
        for name in set(runs) - {first + ".run"}:
            os.remove(self.path("part/runs/" + name))
        tablewalk("sweep", "collect", "part", "--html", "part.html", folder=folder)
        self.browser.open(self.path("part.html"))
        self.assertIn("24 points to do", self.text("summary"))
        self.assertIn("No point is done yet.", self.text("against"))
        self.assertEqual(self.drawn(), set())

    def test_hundreds_of_points_with_all_figures(self):
        self.browser.open(self.many)
        self.assertEqual(len(self.table("points", "walker.walkers")), 100)
        self.assertIn("Show all 320 rows", self.text("points"))
        self.assertGreater(self.run_script("return document.querySelectorAll('[data-chart=against-key] .dot').length"), 300)
        self.assertIn("the sweep has one trace and one seed", self.text("spread"))
        self.assertLess(os.path.getsize(self.many), 5_000_000)

    def test_the_front_is_that_of_the_csv(self):
        self.browser.open(self.tuned)
        with open(self.path("tuned/tune.csv"), encoding="utf-8") as file:
            machines = list(csv.DictReader(file))
        front = [row for row in machines if row["on_front"] == "1"]
        self.assertEqual(self.run_script("return document.querySelectorAll('[data-chart=front] .dot').length"),
                         2 * len(machines) - len(front))
        bits = self.run_script("""const table = [...document.querySelectorAll('#front table')].pop();
            const at = [...table.querySelectorAll('thead th')].findIndex((head) => head.textContent === 'TLB bits');
            return [...table.querySelectorAll('tbody tr')].map((row) => row.children[at].textContent);""")
        self.assertEqual([int(text.replace(",", "")) for text in bits], [int(row["tlb_bits"]) for row in front])
        links = self.run_script("return [...document.querySelectorAll('#front > div:last-of-type tbody tr')].map((row) => row.querySelectorAll('a').length)")
        self.assertEqual(set(links), {2}, "a link for each trace")

    def test_figures_explain_themselves_on_focus(self):
        self.browser.open(self.grid)
        self.run_script("document.querySelector('#points thead .term').focus()")
        self.assertFalse(self.run_script("return document.getElementById('tip').hidden"))
        self.assertGreater(len(self.run_script("return document.activeElement.getAttribute('aria-description')")), 10)
        described = self.run_script("return [...document.querySelectorAll('#points thead .term')].length")
        self.assertGreater(described, 10)

    def test_each_chart_is_named_and_has_its_data_as_a_table(self):
        for page in (self.grid, self.tuned):
            self.browser.open(page)
            self.assertEqual(self.run_script("return [...document.querySelectorAll('svg')].filter((svg) => !svg.getAttribute('aria-label')).length"), 0)
            for chart in self.drawn():
                self.assertGreater(len(self.data_table(chart)), 0, chart)

    def test_the_manifest_says_what_made_the_sweep(self):
        self.browser.open(self.grid)
        with open(self.path("grid/manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        text = self.text("manifest")
        self.assertIn(manifest["program"]["checksum"], text)
        self.assertIn(GRID, text)
        for path in manifest["trace_files"]:
            self.assertIn(path, text)

    def test_names_are_never_html(self):
        folder = self.path("evil & <b>")
        os.mkdir(folder)
        os.link(self.path("sort.twt"), os.path.join(folder, EVIL.replace("/", "")))
        with open(os.path.join(folder, "<i>.yaml"), "w", encoding="utf-8") as file:
            file.write(f"# {EVIL}\ntraces: ['{EVIL.replace('/', '')}']\nconfig: [skylake, '<u>.yaml']\nlimit: 100\n"
                       "points:\n  - grid:\n      dtlb.arrays.0.ways: [4, 5]\n")
        with open(os.path.join(folder, "<u>.yaml"), "w", encoding="utf-8") as file:
            file.write("walker:\n  walkers: 2\n")
        page = os.path.join(folder, "page.html")
        tablewalk("sweep", "<i>.yaml", "-o", "<s>results", "--html", page, folder=folder, status=1)
        self.browser.open(page)
        self.assertEqual(self.table("points", "state").count("done"), 2)
        self.assertEqual(self.run_script("return document.querySelectorAll('main img, main script, main b b, main i:not(.legend i), main u, main s').length"), 0)
        self.assertIn(EVIL.replace("/", ""), self.text("points"))
        self.assertIn(EVIL, self.text("manifest"))
        self.assertIn("<u>.yaml", self.text("failed"))
        self.assertEqual(self.run_script("return document.title"), "tablewalk: <s>results")

    def test_prints(self):
        self.browser.open(self.tuned)
        self.assertGreater(len(self.browser.command("Page.printToPDF", printBackground=True)["data"]), 30_000)


if __name__ == "__main__":
    unittest.main(verbosity=2)

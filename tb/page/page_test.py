"""The pages of `tablewalk report` in Chromium: what is drawn, keys, themes, widths, links, and no request to anywhere.

    /usr/bin/python3 tb/page/page_test.py TABLEWALK
"""

import json
import os
import unittest

from case import PageCase, tablewalk
from selenium.webdriver.common.keys import Keys

ALL_CHARTS = {"machine", "waterfall", "core-cycles", "distribution", "breakdown", "reads", "intervals", "reach", "space",
              "tables", "tree", "timeline"}
WITHOUT_DETAILS = {"machine", "waterfall", "core-cycles", "distribution", "breakdown", "reads"}


class PageTest(PageCase):
    @classmethod
    def make_pages(cls):
        cls.one = cls.path("one.html")
        cls.two = cls.path("two.html")
        cls.plain = cls.path("plain.html")
        cls.explained = cls.path("explained.html")
        trace = "traces/python3.twt"
        tablewalk("run", trace, "-c", "skylake", "--limit", "400000", "--html", cls.one)
        tablewalk("compare", trace, "-c", "skylake", "--limit", "300000", "--vary", "walker.walkers=1,2", "--html", cls.two)
        tablewalk("explain", trace, "-c", "skylake", "--limit", "200000", "--html", cls.explained)
        cls.cores = cls.path("cores.html")
        tablewalk("run", trace, "traces/sort.twt", "--set", "cores=2", "--limit", "20000", "--html", cls.cores)
        cls.faults = cls.path("faults.html")
        tablewalk("run", "text:W 0x1000; W 0x2000", "-c", "teaching", "--set", "os.prefault=false", "--html", cls.faults)
        tablewalk("run", trace, "--limit", "50000", "-o", cls.path("plain"))
        tablewalk("report", cls.path("plain/result.json"), "-o", cls.plain)

    def story(self):
        return self.run_script("return document.querySelector('#walk h3').firstChild.textContent.trim()")

    def test_draws_everything_in_both_themes_and_at_each_width(self):
        for page in (self.one, self.two):
            self.check_at_each_width_and_theme(page, ALL_CHARTS)

    def test_text_has_contrast(self):
        self.check_contrast(self.one)

    def test_the_heading_is_the_title(self):
        self.browser.open(self.one)
        self.assertEqual(self.run_script("return [document.title, document.getElementById('title').textContent]"),
                         ["tablewalk: traces/python3.twt"] * 2)

    def test_the_button_changes_the_theme(self):
        self.browser.open(self.one)
        paper = "return getComputedStyle(document.body).backgroundColor"
        light = self.run_script(paper)
        self.run_script("document.getElementById('theme').focus()")
        self.keys(Keys.ENTER)
        self.assertNotEqual(self.run_script(paper), light)
        self.keys(Keys.ENTER)
        self.assertEqual(self.run_script(paper), light)

    def test_a_result_without_details_says_which_option_adds_them(self):
        self.browser.open(self.plain)
        self.assertEqual(WITHOUT_DETAILS - self.drawn(), set())
        text = self.run_script("return document.getElementById('microscope').textContent")
        self.assertIn("--details", text)

    def test_an_explanation_has_each_step(self):
        self.browser.open(self.explained)
        text = self.run_script("return document.querySelector('[data-chart=waterfall]').textContent")
        for step in ("free translation", "TLB lookups", "reading entries", "waiting for a walker", "this machine"):
            self.assertIn(step, text)

    def test_the_legend_names_each_colour_of_the_bars(self):
        for page in (self.explained, self.faults):
            self.browser.open(page)
            for chart in ("breakdown", "reads"):
                bars, legend = self.run_script("""const chart = document.querySelector(`[data-chart=${arguments[0]}]`);
                    const colours = (all, property) => [...new Set([...all].map((one) => getComputedStyle(one)[property]))].sort();
                    return [colours(chart.querySelectorAll('svg rect:not(.focus)'), 'fill'),
                      colours(chart.querySelectorAll('.legend i'), 'backgroundColor')];""", chart)
                self.assertGreater(len(bars), 0)
                self.assertEqual(bars, legend, chart)

    def test_the_axis_of_a_distribution_has_its_unit(self):
        self.browser.open(self.one)
        axis = "return document.querySelector('[data-chart=distribution] svg > text.faint').textContent"
        self.assertIn("cycles (logarithmic)", self.run_script(axis))

    def test_names_of_levels_are_beside_the_curve_and_not_on_each_other(self):
        for width in (400, 1200):
            self.browser.set_width(width)
            self.browser.open(self.one)
            names, right, edge = self.run_script("""const box = (one) => { const { left, right, top, bottom } = one.getBoundingClientRect();
                return [left, right, top, bottom]; };
                const svg = document.querySelector('[data-chart=reach] svg');
                return [[...svg.querySelectorAll('text.level')].map(box), Math.max(...[...svg.querySelectorAll('path[stroke^="var"]')]
                  .map((path) => path.getBoundingClientRect().right)), svg.getBoundingClientRect().right];""")
            self.assertEqual(len(names), 3)
            for left, its_right, _, _ in names:
                self.assertGreater(left, right)
                self.assertLess(its_right, edge)
            for (_, _, _, bottom), (_, _, top, _) in zip(sorted(names, key=lambda box: box[2]), sorted(names, key=lambda box: box[2])[1:]):
                self.assertGreater(top + 4, bottom)

    def test_the_cost_is_the_first_figure_of_every_page(self):
        for page in (self.one, self.two, self.explained):
            self.browser.open(page)
            first = self.run_script("return document.querySelector('.card').textContent")
            self.assertIn("translation.cost_share", first)

    def test_machines_have_names_with_their_key_and_costs_one_axis(self):
        self.browser.open(self.two)
        charts = "return [...document.querySelectorAll('[data-chart=waterfall]')].map((chart) => {script})"
        captions = self.run_script(charts.replace("{script}", "chart.textContent"))
        for value, caption in zip("12", captions):
            self.assertIn(f"walker.walkers={value}", caption)
        axes = self.run_script(charts.replace("{script}", "[...chart.querySelectorAll('.tick text')].map((text) => "
                                                          "text.textContent).join()"))
        self.assertEqual(len(axes), 2)
        self.assertEqual(axes[0], axes[1])

    def test_a_link_opens_its_walk(self):
        self.browser.open(self.one, "#walk=12")
        self.assertEqual(self.story(), "Walk 12")
        text = self.run_script("return document.getElementById('walk').textContent")
        self.assertIn("the core asks for the translation", text)
        self.assertIn("the response", text)
        self.run_script("window.location.hash = 'walk=34'")
        self.browser.settle()
        self.assertEqual(self.story(), "Walk 34")

    def test_a_link_to_a_walk_of_another_result_and_to_none(self):
        self.browser.open(self.two, "#walk=12&result=2")
        self.assertEqual(self.run_script("return document.getElementById('result').value"), "1")
        self.assertEqual(self.story(), "Walk 12")
        self.browser.open(self.two, "#walk=99999999")
        self.assertIn("not in the sample", self.run_script("return document.getElementById('walk').textContent"))

    def walk_columns(self):
        return self.run_script("return [...document.querySelectorAll('#microscope thead th')].map((head) => head.textContent)")

    def test_walks_of_several_cores_name_their_core(self):
        self.browser.open(self.cores)
        column = self.walk_columns().index("core")
        rows = self.run_script("""return [...document.querySelectorAll('#microscope tbody tr')].map((row) =>
            [row.querySelector('a').textContent, row.children[arguments[0]].textContent]);""", column)
        cores = self.run_script("""const walks = JSON.parse(document.getElementById('data').textContent).results[0].result.details.walks;
            const [number, core] = ['number', 'core'].map((name) => walks.columns.indexOf(name));
            return Object.fromEntries(walks.rows.map((row) => [row[number], row[core]]));""")
        stats = self.run_script("return JSON.parse(document.getElementById('data').textContent).results[0].result.stats")
        for core in (0, 1):
            self.assertEqual(list(cores.values()).count(core), stats[f"core{core}.walker.walks"])
        for number, core in rows:
            self.assertEqual(core, str(cores[number.replace(",", "")]), number)
        for core in (0, 1):
            number = next(number for number, its in cores.items() if its == core)
            self.browser.open(self.cores, f"#walk={number}")
            text = self.run_script("return document.getElementById('walk').textContent")
            self.assertIn(f": core {core} asks for the translation", text)

    def test_walks_of_one_core_do_not_name_it(self):
        self.browser.open(self.one)
        self.assertNotIn("core", self.walk_columns())

    def test_the_story_of_a_page_fault_goes_on_in_the_kernel(self):
        self.browser.open(self.faults, "#walk=1")
        lines = self.run_script("return [...document.querySelectorAll('#walk li')].map(line => line.textContent)")
        told = [line.split(": ", 1) for line in lines if "kernel" in line]
        self.assertEqual([what.rsplit(": ", 1)[0] for _, what in told[:-1]],
                         ["the kernel runs its handler", "the kernel clears memory", "the kernel writes table entries"])
        starts = [int(start.replace(",", "")) for start, _ in told]
        cycles = [int(what.rsplit(": ", 1)[1].split()[0].replace(",", "")) for _, what in told[:-1]]
        self.assertEqual([after - before for before, after in zip(starts, starts[1:])], cycles)
        self.assertIn("the core leaves its kernel, and the access is made again", told[-1][1])
        self.browser.open(self.faults, "#walk=2")
        self.assertNotIn("kernel", self.run_script("return document.getElementById('walk').textContent"))

    def test_a_click_on_a_walk_tells_its_story(self):
        self.browser.open(self.one)
        walk = self.run_script("""const marks = [...document.querySelectorAll('[data-chart=timeline] [data-walk]')];
            const mark = marks[marks.length - 1]; mark.dispatchEvent(new MouseEvent('click', { bubbles: true })); return mark.dataset.walk;""")
        self.browser.settle()
        self.assertEqual(self.story(), f"Walk {int(walk):,}")

    def test_keys_in_the_time_line(self):
        self.browser.open(self.one, "#walk=12")
        self.run_script("document.querySelector('[data-chart=timeline] svg').focus()")
        self.keys(Keys.ARROW_RIGHT)
        self.assertEqual(self.story(), "Walk 13")
        self.keys(Keys.ARROW_RIGHT)
        self.assertEqual(self.story(), "Walk 14", "the focus is lost when the time line is drawn anew")
        self.keys(Keys.ARROW_LEFT)
        self.assertEqual(self.story(), "Walk 13")
        self.assertIn("walk 13", self.run_script("return document.getElementById('live').textContent"))
        caption = "return document.querySelector('[data-chart=timeline] figcaption').textContent"
        before = self.run_script(caption)
        self.keys("+")
        self.assertNotEqual(self.run_script(caption), before)

    def test_keys_in_a_chart_read_its_marks(self):
        self.browser.open(self.one)
        for chart in ("machine", "waterfall", "distribution", "breakdown", "space", "intervals"):
            self.run_script("document.querySelector(`[data-chart=${arguments[0]}] svg`).focus()", chart)
            self.keys(Keys.ARROW_RIGHT)
            self.assertGreater(len(self.run_script("return document.getElementById('live').textContent")), 5, chart)
            self.assertFalse(self.run_script("return document.getElementById('tip').hidden"), chart)

    def test_the_tab_key_reaches_the_content_first(self):
        self.browser.open(self.one)
        self.keys(Keys.TAB)
        self.assertEqual(self.run_script("return document.activeElement.className"), "skip")
        self.keys(Keys.TAB)
        self.assertEqual(self.run_script("return document.activeElement.id"), "theme")

    def test_each_chart_is_named_and_has_its_data_as_a_table(self):
        self.browser.open(self.one)
        unnamed = self.run_script("return [...document.querySelectorAll('svg')].filter((svg) => !svg.getAttribute('aria-label')).length")
        self.assertEqual(unnamed, 0)
        for chart in ALL_CHARTS - {"tree", "timeline"}:
            rows = self.run_script("""const details = document.querySelector(`[data-chart=${arguments[0]}] details.data`);
                details.open = true; details.dispatchEvent(new Event('toggle')); return details.querySelectorAll('tbody tr').length;""", chart)
            self.assertGreater(rows, 0, chart)

    def test_figures_explain_themselves_on_focus(self):
        self.browser.open(self.one)
        self.run_script("document.querySelector('#figures tbody .term').focus()")
        self.assertFalse(self.run_script("return document.getElementById('tip').hidden"))
        self.assertGreater(len(self.run_script("return document.getElementById('tip').textContent")), 20)
        self.assertGreater(len(self.run_script("return document.activeElement.getAttribute('aria-description')")), 20)

    def test_tables_sort_and_filter(self):
        self.browser.open(self.one)
        column = "return [...document.querySelectorAll('#microscope tbody tr')].slice(0, 12).map((row) => Number(row.children[1].textContent.replace(/,/g, '')))"
        slowest = self.run_script(column)
        self.assertEqual(slowest, sorted(slowest, reverse=True))
        self.run_script("document.querySelectorAll('#microscope thead button')[1].focus()")
        self.keys(Keys.ENTER, Keys.ENTER)
        fastest = self.run_script(column)
        self.assertEqual(fastest, sorted(fastest))
        self.assertLess(fastest[0], slowest[0])
        self.run_script("const field = document.querySelector('#figures input'); field.value = 'dtlb'; field.dispatchEvent(new Event('input'))")
        names = self.run_script("return [...document.querySelectorAll('#figures tbody th')].map((cell) => cell.textContent)")
        self.assertTrue(names and all("dtlb" in name for name in names), names)

    def test_differences_and_the_first_divergence_are_marked(self):
        self.browser.open(self.two)
        self.assertGreater(self.run_script("return document.querySelectorAll('#figures tr.differs').length"), 3)
        self.assertIn("walker.walkers", self.run_script("return document.getElementById('summary').textContent"))
        self.run_script("""const choice = [...document.querySelectorAll('#microscope select')].pop();
            choice.value = '1'; choice.dispatchEvent(new Event('change'));""")
        self.browser.settle()
        self.assertEqual(self.run_script("return document.querySelectorAll('#microscope line.divergence').length"), 2)
        self.assertIn("First divergence", self.run_script("return document.getElementById('microscope').textContent"))

    def divergence_of(self, change, name):
        """What a page says of a run of many walks and of the same run after `change`."""
        path = self.path("many/result.json")
        if not os.path.exists(path):
            tablewalk("run", "traces/large/bfs.twt", "-c", "skylake", "--limit", "60000", "--no-cost", "--details", "-o",
                      self.path("many"))
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        change(result["details"])
        with open(self.path(name + ".json"), "w", encoding="utf-8") as file:
            json.dump(result, file)
        page = self.path(name + ".html")
        tablewalk("report", path, self.path(name + ".json"), "--label", "many", "--label", name, "-o", page)
        self.browser.open(page)
        self.run_script("""const choice = [...document.querySelectorAll('#microscope select')].pop();
            choice.value = '1'; choice.dispatchEvent(new Event('change'));""")
        self.browser.settle()
        lines = self.run_script("return document.querySelectorAll('#microscope line.divergence').length")
        return self.run_script("return document.querySelector('#microscope p.note').textContent"), lines

    def test_a_late_divergence_is_enclosed_by_checkpoints(self):
        seen = []

        def from_the_hundredth_on(details):
            checkpoints = details["checkpoints"]
            for row in checkpoints["rows"][99:] + [checkpoints["last"]]:
                row[0] = "0" * 16
            seen.extend([details["walks_seen"], checkpoints["every"]])

        text, lines = self.divergence_of(from_the_hundredth_on, "late")
        walks, every = seen
        self.assertGreater(99 * every, 512)
        self.assertIn(f"one of the walks {99 * every + 1:,} to {100 * every:,}", text)
        self.assertEqual(lines, 4)
        text, lines = self.divergence_of(lambda details: None, "same")
        self.assertEqual((text, lines), (f"All {walks:,} walks are equal on same.", 0))
        text, lines = self.divergence_of(lambda details: details.pop("checkpoints"), "old")
        self.assertEqual((text, lines), (f"The first 512 walks are equal on old. The {walks - 512:,} walks after them that both "
                                         "have were not compared.", 0))

    def test_the_tree_unfolds(self):
        self.browser.open(self.one)
        for _ in range(4):
            self.run_script("document.querySelectorAll('#tree details').forEach((details) => { details.open = true; })")
            self.browser.settle()
        with_details = self.run_script("return JSON.parse(document.getElementById('data').textContent).results[0].result.details.paging.tables.rows.length")
        self.assertEqual(self.run_script("return document.querySelectorAll('#tree svg.strip').length"), with_details)

    def test_prints(self):
        self.browser.open(self.one)
        printed = self.browser.command("Page.printToPDF", printBackground=True)["data"]
        self.assertGreater(len(printed), 50_000)

    def test_text_of_results_is_never_html(self):
        with open(self.path("plain/result.json"), encoding="utf-8") as file:
            result = json.load(file)
        evil = "<img src=x onerror=alert(1)></script><b>"
        result["trace"]["path"] = evil
        result["warnings"] = [evil]
        result["meaning"]["core.cycles"]["description"] = evil
        with open(self.path("evil.json"), "w", encoding="utf-8") as file:
            json.dump(result, file)
        page = self.path("evil.html")
        tablewalk("report", self.path("evil.json"), "--label", evil, "-o", page)
        self.browser.open(page)
        self.assertEqual(self.run_script("return document.querySelectorAll('main img, main script').length"), 0)
        self.assertIn(evil, self.run_script("return document.getElementById('summary').textContent"))


if __name__ == "__main__":
    unittest.main(verbosity=2)

"""What the tests of pages share: pages in a temporary folder, and a browser in which nothing may go wrong."""

import os
import subprocess
import sys
import tempfile
import unittest

from browser import Browser
from selenium.webdriver.common.action_chains import ActionChains

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "build/release/tablewalk"
WIDTHS = (400, 1600)
DRAWN = """return [...document.querySelectorAll('[data-chart]')].filter((chart) =>
    [...chart.querySelectorAll('svg rect, svg path, svg circle')].some((mark) => mark.getBoundingClientRect().width > 0))
    .map((chart) => chart.dataset.chart);"""
CONTRASTS = """const part = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    const light = (text) => { const [r, g, b] = text.match(/\\d+/g).map(Number); return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b); };
    const back = light(getComputedStyle(document.body).backgroundColor);
    return ['body', '.soft', 'a', 'svg text', 'svg .faint'].map((selector) => {
      const style = getComputedStyle(document.querySelector('main ' + selector) || document.body);
      const front = light(selector.startsWith('svg') ? style.fill : style.color);
      return [selector, (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)]; });"""


def tablewalk(*arguments, folder=ROOT, status=0):
    done = subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != status:
        raise AssertionError(f"{arguments}: status {done.returncode}: {done.stderr}")
    return done


class PageCase(unittest.TestCase):
    """A test class defines make_pages()."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.make_pages()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def setUp(self):
        self.browser.set_width(1200)
        self.browser.set_dark(False)
        self.browser.console()
        self.browser.requests()

    def tearDown(self):
        self.assertEqual(self.browser.console(), [])
        self.assertEqual(self.browser.requests(), [])

    def run_script(self, script, *arguments):
        return self.browser.run(script, *arguments)

    def drawn(self):
        return set(self.run_script(DRAWN))

    def keys(self, *keys):
        actions = ActionChains(self.browser.driver)
        for key in keys:
            actions.send_keys(key)
        actions.perform()
        self.browser.settle()

    def check_at_each_width_and_theme(self, page, charts):
        for width in WIDTHS:
            for dark in (False, True):
                with self.subTest(page=os.path.basename(page), width=width, dark=dark):
                    self.browser.set_width(width)
                    self.browser.set_dark(dark)
                    self.browser.open(page)
                    self.assertEqual(charts - self.drawn(), set())
                    self.assertEqual(self.run_script("return [...document.querySelectorAll('.problem')].map((p) => p.textContent)"), [])
                    needed, there = self.run_script("return [document.documentElement.scrollWidth, innerWidth]")
                    self.assertEqual((needed, there), (width, width), "the page is wider than the window")
                    paper = self.run_script("return getComputedStyle(document.body).backgroundColor")
                    self.assertEqual(paper, "rgb(20, 23, 28)" if dark else "rgb(255, 255, 255)")

    def check_contrast(self, page):
        for dark in (False, True):
            self.browser.set_dark(dark)
            self.browser.open(page)
            for selector, contrast in self.run_script(CONTRASTS):
                self.assertGreater(contrast, 4.5, f"{selector}, {'dark' if dark else 'light'}")

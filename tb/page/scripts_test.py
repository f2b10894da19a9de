"""The scripts of the pages: their syntax, and that they can be joined into one of each page (cmake/embed_page.cmake).

    python3 tb/page/scripts_test.py NODE
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "model", "report", "page")
NODE = sys.argv.pop(1) if len(sys.argv) > 1 else "node"
LONGEST_FUNCTION = 60
DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
IMPORTED = re.compile(r'^import \{ (.*) \} from "\./(\w+)\.js";$', re.MULTILINE)


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def scripts():
    return sorted(name for name in os.listdir(FOLDER) if name.endswith(".js"))


def joined_orders():
    """The modules of each page."""
    with open(os.path.join(ROOT, "cmake", "embed_page.cmake"), encoding="utf-8") as file:
        orders = [names.split() for names in re.findall(r"set\(\w*page_modules ([^)]*)\)", file.read())]
    assert len(orders) == 2, orders
    return orders


class ScriptsTest(unittest.TestCase):
    def test_syntax(self):
        for name in scripts():
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, name.replace(".js", ".mjs"))
                with open(path, "w", encoding="utf-8") as file:
                    file.write(read(name))
                checked = subprocess.run([NODE, "--check", path], capture_output=True, text=True, check=False)
                self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_all_are_joined(self):
        self.assertEqual(sorted(set().union(*joined_orders())), [name[:-3] for name in scripts()])

    def test_each_follows_what_it_imports(self):
        for order in joined_orders():
            for name in order:
                for _, module in IMPORTED.findall(read(name + ".js")):
                    self.assertLess(order.index(module), order.index(name), f"{name} imports {module}")

    def test_imports_are_on_one_line_and_exist(self):
        for name in scripts():
            text = read(name)
            self.assertEqual(len(re.findall(r"^import ", text, re.MULTILINE)), len(IMPORTED.findall(text)), name)
            for names, module in IMPORTED.findall(text):
                for imported in names.split(", "):
                    exported = re.search(rf"export (async )?(function|const|class) {imported}\b", read(module + ".js"))
                    self.assertTrue(exported, f"{name} imports {imported} of {module}")
                    used = re.search(rf"\b{imported}\b", text.replace(f"import {{ {names} }}", ""))
                    self.assertTrue(used, f"{name} does not use {imported}")

    def test_names_are_unique(self):
        for order in joined_orders():
            owner = {}
            for name in order:
                for declared in DECLARED.findall(read(name + ".js")):
                    self.assertNotIn(declared, owner, f"{declared} is in {name} and in {owner.get(declared)}")
                    owner[declared] = name

    def test_functions_are_short(self):
        for name in scripts():
            start = None
            for number, line in enumerate(read(name).splitlines(), 1):
                if re.match(r"(export )?function ", line):
                    start = number
                elif line == "}" and start is not None:
                    self.assertLessEqual(number - start + 1, LONGEST_FUNCTION, f"{name}:{start}")
                    start = None

    def test_no_request_is_possible(self):
        for name in os.listdir(FOLDER):
            text = read(name)
            for pattern in (r"https?://", r"\b(fetch\(|XMLHttpRequest|WebSocket|innerHTML|eval\()"):
                self.assertIsNone(re.search(pattern, text), name)


if __name__ == "__main__":
    unittest.main()

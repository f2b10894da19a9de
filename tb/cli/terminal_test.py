"""Output on terminals of several widths and kinds."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

from program import ProgramTest, main, trace
import program

ESCAPE = re.compile(r"\033\[[0-9;]*[a-zA-Z]")
WIDTHS = (60, 80, 100, 132)


class TerminalTest(ProgramTest):
    def on_terminal(self, *arguments, columns=80, **environment):
        """Standard output and error as a terminal of that width gets them."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
        child = subprocess.Popen([program.PROGRAM, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=slave,
                                 stderr=slave, env={**inherited, "TERM": "xterm", **environment})
        os.close(slave)
        output = b""
        while select.select([master], [], [], 120)[0]:
            try:
                part = os.read(master, 1 << 16)
            except OSError:  # the child has closed its end
                break
            if not part:
                break
            output += part
        os.close(master)
        self.assertEqual(child.wait(), 0, output)
        return output.decode().replace("\r\n", "\n")

    def assert_narrow(self, text, columns, what):
        """No line is wider, but for words that are."""
        for line in text.splitlines():
            plain = ESCAPE.sub("", line.split("\r")[-1])
            longest = max((len(word) for word in plain.split()), default=0)
            self.assertLessEqual(len(plain), max(columns, longest), f"{what} {columns}: {plain}")

    def test_help_fits(self):
        for columns in WIDTHS:
            for command in (["--help"], ["run", "--help"], ["trace", "generate", "--help"], ["sweep", "--help"]):
                self.assert_narrow(self.on_terminal(*command, columns=columns), columns, command)

    def test_reports_fit(self):
        commands = (["run", trace("sort"), "-c", "skylake", "--limit", "3000", "--explain", "--attribute"],
                    ["compare", trace("sort"), "--limit", "3000", "--vary", "walker.walkers=1,2,4,8"],
                    ["explain", trace("sort"), "--limit", "3000"], ["config", "list"],
                    ["follow", "good.txt", "-c", "teaching"], ["tables", "--map", "0:4M"])
        for columns in WIDTHS:
            for command in commands:
                self.assert_narrow(self.on_terminal(*command, columns=columns), columns, command)

    def test_COLUMNS_decides(self):
        wide = self.on_terminal("run", "--help", columns=200)
        narrow = self.on_terminal("run", "--help", columns=200, COLUMNS="60")
        self.assertNotEqual(wide, narrow)
        self.assert_narrow(narrow, 60, "COLUMNS")

    def test_COLUMNS_that_is_no_number_has_no_effect(self):
        command = ("run", trace("sort"), "--limit", "3000", "--no-cost")
        usual = self.on_terminal(*command, columns=132)
        for text in ("80x", "x80", " 80", "+80", "-80", "0", "80.5", "10001", "99999999999999999999", ""):
            self.assertEqual(self.on_terminal(*command, columns=132, COLUMNS=text), usual, text)
        self.assertNotEqual(self.on_terminal(*command, columns=132, COLUMNS="80"), usual)

    def test_units_are_beside_their_figures(self):
        for columns in WIDTHS:
            text = ESCAPE.sub("", self.on_terminal("run", trace("sort"), "-c", "skylake", "--limit", "3000", "--no-cost",
                                                   "--all", columns=columns))
            for figure, unit in (("fetches", "accesses"), ("merged walks", "requests"), ("page straddles", "accesses"),
                                 ("row conflicts", "accesses"), ("touched bytes", "= ")):
                self.assertRegex(text, rf"(?m)^  {figure} +[0-9,]+  {unit}", f"{columns} columns")

    def test_all_shows_zeros(self):
        command = ("run", trace("sort"), "--limit", "3000", "--no-cost")
        self.assertRegex(self.output(*command), r"(?m)^  0: supervisor accesses, ")
        self.assertNotIn("  0: ", self.output(*command, "--all"))
        self.assertEqual(self.json(*command), self.json(*command, "--all"))
        csv = self.output(*command, "--format", "csv")
        self.assertEqual(csv, self.output(*command, "--format", "csv", "--all"))
        self.assertIn("core.supervisor_accesses,0,", csv)

    def test_no_colour_where_it_is_not_wanted(self):
        command = ("run", "good.txt", "--no-cost")
        self.assertRegex(self.on_terminal(*command), ESCAPE)
        self.assertNotRegex(self.on_terminal(*command, NO_COLOR="1").split("\r")[-1].replace("\033[K", ""), ESCAPE)
        self.assertRegex(self.on_terminal(*command, NO_COLOR=""), r"\033\[1m")
        self.assertNotIn("\033", self.on_terminal(*command, TERM="dumb"))
        self.assertNotIn("\r", self.on_terminal("run", trace("python3"), "--limit", "200000", TERM="dumb"))

    def test_data_is_never_wrapped(self):
        usual = self.output("run", "good.txt", "--format", "csv")
        narrow = subprocess.run([program.PROGRAM, "run", "good.txt", "--format", "csv"], cwd=self.folder, check=True,
                                capture_output=True, text=True, env={**os.environ, "COLUMNS": "60"}).stdout
        self.assertEqual(narrow, usual)

    def test_version(self):
        self.assertRegex(self.output("--version"), r"^tablewalk 0\.1\.0 \((commit [0-9a-f]{7,}\+?, )?(GNU C\+\+|Clang) \d+.*\)\n$")


if __name__ == "__main__":
    main()

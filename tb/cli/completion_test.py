"""Completion in bash, and in zsh and fish where they are installed, with the scripts of packaging/."""

import os
import shutil
import subprocess
import unittest

from program import ROOT, ProgramTest, main
import program

SCRIPTS = os.path.join(ROOT, "packaging")


class CompletionTest(ProgramTest):
    def bash(self, line):
        """What bash would offer for that line with the cursor at its end."""
        script = f"""
source {SCRIPTS}/tablewalk.bash
PATH={os.path.dirname(program.PROGRAM)}:$PATH
compopt() {{ :; }}
COMP_LINE=$1 COMP_POINT=${{#1}}
_tablewalk
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", line], cwd=self.folder, capture_output=True,
                              text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands(self):
        self.assertEqual(self.bash("tablewalk comp"), ["compare"])
        self.assertEqual(sorted(self.bash("tablewalk trace ")), ["capture", "convert", "generate", "info"])
        self.assertIn("run", self.bash("tablewalk "))
        self.assertNotIn("complete", self.bash("tablewalk "))
        self.assertEqual(self.bash("tablewalk xyz"), [])

    def test_options(self):
        self.assertEqual(self.bash("tablewalk run --warm"), ["--warmup"])
        self.assertEqual(self.bash("tablewalk run --explain --warm"), ["--warmup"])
        self.assertEqual(self.bash("tablewalk trace generate --patt"), [])
        self.assertIn("-c", self.bash("tablewalk run good.txt -"))

    def test_presets_and_config_files(self):
        self.write("mine.yaml", "cores: 1\n")
        self.assertEqual(self.bash("tablewalk run -c skylake-4"), ["skylake-4"])
        offered = self.bash("tablewalk run good.txt --config ")
        self.assertIn("cva6", offered)
        self.assertIn("mine.yaml", offered)
        self.assertNotIn("good.txt", offered)
        self.assertEqual(self.bash("tablewalk config show teaching6"), ["teaching64"])

    def test_config_keys_and_their_values(self):
        self.assertEqual(self.bash("tablewalk run --set core.free_tr"), ["core.free_translation="])
        # Bash takes what is after `=` for a word.
        self.assertEqual(sorted(self.bash("tablewalk run --set core.free_translation=")), ["false", "true"])
        self.assertIn("sv39", self.bash("tablewalk compare --vary paging.mode=sv"))
        # Of the machine that was given.
        self.assertIn("walker.walk_caches.0.entries=",
                      self.bash("tablewalk run -c skylake --set walker.walk_caches.0.e"))

    def test_values(self):
        self.assertEqual(self.bash("tablewalk run good.txt --format j"), ["json"])
        self.assertIn("champsim", self.bash("tablewalk run --trace-format "))
        self.assertIn("matmul", self.bash("tablewalk trace generate ma"))
        self.assertEqual(self.bash("tablewalk lecture four-l"), ["four-levels"])
        self.assertEqual(self.bash("tablewalk run --limit "), [])

    def test_traces(self):
        self.write("a.twt", "")
        self.write("notes.pdf", "")
        os.mkdir(self.path("folder"))
        self.assertEqual(sorted(self.bash("tablewalk run ")), ["a.twt", "folder", "good.txt"])
        self.assertEqual(sorted(self.bash("tablewalk run a.twt -c skylake ")), ["a.twt", "folder", "good.txt"])
        self.assertIn("notes.pdf", self.bash("tablewalk run a.twt -o "))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_the_script_for_zsh_is_one(self):
        subprocess.run(["zsh", "-n", os.path.join(SCRIPTS, "_tablewalk")], check=True)

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish(self):
        script = f"source {SCRIPTS}/tablewalk.fish; complete -C 'tablewalk run --warm'"
        path = os.path.dirname(program.PROGRAM) + ":" + os.environ["PATH"]
        done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True,
                              env={**os.environ, "PATH": path, "HOME": self.folder})
        self.assertEqual(done.stdout.split("\t")[0].strip(), "--warmup")


if __name__ == "__main__":
    main()

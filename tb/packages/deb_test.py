"""The Debian package: its fields and files, and the program in a root folder that has only what the package depends on.

    python3 tb/packages/deb_test.py CPACK BUILD
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CPACK = BUILD = None  # set by main
TRACE = "text:R 0x1000; R 0x1008; R 0x2000; W 0x1000"


def run(*command, **more):
    """Standard output; a command that fails ends the test with all that it wrote."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def names_of(depends):
    """The first alternative of each: `libc6 (>= 2.36), a | b` as libc6, a."""
    return [part.split("|")[0].split("(")[0].split(":")[0].strip() for part in depends.split(",") if part.strip()]


def all_needed(packages):
    """These packages and all that they depend on, as they are installed here."""
    found, left = set(), list(packages)
    while left:
        package = left.pop()
        asked = subprocess.run(["dpkg-query", "-W", "-f", "${Depends}, ${Pre-Depends}\n", package],
                               capture_output=True, text=True, check=False)
        if package in found or asked.returncode != 0:  # a virtual one, such as debconf's
            continue
        found.add(package)
        left.extend(names_of(asked.stdout.splitlines()[0]))
    return found


def copy_package(package, root):
    for path in run("dpkg", "-L", package).splitlines():
        if path.startswith("/usr/share/") or not (os.path.isfile(path) or os.path.islink(path)):
            continue
        target = root + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target) and not os.path.isdir(path):
            shutil.copy2(path, target, follow_symlinks=False)


class DebTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        run(CPACK, "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", cls.folder)
        cls.packages = glob.glob(os.path.join(cls.folder, "*.deb"))
        cls.package = cls.packages[0]
        cls.root = os.path.join(cls.folder, "root")
        os.makedirs(cls.root)
        for name in ("bin", "lib", "lib64", "sbin"):  # as on Debian 12
            os.makedirs(os.path.join(cls.root, "usr", name))
            os.symlink("usr/" + name, os.path.join(cls.root, name))
        run("dpkg-deb", "--extract", cls.package, os.path.join(cls.folder, "files"))
        shutil.copytree(os.path.join(cls.folder, "files"), cls.root, dirs_exist_ok=True)
        cls.program = os.path.join(cls.root, "usr", "bin", "tablewalk")

    def field(self, name):
        return run("dpkg-deb", "--field", self.package, name).strip()

    def test_fields(self):
        self.assertEqual(len(self.packages), 1)
        self.assertEqual(self.field("Package"), "tablewalk")
        self.assertEqual(self.field("Version"), "0.1.0")
        self.assertEqual(self.field("Architecture"), run("dpkg", "--print-architecture").strip())
        self.assertIn("TLBs", self.field("Description"))
        self.assertIn("valgrind", self.field("Recommends"))

    def test_files(self):
        listed = {line.split()[5].lstrip(".") for line in run("dpkg-deb", "--contents", self.package).splitlines()}
        for path in ("/usr/bin/tablewalk", "/usr/share/man/man1/tablewalk.1.gz",
                     "/usr/share/man/man1/tablewalk-trace-info.1.gz", "/usr/share/doc/tablewalk/copyright",
                     "/usr/share/bash-completion/completions/tablewalk", "/usr/share/zsh/vendor-completions/_tablewalk",
                     "/usr/share/fish/vendor_completions.d/tablewalk.fish"):
            self.assertIn(path, listed)
        self.assertFalse([path for path in listed if path.endswith((".h", ".a", ".cmake"))])

    def test_every_library_is_of_a_package_that_it_depends_on(self):
        depends = names_of(self.field("Depends"))
        needed = re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", self.program))
        self.assertIn("libsystemc-2.3.4.so", needed)
        for library in needed:
            owners = {line.split(":")[0] for line in run("dpkg", "-S", "*/" + library).splitlines()}
            self.assertTrue(owners & set(depends), f"{library} of {owners} is not in {depends}")

    @unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
    def test_it_runs_with_only_what_it_depends_on(self):
        for package in all_needed(names_of(self.field("Depends"))):
            copy_package(package, self.root)
        os.makedirs(os.path.join(self.root, "tmp"), exist_ok=True)

        def program(*arguments):
            return run("chroot", self.root, "/usr/bin/tablewalk", *arguments, env={"PATH": "/usr/bin:/usr/sbin:/bin"},
                       cwd="/")
        # The chroot program is this system's; only what it starts comes from the root folder.
        self.assertRegex(program("--version"), r"^tablewalk 0\.1\.0 \(")
        self.assertIn("Walker", program("run", TRACE, "-c", "teaching64", "--no-cost"))
        self.assertIn("four-levels", program("lecture"))
        self.assertIn("skylake", program("config", "list"))

    def test_lintian_finds_no_error(self):
        if shutil.which("lintian") is None:
            self.skipTest("lintian is not installed")
        done = subprocess.run(["lintian", "--allow-root", "--suppress-tags", "bogus-mail-host,no-changelog", self.package],
                              capture_output=True, text=True, check=False)
        errors = [line for line in done.stdout.splitlines() if line.startswith("E:")]
        self.assertEqual(errors, [], done.stdout + done.stderr)


def main():
    global CPACK, BUILD
    CPACK, BUILD = sys.argv[1], os.path.abspath(sys.argv[2])
    del sys.argv[1:3]
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()

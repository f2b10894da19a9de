"""The lectures: listed, run and typed along; and their figures, by arithmetic. What each prints is compared with its page
by tb/tidy/doc_commands.py.

    python3 tb/cli/lecture_test.py TABLEWALK
"""

import glob
import os
import re
import subprocess

import program
from program import ROOT, ProgramTest, main

FILES = sorted(glob.glob(os.path.join(ROOT, "docs", "lectures", "[0-9]*.md")))
NAMES = [os.path.basename(path)[:-len(".md")].split("-", 1)[1] for path in FILES]
PAGE = 4096
ENTRY = 4


def page(name):
    with open(FILES[NAMES.index(name)], encoding="utf-8") as file:
        return file.read()


class Lectures(ProgramTest):
    def test_the_list_is_the_folder(self):
        listed = [line.split(None, 2) for line in self.output("lecture").splitlines()]
        self.assertGreaterEqual(len(listed), 12)
        self.assertEqual([name for _, name, _ in listed], NAMES)
        self.assertEqual([int(number) for number, _, _ in listed], list(range(1, len(listed) + 1)), "a number is missing")
        for path, (number, name, title) in zip(FILES, listed):
            self.assertEqual(int(number), int(os.path.basename(path).split("-")[0]))
            self.assertEqual(page(name).splitlines()[0], "# " + title)

    def test_a_lecture_prints_its_page_alone_and_among_all(self):
        printed = []
        for number, name in enumerate(NAMES, 1):
            with self.subTest(name):
                expected = page(name).replace("```\n", "").replace("# ", f"{number}. ", 1)
                printed.append(self.output("lecture", str(number)))
                self.assertEqual("".join(line.rstrip() + "\n" for line in printed[-1].splitlines()), expected)
        self.assertEqual(self.output("lecture", "--all"), "\n\n".join(printed))
        self.assertEqual(self.output("lecture", NAMES[0]), printed[0])
        self.assertEqual(os.listdir(self.folder), ["good.txt"])

    def test_a_class_can_type_the_commands(self):
        typed = self.output("lecture", "--all", "--only-commands").splitlines()
        commands = [line for line in typed if line and not line.startswith("# ")]
        shown = [line[2:] for name in NAMES for line in page(name).splitlines() if line.startswith("$ ")]
        self.assertEqual(commands, shown)
        os.symlink(program.PROGRAM, self.path("tablewalk"))
        for command in commands[:8]:  # what all of them print is that of the pages
            result = subprocess.run(["sh", "-c", "./" + command], cwd=self.folder, stdin=subprocess.DEVNULL,
                                    capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual((result.returncode, result.stderr), (0, ""), command)
            first = result.stdout.splitlines()[0].rstrip()
            self.assertIn(f"$ {command}\n{first}\n", "".join(page(name) for name in NAMES))

    def test_wrong_names(self):
        self.assert_refused(["lecture", "flat-tabel"], "lecture 'flat-tabel'", "did you mean 'flat-table'?")
        self.assert_refused(["lecture", "99"], "lecture '99'")
        self.assert_refused(["lecture", "--all", "reads"], "expected one of them")
        self.assert_refused(["lecture", "--only-commands"], "--only-commands")


class Figures(ProgramTest):
    def rows(self, name):
        """The words of each line of a page, which is what the lecture prints."""
        return [line.split() for line in page(name).splitlines()]

    def row(self, name, *start):
        """The rest of the only line that starts so; the first one if there are several."""
        return next(row[len(start):] for row in self.rows(name) if row[:len(start)] == list(start))

    def test_bytes(self):
        row = self.row("bytes", "0x3000")
        self.assertEqual(int.from_bytes(bytes.fromhex("".join(row[4:8])), "little"), 0x2067)

    def test_flat_table(self):
        sizes = [row for row in self.rows("flat-table") if row[:1] == ["flat32"]]
        self.assertEqual([int(row[1]) for row in sizes], [2 * 4 * 2**20 // PAGE, 1])
        for row in sizes:
            self.assertEqual(int(row[3]), 2**20 * ENTRY)

    def test_hundred_processes(self):
        pages, tables, size, *_ = self.row("hundred-processes", "flat32")
        self.assertEqual((int(pages), int(tables), int(size)), (100 * 2048, 100, 100 * 2**20 * ENTRY))
        self.assertEqual(100 * 2**20 * ENTRY, 400 << 20)

    def test_two_levels(self):
        _, tables, size, *_ = self.row("two-levels", "x86-32")
        self.assertEqual((int(tables), int(size)), (1 + 2, 3 * 1024 * ENTRY))

    def test_four_levels(self):
        _, tables, size, *rest = self.row("four-levels", "radix:5,5,5,5/12@4")
        last = 8 * 2**20 // PAGE // 32
        self.assertEqual(int(tables), last + 2 + 2 + 1)
        self.assertEqual((int(tables), int(size)), (69, 69 * 32 * ENTRY))
        self.assertEqual(int(size), 8832)
        self.assertIn(f"1/{round(2**20 * ENTRY / 8832)}", rest)
        self.assertIn("1/475", rest)

    def test_reads(self):
        reads = [len(re.findall(r"L\d", " ".join(row))) for row in self.rows("reads") if row[0:1] == ["load"]]
        self.assertEqual(reads, [4, 4, 1, 1])

    def test_locality(self):
        places = [row[2] for row in self.rows("locality") if row[0:1] == ["load"]]
        self.assertEqual(places, ["walk", "dtlb", "dtlb", "walk", "dtlb"])
        self.assertEqual([row[1] for row in self.rows("locality") if row[:1] == ["walker.walks"]], ["16", "8,192"])
        self.assertEqual([row[1:3] for row in self.rows("locality") if row[:1] == ["dtlb.misses"]],
                         [["16"], ["8,192", "16"]])

    def test_same_address(self):
        rows = [row for row in self.rows("same-address") if row[0:1] in (["store"], ["load"])]
        self.assertEqual([row[1:3] for row in rows], [["1", "0x1000"], ["2", "0x1000"], ["1", "0x1000"]])
        frames = [int(row[-2], 16) // PAGE for row in rows]
        self.assertEqual(frames[0], frames[2])
        self.assertNotEqual(frames[0], frames[1])

    def test_sharing(self):
        rows = [row for row in self.rows("sharing") if row[0:1] in (["store"], ["load"], ["fetch"])]
        places = [(row[0], row[1], row[2], int(row[-2], 16) // PAGE) for row in rows if row[-2].startswith("0x")]
        code, private, shared = ([place for place in places if place[0] == "fetch"],
                                 [place for place in places if place[2] == "0x2000"],
                                 [place for place in places if place[2] == "0x1000" and place[0] != "fetch"])
        self.assertEqual([place[1:3] for place in code], [("0", "0x1000"), ("1", "0x5000")])
        self.assertEqual(code[0][3], code[1][3])
        self.assertEqual([place[1] for place in shared], ["0", "1", "0"])
        self.assertEqual(len({place[3] for place in shared}), 1)
        self.assertEqual([place[1] for place in private], ["0", "1", "0"])
        self.assertEqual(private[0][3], private[2][3])
        self.assertNotEqual(private[0][3], private[1][3])

    def test_base_and_limit(self):
        rows = [row for row in self.rows("base-and-limit") if row[0:1] == ["load"]]
        self.assertEqual([int(row[-2], 16) for row in rows], [0x40000 + 0, 0x40000 + 0x1008])

    def test_reserve_and_touch(self):
        for figure, value in (("core.accesses", "3"), ("core.faults", "2"), ("kernel.resident_pages", "2")):
            self.assertEqual(self.row("reserve-and-touch", figure), [value])

    def test_page_states(self):
        self.assertEqual(self.row("page-states", "kernel.resident_pages"), [str(12 * 1024 // PAGE)])
        self.assertEqual(self.row("page-states", "kernel.swapped_pages"), [str(4 - 3)])

    def test_page_fault(self):
        rows = [row for row in self.rows("page-fault") if row[0:1] == ["load"]]
        self.assertEqual([row[2:4][:1 + (row[3] == "kernel")] for row in rows],
                         [["walk,", "kernel"], ["walk"], ["dtlb"], ["walk,", "kernel"], ["walk"]])

    def faults(self, policy, frames):
        """Of the order in the lectures, by a simulation of its own."""
        order = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]
        memory, faults = [], 0
        for now, wanted in enumerate(order):
            if wanted in memory:
                if policy == "lru":
                    memory.append(memory.pop(memory.index(wanted)))
                continue
            faults += 1
            if len(memory) == frames:
                later = order[now + 1:]
                next_use = [later.index(one) if one in later else len(order) for one in memory]
                memory.pop(next_use.index(max(next_use)) if policy == "optimal" else 0)
            memory.append(wanted)
        return str(faults)

    def test_replacement(self):
        row = self.row("replacement", "core.faults")
        self.assertEqual([row[0], row[1], row[5]], [self.faults(policy, 3) for policy in ("optimal", "fifo", "lru")])
        self.assertEqual(row[0], "7")

    def test_belady(self):
        rows = [row for row in self.rows("belady") if row[:1] == ["core.faults"]]
        self.assertEqual([row[1:3] for row in rows],
                         [[self.faults(policy, frames) for frames in (3, 4)] for policy in ("fifo", "lru")])
        self.assertEqual(rows[0][1:3], ["9", "10"])

    def test_swap(self):
        cycles = [int(word.replace(",", "")) for word in self.row("swap", "core.cycles") if "," in word]
        self.assertGreater(cycles[1], 100 * cycles[0])
        self.assertEqual(self.row("swap", "kernel.zero_faults")[0], "16")
        self.assertEqual(self.row("swap", "kernel.major_faults")[0], "0")

    def test_fork(self):
        rows = [row for row in self.rows("fork") if row[0:1] in (["store"], ["load"])]
        frames = [row[-2] for row in rows if row[-2].startswith("0x")]
        self.assertEqual(len(frames), 4)
        parent, read, copy, parent_again = frames
        self.assertEqual((parent, parent), (read, parent_again))
        self.assertNotEqual(copy, parent)

    def test_protection(self):
        text = self.output("lecture", "protection")
        self.assertIn("error code 0x7: present, write, user", text)
        self.assertIn("error code 0x4: not present, read, user", text)

    def test_segments(self):
        row = self.row("segments", "failed", "with", "enough", "memory", "free")
        self.assertTrue(all(int(word.replace(",", "")) > 0 for word in row[:3]), row)
        self.assertEqual(row[3], "0")

    def test_huge_pages(self):
        self.assertEqual(self.row("huge-pages", "dtlb.misses")[1], str(8 // 2))
        self.assertEqual(self.row("huge-pages", "walker.entry_reads_per_walk")[:2], ["4.00", "3.00"])
        last = 8 // 2  # tables of the last level
        self.assertEqual(self.row("huge-pages", "tables.bytes")[:4], [str(4 * (last + 3)), "KiB", str(4 * 3), "KiB"])

    def test_context_switch(self):
        places = [row[3] for row in self.rows("context-switch") if row[0:1] == ["load"]]
        self.assertEqual(places, ["walk"] * 4 + ["walk", "walk", "dtlb", "dtlb"] + ["walk"] * 4)


if __name__ == "__main__":
    main()

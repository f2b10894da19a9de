"""Memory images in the formats of other programs, with walk, run and the oracle.

    python3 tb/cli/images_test.py TABLEWALK
"""

import struct

from program import ProgramTest, main

PAGE = 4096
ROOT = 0x5000


def memory():
    """Four levels of x86-64 tables at 0x5000 to 0x8fff: 0x400000 is a page at 0x800000, PD entry 3 points outside."""
    bytes_of = bytearray(9 * PAGE)
    for address, entry in ((0x5000, 0x6027), (0x6000, 0x7027), (0x7010, 0x8027), (0x8000, 0x800067),
                           (0x7018, 0x7FFF027)):
        struct.pack_into("<Q", bytes_of, address, entry)
    return bytes(bytes_of)


def note(cr3, cr4):
    content = bytearray(440)
    struct.pack_into("<II", content, 0, 1, 440)
    for offset, value in ((392, 0x80050033), (416, cr3), (424, cr4)):
        struct.pack_into("<Q", content, offset, value)
    return struct.pack("<III", 5, 440, 0) + b"QEMU\0\0\0\0" + bytes(content)


def elf(content, notes=b"", address=0):
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    start = 64 + 2 * 56
    header += struct.pack("<IIQQQQQQ", 4, 0, start, 0, 0, len(notes), 0, 0)
    start += len(notes)
    return header + struct.pack("<IIQQQQQQ", 1, 7, start, 0, address, len(content), len(content), 0) + notes + content


class Images(ProgramTest):
    def setUp(self):
        super().setUp()
        self.write("vmcore", elf(memory(), note(ROOT, 0x20)))
        self.write("trace.txt", "R 0x400123 1\nR 0x600000 8\nR 0x400000 8\n")

    def physical(self, *options):
        return self.json("walk", *options, "--root", hex(ROOT), "0x400123")["walks"][0]["physical"]

    def test_formats_are_recognised_by_walk_run_and_oracle(self):
        lime = struct.pack("<IIQQQ", 0x4C694D45, 1, 0x5000, 0x8FFF, 0) + memory()[0x5000:]
        self.write("lime", lime)
        self.write("raw", memory())
        self.write("oracle.csv", "root,va,pa\n0x5000,0x400123,0x800123\n")
        self.write("one.txt", "R 0x400123 1\n")
        for name, kind in (("vmcore", "elf"), ("lime", "lime"), ("raw", "raw")):
            self.assertEqual(self.physical("--image", name), "0x800123")
            self.assertIn("no differences", self.output("walk", "--image", name, "--oracle", "oracle.csv"))
            result = self.json("run", "one.txt", "--image", name, "--root", hex(ROOT))
            self.assertEqual((result["image"]["format"], result["stats"]["core.faulted_accesses"]), (kind, 0))

    def test_unknown_formats_are_never_raw(self):
        self.write("unknown", b"x" + memory()[1:])
        self.write("savevm", b"QEVM\0\0\0\x03" + bytes(9000))
        for command in (["walk", "0x400123"], ["run", "trace.txt"]):
            self.assert_refused([*command, "--image", "unknown", "--root", "0x5000"], "in no known format",
                                "--image-format raw")
            self.assert_refused([*command, "--image", "savevm", "--root", "0x5000"], "is a QEMU savevm", "not read")
        self.assertEqual(self.physical("--image", "unknown", "--image-format", "raw"), "0x800123")

    def test_the_root_comes_from_the_image(self):
        said = "tablewalk: --root 0x5000, as the QEMU note of the first processor of vmcore says\n"
        for command in (["walk", "0x400123"], ["run", "good.txt", "--skip-faults", "--no-cost"]):
            result = self.run_program(*command, "--image", "vmcore")
            self.assertEqual((result.returncode, result.stderr), (0, said))
        result = self.run_program("walk", "0x400123", "--image", "vmcore", "--mode", "x86-64-la57", "--root", "0x5000")
        self.assertIn("tablewalk: warning: vmcore: its QEMU note of the first processor says x86-64, not x86-64-la57\n",
                      result.stderr)
        self.assert_refused(["walk", "0x400123", "--image", "vmcore@0"], "is an ELF core, which has its own addresses")

    def test_tables_outside_of_the_image_are_named(self):
        outside = ("reads the PT entry at physical address 0x7fff000 of the table at 0x7fff000, outside the image: "
                   "vmcore covers 0x0-0x8fff")
        image = ["--image", "vmcore", "--root", "0x5000"]
        self.assert_refused(["walk", "0x600000", *image], "the walk of 0x600000 " + outside)
        run = ["run", "trace.txt", *image, "--no-cost"]
        self.assert_refused(run, "trace.txt: record 2: the load at 0x600000: its walk " + outside, "or --skip-faults")
        stats = self.json(*run, "--skip-faults")["stats"]
        self.assertEqual((stats["core.faulted_accesses"], stats["image.faults_outside"]), (1, 1))
        self.write("oracle.csv", "root,va,pa\n0x5000,0x600000,unmapped\n")
        self.assert_refused(["walk", "--image", "vmcore", "--oracle", "oracle.csv"], "oracle.csv:2: ", outside)

    def test_zeros_that_a_format_leaves_out_are_marked(self):
        listed = b"".join(struct.pack("<Q", at) + memory()[at:at + PAGE] for at in range(0x5000, 0x9000, PAGE))
        self.write("pages", listed)
        entries = self.json("walk", "--image", "pages", "--root", "0x5000", "0x600000")["walks"][0]["entries"]
        self.assertEqual([entry.get("left_out", False) for entry in entries], [False, False, False, True])
        self.assertIn("the image does not include this page: read as zeros",
                      self.output("walk", "--image", "pages", "--root", "0x5000", "0x600000"))

    def test_pieces_and_holes(self):
        self.write("low", memory()[:0x7000])
        self.write("high", memory()[0x7000:])
        self.assertEqual(self.physical("--image", "low@0", "--image", "high@0x7000"), "0x800123")
        # The last two pages are first in the file.
        self.write("swapped", b"x" * PAGE + memory()[0x7000:] + memory()[:0x7000])
        maps = ["--image-map", "4K:8K@28K", "--image-map", "12K:28K@0"]
        self.assertEqual(self.physical("--image", "swapped", *maps), "0x800123")
        walk = ["walk", "0x400123", "--root", "0x5000"]
        self.assert_refused([*walk, "--image", "low@0", "--image", "high@0x6000"], "high: byte 0: ", "overlaps")
        self.assert_refused([*walk, "--image", "low", "--image", "low"], "overlaps")
        self.assert_refused([*walk, "--image", "low@1", "--image", "high"], "--image low@1: expected a base that is a multiple")
        self.assert_refused([*walk, "--image", "low", "--image-map", "0:1G@0"],
                            "the file ends in the range given by --image-map")
        self.assert_refused([*walk, "--image", "low", "--image-map", "0:4X@0"], "--image-map 0:4X@0: ", "OFFSET:SIZE")
        self.assert_refused([*walk, "--image", "low", "--image-map", "0-4K"], "--image-map 0-4K: expected OFFSET:SIZE")
        self.assert_refused([*walk, "--image", "low@0", "--image-map", "0:4K@0"], "are exclusive: expected one of them")
        self.assert_refused(["walk", "--map", "0:4K", "--image-base", "0", "0"], "--image-base without --image")

    def test_files_that_are_not_whole(self):
        with open(self.path("vmcore"), "rb") as file:
            whole = file.read()
        for size in (3, 30, 64, 100, 200, 700, len(whole) - 1):
            self.write("cut", whole[:size])
            self.assert_refused(["walk", "0x400123", "--image", "cut", "--root", "0x5000"], "cut: ")
            self.assert_refused(["run", "trace.txt", "--image", "cut", "--root", "0x5000"], "cut: ")


if __name__ == "__main__":
    main()

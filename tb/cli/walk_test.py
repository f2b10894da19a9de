"""Page tables made by Linux (tb/golden/images), walked by the program; and the text output of `walk`.

    python3 tb/cli/walk_test.py TABLEWALK
"""

import csv
import io
import lzma

from program import ProgramTest, image, main

MODES = {
    "x86_64-4level": "x86-64",
    "x86_64-4level-1g": "x86-64",
    "x86_64-5level": "x86-64-la57",
    "i386-2level": "x86-32",
    "riscv64-sv39": "sv39",
    "riscv64-sv48": "sv48",
}
ROWS = {
    "x86_64-4level": 2463,
    "x86_64-4level-1g": 3855,
    "x86_64-5level": 2489,
    "i386-2level": 2182,
    "riscv64-sv39": 3236,
    "riscv64-sv48": 3285,
}
# Every access walks, one after the other.
NO_TLBS = ["--set", "dtlb.enabled=false", "--set", "stlb.enabled=false", "--set", "core.blocking=true"]


def rows(name, file):
    with lzma.open(image(name, file), "rt") as stream:
        return list(csv.DictReader(stream))


def tables(name):
    return ["--mode", MODES[name], "--image", image(name, "pages.bin.zst")]


def program_root(name):
    """Root of the program that wrote the signatures: the oracle's first root."""
    return rows(name, "oracle.csv.xz")[0]["root"]


class Oracles(ProgramTest):
    def test_every_row_of_every_oracle(self):
        for name in MODES:
            with self.subTest(name):
                report = self.json("walk", *tables(name), "--oracle", image(name, "oracle.csv.xz"))
                self.assertEqual(report["schema"], "tablewalk.oracle/1")
                self.assertEqual(report["rows"], ROWS[name])
                self.assertEqual(report["differences"], 0)
                checks = {column["name"]: column["checks"] for column in report["columns"]}
                self.assertEqual(set(rows(name, "oracle.csv.xz")[0]) - set(checks) - {"root", "va", "priv", "sum"}, set())
                self.assertEqual(checks["pa"], ROWS[name])
                self.assertEqual(report["checks"], sum(checks.values()))

    def test_differences_end_with_status_1_and_name_row_and_column(self):
        with lzma.open(image("i386-2level", "oracle.csv.xz"), "rt") as file:
            lines = file.read().splitlines()
        wrong = lines[3].replace(",4096,", ",8192,")
        self.assertNotEqual(wrong, lines[3])
        self.write("wrong.csv", "\n".join([*lines[:3], wrong, *lines[4:]]))
        result = self.run_program("walk", *tables("i386-2level"), "--oracle", "wrong.csv")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(result.stderr.splitlines()), 1)
        self.assertIn("wrong.csv: 1 of ", result.stderr)
        self.assertIn("1 difference\n", result.stdout)
        last = result.stdout.splitlines()[-1].split()
        self.assertEqual(last, ["4", lines[3].split(",")[1], "page_size", "0x2000", "0x1000"])

    def test_a_wrong_mode_differs(self):
        result = self.run_program("walk", "--mode", "x86-64-la57", "--image", image("x86_64-4level", "pages.bin.zst"),
                                  "--oracle", image("x86_64-4level", "oracle.csv.xz"), "--format", "csv")
        self.assertEqual(result.returncode, 1)
        first = next(csv.DictReader(io.StringIO(result.stdout)))
        self.assertGreater(int(first["differences"]), 1000)


class Runs(ProgramTest):
    def test_runs_over_the_signatures_translate_as_the_guest_did(self):
        for name in MODES:
            with self.subTest(name):
                signatures = {int(row["va"], 16): int(row["pa"], 16) for row in rows(name, "signature.csv.xz")}
                self.write("trace.txt", "".join(f"R {va:#x} 8\n" for va in signatures))
                run = ["run", "trace.txt", *tables(name), "--root", program_root(name), "--check"]
                stats = self.json(*run, *NO_TLBS, "--walk-log", "walks.csv")["stats"]
                self.assertEqual(stats["core.accesses"], len(signatures))
                self.assertEqual(stats["core.faulted_accesses"], 0)
                with open(self.path("walks.csv"), encoding="utf-8") as file:
                    walks = list(csv.DictReader(file))
                self.assertEqual(len(walks), len(signatures))
                for walk in walks:
                    va = int(walk["va"], 16)
                    self.assertEqual(int(walk["frame"], 16) + va % int(walk["page_bytes"]), signatures[va], walk)
                # The same on the default machine, with TLBs and accesses in flight: --check compares it with the walk.
                self.assertEqual(self.json(*run)["stats"]["core.faulted_accesses"], 0)

    def test_the_result_names_the_image(self):
        self.write("trace.txt", "R 0x10000 8\n")
        root = program_root("i386-2level")
        result = self.json("run", "trace.txt", *tables("i386-2level"), "--root", root)
        self.assertEqual(result["image"],
                         {"path": image("i386-2level", "pages.bin.zst"), "format": "pages", "root": root})
        self.assertEqual(result["config"]["paging"]["mode"], "x86-32")
        self.assertIn("page tables of ", self.output("run", "trace.txt", *tables("i386-2level"), "--root", root))
        self.assertNotIn("image", self.json("run", "trace.txt"))

    def test_a_fault_ends_the_run_or_is_passed_over(self):
        oracle = rows("riscv64-sv39", "oracle.csv.xz")
        read_only = next(row for row in oracle if row["w"] == "0" and row["user"] == "1")
        run = ["run", "trace.txt", *tables("riscv64-sv39"), "--root", read_only["root"], "--check"]
        self.write("trace.txt", "R {0} 1\nR {0} 1\nW {0} 1\nR 0x0 4\nR {0} 1\n".format(read_only["va"]))
        self.assert_refused(run, "trace.txt: record 3: the store at " + read_only["va"] + " faults: not permitted, ",
                            "level 0 (VPN[0]); expected the image to map it, or --skip-faults")
        self.assert_refused([*run, "--faults", "stop"], "record 3: the store at")
        self.assertEqual(self.json(*run, "--faults", "count"), self.json(*run, "--skip-faults"))
        for more in ([], NO_TLBS, ["--set", "core.run_ahead=false"]):
            stats = self.json(*run, "--skip-faults", *more)["stats"]
            self.assertEqual(stats["core.faulted_accesses"], 2)
            self.assertEqual(stats["core.accesses"], 5)
            self.assertEqual(stats["l1d.lookups"] - stats["l1d.table_lookups"], 3)

    def test_addresses_that_are_never_translated_fault_too(self):
        self.write("trace.txt", "R 0x10000 8\nR 0x8000000000000000 8\n")
        run = ["run", "trace.txt", *tables("x86_64-4level"), "--root", program_root("x86_64-4level"), "--check"]
        self.assert_refused(run, "record 2: the load at 0x8000000000000000 faults: address outside the translated range")
        self.assertEqual(self.json(*run, "--skip-faults")["stats"]["core.faulted_accesses"], 1)

    def test_accessed_and_dirty_bits_are_set_in_simulated_memory(self):
        clean = next(row for row in rows("x86_64-4level", "oracle.csv.xz")
                     if row["eff_writable"] == row["eff_user"] == "1" and row["dirty"] == "0")
        self.write("trace.txt", "W {0} 1\nW {0} 1\n".format(clean["va"]))
        run = ["run", "trace.txt", *tables("x86_64-4level"), "--root", clean["root"], "--check", *NO_TLBS]
        self.assertEqual(self.json(*run)["stats"]["walker.entry_updates"], 1)


class Walks(ProgramTest):
    def walk(self, *arguments):
        return self.json("walk", *arguments)["walks"][0]

    def test_an_address_of_an_image_is_decoded_at_each_level(self):
        walk = self.walk(*tables("riscv64-sv39"), "--root", "0x8000100000083824", "0x109ee")
        self.assertEqual([part["value"] for part in walk["address"]], [0, 0, 0, 0x10, 0x9ee])
        self.assertEqual([entry["table"] for entry in walk["entries"]], ["VPN[2]", "VPN[1]", "VPN[0]"])
        leaf = walk["entries"][-1]
        self.assertEqual(leaf["entry"], "0x00000000218e345b")
        self.assertEqual({field["name"]: field["value"] for field in leaf["fields"]}["PPN"], 0x8638d)
        self.assertEqual(walk["physical"], "0x8638d9ee")
        self.assertEqual(walk["rights"], {"user": ["load", "fetch"], "supervisor": []})

    def test_faults_have_their_architectures_code(self):
        walk = self.walk("--map", "0x1000:4K", "0x5000", "--access", "store")
        self.assertEqual(walk["fault"], {"reason": "not present", "table": "PT", "level": 0, "code": 6,
                                         "description": "#PF, error code 0x6: not present, write, user"})
        walk = self.walk("--mode", "sv39", "--map", "0x1000:4K", "0x1000", "--supervisor", "--access", "fetch")
        self.assertEqual((walk["fault"]["code"], walk["fault"]["description"]),
                         (12, "exception 12: instruction page fault"))
        walk = self.walk("--map", "0x1000:4K", "0x800000000000")
        self.assertEqual(walk["entries"], [])
        self.assertEqual(walk["fault"]["description"], "#GP, error code 0")
        walk = self.walk("--mode", "arm64-4k", "--map", "0x1000:4K", "0x5000")
        self.assertEqual(walk["fault"]["description"], "data abort, fault status code 0x7: translation fault, level 3")

    def test_a_range_that_is_not_whole_pages_says_what_is_mapped(self):
        def warnings(spec, address):
            result = self.run_program("walk", "--map", spec, address)
            self.assertEqual((result.returncode, "physical" in result.stdout), (0, True))
            return result.stderr
        self.assertEqual(warnings("0x400123:2M", "0x600122"),
                         "tablewalk: warning: --map 0x400123:2M: not whole pages; mapped the 513 pages of 4K that it touches: "
                         "0x400000..0x600fff\n")
        self.assertIn("mapped the page of 4K that it touches: 0x1000..0x1fff", warnings("0x1800:1", "0x1000"))
        self.assertEqual(warnings("0x400000:2M", "0x400123"), "")
        self.assert_refused(["walk", "--map", "0x400123:2M:4K", "0x400123"], "expected VA and SIZE in whole pages")

    def test_a_page_ends_where_physical_addresses_do(self):
        root = bytearray(4096)
        root[8] = 0xDF  # VPN[2] entry 1: a leaf at 0
        self.write("raw", root)
        options = ["--mode", "sv39", "--image", "raw", "--image-format", "raw", "--image-base", "0x1000", "--root",
                   "0x8000000000000001", "--set", "paging.riscv.physical_bits=29", "--access", "store"]
        walk = self.walk(*options, "0x5fffffff")
        self.assertEqual((walk["physical"], walk["page_bytes"]), ("0x1fffffff", 1 << 30))
        walk = self.walk(*options, "0x60000040")
        self.assertEqual(walk["fault"], {"reason": "beyond physical memory", "table": "VPN[2]", "level": 2, "code": 7,
                                         "description": "exception 7: store/AMO access fault", "address": "0x20000040"})
        self.assertIn("address 0x20000040; physical addresses end below 0x20000000\n",
                      self.output("walk", *options, "0x60000040"))

    def test_pae_pointers_that_no_processor_would_load_are_walked_with_a_warning(self):
        def entry(value):
            return value.to_bytes(8, "little")

        pages = {0x1000: {0: 0x2021, 2: 0x8000000000002121, 3: 0x20}, 0x2000: {0: 0x3027}, 0x3000: {1: 0x5067}}
        image_file = b""
        for address, entries in pages.items():
            image_file += entry(address) + b"".join(entry(entries.get(i, 0)) for i in range(512))
        self.write("pages", image_file)
        self.write("trace.txt", "R 0x1234 8\nR 0x80001234 8\n")
        options = ["-m", "x86-pae", "--image", "pages", "--image-format", "pages", "--root", "0x1000"]
        warning = ("tablewalk: warning: pages: reserved bits are set in the PDPT at 0x1000: entry 0 (0x0000000000002021) "
                   "has bit 5, entry 2 (0x8000000000002121) has bits 5 8 63; a processor refuses to load this CR3 (#GP)\n")
        result = self.run_program("walk", *options, "0x1234")
        self.assertEqual((result.returncode, result.stderr), (0, warning))
        self.assertIn("physical  0x5234 ", result.stdout)
        self.assertIn("reserved=1 ", result.stdout)
        result = self.run_program("run", "trace.txt", *options, "--check")
        self.assertEqual((result.returncode, result.stderr), (0, warning))
        result = self.run_program("walk", *options, "0xc0000000")
        self.assertIn("not present", result.stdout)

    def test_control_registers_decide(self):
        smap = ["--map", "0x1000:4K", "0x1000", "--supervisor", "--set"]
        self.assertNotIn("fault", self.walk(*smap, "paging.x86.smap=false"))
        self.assertEqual(self.walk(*smap, "paging.x86.smap=true")["fault"]["code"], 1)
        sum_bit = ["--mode", "sv39", *smap]
        self.assertIn("fault", self.walk(*sum_bit, "paging.riscv.sum=false"))
        self.assertNotIn("fault", self.walk(*sum_bit, "paging.riscv.sum=true"))

    def test_it_says_which_bits_the_walk_would_set(self):
        clean = next(row for row in rows("riscv64-sv39", "oracle.csv.xz")
                     if row["w"] == row["user"] == "1" and row["dirty"] == "0")
        base = [*tables("riscv64-sv39"), "--root", clean["root"], clean["va"]]
        self.assertNotIn("would_set", self.walk(*base)["entries"][-1])
        leaf = self.walk(*base, "--access", "store")["entries"][-1]
        self.assertEqual(leaf["would_set"], ["D"])
        self.assertEqual(int(leaf["entry_after"], 16), int(leaf["entry"], 16) | 0x80)
        self.assertIn("the walk would set D\n", self.output("walk", *base, "--access", "store"))
        self.assertEqual(self.walk(*base, "--access", "store", "--set", "paging.riscv.svadu=false")["fault"]["reason"],
                         "dirty bit clear")

    def test_large_pages_and_raw_images(self):
        walk = self.walk("--mode", "x86-32", "--map", "0x400000:4M:4M", "0x412345")
        self.assertEqual((walk["page_bytes"], len(walk["entries"])), (4 << 20, 1))
        self.assertEqual(int(walk["physical"], 16) % (4 << 20), 0x12345)
        # One table of 1024 entries at 0x3000, in raw memory starting at 0x2000; entry 1 maps 4 MiB at 0xC00000.
        memory = bytearray(2 * 4096)
        memory[0x1004:0x1008] = (0xC000E7).to_bytes(4, "little")
        self.write("raw", bytes(memory))
        raw = ["--mode", "x86-32", "--image", "raw", "--image-base", "0x2000", "--root", "0x3000"]
        self.assertEqual(self.walk(*raw, "0x412345")["physical"], "0xc12345")

    def test_csv_has_a_row_for_each_entry(self):
        text = self.output("walk", "--map", "0x1000:4K", "0x1000", "0x2000", "0x800000000000", "--format", "csv")
        found = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([row["table"] for row in found], 2 * ["PML4", "PDPT", "PD", "PT"] + [""])
        self.assertNotEqual(found[3]["physical"], "")
        self.assertEqual([row["fault"] for row in found[7:]], ["not present", "address outside the translated range"])

    def test_text_fits_a_terminal_in_every_mode(self):
        for mode in ("x86-64", "x86-64-la57", "x86-pae", "x86-32", "sv32", "sv39", "sv48", "sv57", "arm64-4k",
                     "arm64-16k", "arm64-64k", "flat32", "flat48", "radix:5,5,5,5/12@4"):
            for more in ([], ["--explain"]):
                text = self.output("walk", "--mode", mode, "--map", "0x400000:64K", "0x401234", "0x800000", *more)
                self.assertLessEqual(max(map(len, text.splitlines())), 100, mode)
                self.assertIn("0x401234, load at user privilege\n", text)
                self.assertRegex(text, r" \+ offset 0x1?234\n")
                self.assertIn("  fault     not present, at the entry of ", text)


if __name__ == "__main__":
    main()

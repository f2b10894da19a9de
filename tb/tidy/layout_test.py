"""Each rule of layout.py, seen to fail on a sample that breaks it and to pass on one that does not."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from cpp_text import functions  # noqa: E402
from layout import findings, main  # noqa: E402
import sv_text  # noqa: E402


class LayoutTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, path, text, executable=False):
        full = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(full, 0o755 if executable else 0o644)

    def check(self, path, text, **options):
        self.write(path, text, **options)
        return findings(self.folder.name)

    def assert_finds(self, found, place, words):
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(place + ": "), found[0])
        self.assertIn(words, found[0])

    def test_an_include_from_a_folder_above_is_allowed(self):
        self.assertEqual(self.check("model/paging/a.cpp", '#include "base/types.h"\n#include "paging/a.h"\n'), [])

    def test_an_include_from_a_folder_below_is_found(self):
        found = self.check("model/paging/a.cpp", '#include <vector>\n#include "walker/systemc_walker.h"\n')
        self.assert_finds(found, "model/paging/a.cpp:2", "walker/ stands below paging/")

    def test_neighbours_in_the_list_know_each_other_one_way_only(self):
        self.assertEqual(self.check("model/cli/a.cpp", '#include "report/a.h"\n'), [])
        self.assert_finds(self.check("model/report/a.cpp", '#include "cli/a.h"\n'), "model/report/a.cpp:1", "below")

    def test_a_test_without_a_namespace_of_its_own_is_found(self):
        good = "namespace tablewalk::test::a_test {\nnamespace {\n"
        self.assertEqual(self.check("tb/unit/tlb/a_test.cpp", good), [])
        self.assertEqual(self.check("tb/support/helpers.cpp", "namespace tablewalk::test {\n"), [])
        found = self.check("tb/unit/tlb/b_test.cpp", "namespace tablewalk {\nnamespace {\n")
        self.assert_finds(found, "tb/unit/tlb/b_test.cpp:1", "expected namespace tablewalk::b_test")

    def test_an_include_without_a_folder_is_found(self):
        self.assert_finds(self.check("model/tlb/a.cpp", '#include "a.h"\n'), "model/tlb/a.cpp:1", "FOLDER/FILE.h")

    def test_systemc_above_links_is_found(self):
        for header in ["systemc", "systemc.h", "tlm", "tlm.h", "tlm_utils/simple_target_socket.h", "sysc/kernel/a.h"]:
            found = self.check("model/paging/a.cpp", f"#include <{header}>\n")
            self.assert_finds(found, "model/paging/a.cpp:1", "know no SystemC")

    def test_systemc_from_links_on_is_allowed(self):
        self.assertEqual(self.check("model/links/a.cpp", "#include <systemc>\n#include <tlm>\n"), [])

    def test_a_config_that_reaches_systemc_is_found(self):
        self.write("model/links/a.h", "#pragma once\n#include <tlm>\n")
        self.write("model/tlb/b.h", '#pragma once\n#include "links/a.h"\n')
        text = '#pragma once\n#include "base/a.h"\n#include "tlb/b.h"\n'
        self.assert_finds(self.check("model/tlb/tlb_array.h", text), "model/tlb/tlb_array.h:3", "reaches SystemC")
        os.remove(os.path.join(self.folder.name, "model/tlb/tlb_array.h"))
        self.assertEqual(self.check("model/tlb/other.h", text), [])

    def test_a_folder_without_a_place_in_the_order_is_found(self):
        self.assert_finds(self.check("model/misc/a.cpp", "\n"), "model/misc/a.cpp:1", "place in the order")

    def test_a_function_of_60_lines_passes_and_of_61_is_found(self):
        self.assertEqual(self.check("tb/a.cpp", "void f() {\n" + "  g();\n" * 58 + "}\n"), [])
        found = self.check("tb/a.cpp", "\nvoid f() {\n" + "  g();\n" * 59 + "}\n")
        self.assert_finds(found, "tb/a.cpp:2", "function f has 61 lines")

    def test_a_file_of_500_lines_passes_and_of_501_is_found(self):
        self.assertEqual(self.check("tb/a.cpp", "int a;\n" * 500), [])
        self.assert_finds(self.check("tb/a.cpp", "int a;\n" * 501), "tb/a.cpp:1", "501 lines")

    def test_hardware_has_files_of_at_most_500_lines(self):
        text = "module a;\n{}endmodule\n"
        self.assertEqual(self.check("rtl/a.sv", text.format("\n" * 498)), [])
        self.assert_finds(self.check("rtl/a.sv", text.format("\n" * 499)), "rtl/a.sv:1", "501 lines")
        self.write("rtl/a.sv", "module a;\nendmodule\n")
        self.assert_finds(self.check("tb/a.svh", "\n" * 501), "tb/a.svh:1", "501 lines")

    def test_hardware_has_blocks_of_at_most_60_lines(self):
        text = "module a;\n  always_comb begin\n{}  end\nendmodule\n"
        self.assertEqual(self.check("rtl/a.sv", text.format("    b = c;\n" * 58)), [])
        self.assert_finds(self.check("rtl/a.sv", text.format("    b = c;\n" * 59)), "rtl/a.sv:2", "always_comb has 61")

    def test_hardware_has_lines_of_at_most_120_characters_without_tabs(self):
        self.assertEqual(self.check("rtl/a.sv", "module a;\n//" + "b" * 118 + "\nendmodule\n"), [])
        self.assert_finds(self.check("rtl/a.sv", "module a;\n//" + "b" * 119 + "\nendmodule\n"), "rtl/a.sv:2", "121 char")
        self.assert_finds(self.check("rtl/a.sv", "module a;\n\tlogic b;\nendmodule\n"), "rtl/a.sv:2", "a tab")

    def test_a_module_has_a_file_of_its_name(self):
        self.assertEqual(self.check("rtl/a.sv", "// module b\npackage a;\nendpackage\n"), [])
        self.assert_finds(self.check("rtl/a.sv", "module b;\nendmodule\n"), "rtl/a.sv:1", "defines b; expected one")
        self.assert_finds(self.check("rtl/a.sv", "module a;\nendmodule\nmodule b;\nendmodule\n"), "rtl/a.sv:1",
                          "defines a, b")
        self.assert_finds(self.check("rtl/a.sv", "// a\n"), "rtl/a.sv:1", "defines nothing")
        self.write("rtl/a.sv", "module a;\nendmodule\n")
        self.assertEqual(self.check("tb/a.svh", "// Put before the end of a module.\n"), [])

    def test_forbidden_words_are_found_everywhere_but_here(self):
        for text in ["// TODO: later", "FIXME", "XXX", "a HACK", "Not implemented", "not yet implemented",
                     "a placeholder", "GTEST_SKIP();", "TEST(A, DISABLED_b)", "see /home/me/a", "/root/.cache",
                     "cd /work/a", "from ../shared/a", "https://pypi.org/simple", "see issue #12"]:
            self.assertEqual(len(self.check("docs/a.txt", text + "\n")), 1, text)
        self.write("docs/a.txt", "")
        self.assertEqual(self.check("tb/tidy/a.py", "TODO\n"), [])

    def test_innocent_words_pass(self):
        for text in ["mktemp /tmp/a.XXXXXX", "docs/work/a", "hackney", "issue 2 instructions a cycle", "/usr/include"]:
            self.assertEqual(self.check("docs/a.txt", text + "\n"), [], text)

    def test_a_missing_last_line_end_is_found(self):
        self.assert_finds(self.check("docs/a.md", "# A\n\nB"), "docs/a.md:3", "last line")

    def test_a_header_without_pragma_once_is_found(self):
        self.assert_finds(self.check("tb/a.h", "int a();\n"), "tb/a.h:1", "#pragma once")
        self.assertEqual(self.check("tb/a.h", "/// A.\n#pragma once\n"), [])

    def test_links_must_lead_somewhere(self):
        self.write("docs/b.md", "# Where to `change` what?\n")
        good = ("[b](b.md) [top](../docs/b.md#where-to-change-what) [site](https://example.org) `[no](link)`\n"
                "```\n[neither](this)\n```\n")
        self.assertEqual(self.check("docs/a.md", good), [])
        self.assert_finds(self.check("docs/a.md", "\n[c](c.md)\n"), "docs/a.md:2", "not in the repository")
        self.assert_finds(self.check("docs/a.md", "[b](b.md#other)\n"), "docs/a.md:1", "no such heading")
        self.assert_finds(self.check("docs/a.md", "[out](../../x)\n"), "docs/a.md:1", "not in the repository")

    def test_a_script_must_be_executable(self):
        self.assert_finds(self.check("run", "#!/bin/sh\n"), "run:1", "chmod +x")
        self.assertEqual(self.check("run", "#!/bin/sh\n", executable=True), [])

    def test_binary_files_are_left_alone(self):
        self.assertEqual(self.check("traces/a.twt", "TODO\0"), [])

    def test_build_products_are_left_alone(self):
        self.assertEqual(self.check("build/release/a.cpp", "TODO\n"), [])

    def test_the_exit_status_tells(self):
        self.assertEqual(main([self.folder.name + "/absent"]), 2)
        self.assertEqual(main([self.folder.name]), 0)
        self.write("docs/a.txt", "TODO\n")
        self.assertEqual(main([self.folder.name]), 1)


class HardwareTest(unittest.TestCase):
    def blocks(self, text):
        return list(sv_text.blocks(text))

    def test_finds_functions_and_blocks(self):
        text = ("module a;\n  function automatic logic [3:0] b(input logic c);\n    b = {4{c}};\n  endfunction\n"
                "  always_ff @(posedge d or negedge e) begin\n    if (!e) begin\n      f <= 0;\n    end else begin\n"
                "      case (g)\n        default: f <= 1;\n      endcase\n    end\n  end\n"
                "  always_comb h = i;\nendmodule\n")
        self.assertEqual(self.blocks(text), [(2, 3, "function b"), (5, 9, "always_ff"), (14, 1, "always_comb")])

    def test_a_block_ends_with_its_statement(self):
        text = ("always_comb if (a) begin\n  b = 1;\nend else begin\n  b = 2;\nend\n"
                "always_comb\n  if (a) c = 1;\n  else c = 2;\nassign d = 3;\n")
        self.assertEqual(self.blocks(text), [(1, 5, "always_comb"), (6, 3, "always_comb")])

    def test_words_in_comments_and_strings_do_not_count(self):
        text = "always_comb begin  // begin\n  $display(\"end\");  /* end\n begin */\nend\n// module b\nmodule c;\n"
        self.assertEqual(self.blocks(text), [(1, 4, "always_comb")])
        self.assertEqual(sv_text.modules(text), ["c"])


class FunctionsTest(unittest.TestCase):
    def names(self, text):
        return [(first, lines, name) for first, lines, name in functions(text)]

    def test_finds_functions_in_namespaces_and_classes(self):
        text = ("namespace a {\nclass B : public C<decltype(d())> {\n  int e() const { return 1; }\n};\n"
                "enum class F { G };\n\nint\nB::h(int i) {\n  if (i) {\n    j();\n  }\n}\n}  // namespace a\n")
        self.assertEqual(self.names(text), [(3, 1, "e"), (7, 6, "B::h")])

    def test_a_constructor_with_brace_initialisers_is_one_function(self):
        text = "A::A(int b)\n    : b_{b},\n      c_(d{}),\n      e_{} {\n  f();\n}\nint g() {\n}\n"
        self.assertEqual(self.names(text), [(1, 6, "A::A"), (7, 2, "g")])

    def test_templates_and_lambdas(self):
        text = "template <class A, class = B<C>>\nvoid d(A a) {\n  std::sort(a, [](int b) {\n    return b;\n  });\n}\n"
        self.assertEqual(self.names(text), [(1, 6, "d")])

    def test_initialised_data_is_no_function(self):
        self.assertEqual(self.names("const int a[] = {\n  b(1),\n};\nstruct C {\n  int d = e({1});\n};\n"), [])

    def test_braces_in_text_do_not_count(self):
        text = "void a() {\n  b('{', \"}\", R\"(}})\", 1'000'000);  // }\n  /* { */\n}\n#define C(d) {\nint e() {\n}\n"
        self.assertEqual(self.names(text), [(1, 4, "a"), (6, 2, "e")])


if __name__ == "__main__":
    unittest.main()

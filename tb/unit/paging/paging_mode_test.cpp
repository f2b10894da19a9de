#include "paging/paging_mode.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "config/loader.h"

namespace tablewalk::paging_mode_test {
namespace {

std::string error_of(const std::string& name) {
  try {
    make_paging_mode(name);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ModeNames, EachFixedNameHasItsShape) {
  struct Case {
    const char* name;
    unsigned levels, virtual_bits, entry_bytes;
    unsigned offset_bits = 12;
  };
  for (const Case& one :
       {Case{"flat32", 1, 32, 4}, Case{"flat48", 1, 48, 8}, Case{"x86-32", 2, 32, 4}, Case{"x86-pae", 3, 32, 8},
        Case{"x86-64", 4, 48, 8}, Case{"x86-64-la57", 5, 57, 8}, Case{"sv32", 2, 32, 4}, Case{"sv39", 3, 39, 8},
        Case{"sv48", 4, 48, 8}, Case{"sv57", 5, 57, 8}, Case{"arm64-4k", 4, 48, 8}, Case{"arm64-16k", 3, 47, 8, 14},
        Case{"arm64-64k", 3, 48, 8, 16}}) {
    const auto mode = make_paging_mode(one.name);
    EXPECT_EQ(mode->name(), one.name);
    EXPECT_EQ(mode->levels(), one.levels) << one.name;
    EXPECT_EQ(mode->virtual_bits(), one.virtual_bits) << one.name;
    EXPECT_EQ(mode->entry_bytes(), one.entry_bytes) << one.name;
    EXPECT_EQ(mode->offset_bits(), one.offset_bits) << one.name;
  }
  EXPECT_EQ(make_paging_mode("flat48")->table_bytes(0), std::uint64_t{512} << 30);
  for (const std::string& name : paging_mode_names()) EXPECT_EQ(make_paging_mode(name)->name(), name);
}

TEST(ModeNames, ARadixSplitIsReadFromTheRootDown) {
  const auto mode = make_paging_mode("radix:4,10,11,12/13@8");
  ASSERT_EQ(mode->levels(), 4u);
  EXPECT_EQ(mode->offset_bits(), 13u);
  EXPECT_EQ(mode->virtual_bits(), 50u);
  EXPECT_EQ(mode->level(0).index_bits, 12u);
  EXPECT_EQ(mode->level(0).index_shift, 13u);
  EXPECT_EQ(mode->level(3).index_bits, 4u);
  EXPECT_EQ(mode->level(3).index_shift, 46u);
  EXPECT_EQ(mode->table_bytes(3), 128u);
}

TEST(ModeNames, ASlipIsNamedWithTheNearestRightName) {
  std::string names;
  for (const std::string& name : paging_mode_names()) names += (names.empty() ? "" : ", ") + name;
  const std::string expected =
      "': expected " + names + ", radix:B1,B2,.../OFFSET@ENTRYBYTES or flattened:B1+B2,.../OFFSET@8";
  EXPECT_EQ(error_of("x86-46"), "unknown page-table mode 'x86-46" + expected + " (did you mean 'x86-64'?)");
  EXPECT_EQ(error_of(""), "unknown page-table mode '" + expected);
}

TEST(ModeNames, EveryWrongPartOfASplitIsNamed) {
  const std::string form = " (the form is radix:B1,B2,.../OFFSET@ENTRYBYTES, such as radix:9,9,9,9/12@8)";
  const auto expect = [&](const std::string& name, const std::string& problem) {
    EXPECT_EQ(error_of(name), "page-table mode '" + name + "': " + problem + form);
  };
  expect("radix:", "ends too early: expected a number of index bits");
  expect("radix:9,9", "ends too early: expected ',' and the next level's index bits, or '/' and the offset bits");
  expect("radix:9,9;12@8",
         "stops at ';12@8': expected ',' and the next level's index bits, or '/' and the offset bits");
  expect("radix:9,9/", "ends too early: expected a number of offset bits");
  expect("radix:9,9/12", "ends too early: expected '@' and the bytes of an entry");
  expect("radix:9,9/12@3", "entries of 3 bytes: expected 4 or 8");
  expect("radix:9,9/12@8x", "'x' after the end: expected nothing");
  expect("radix:0,9/12@8", "0 index bits: expected 1 to 60");
  expect("radix:9,-1/12@8", "stops at '-1/12@8': expected a number of index bits");
  expect("radix:9,,9/12@8", "stops at ',9/12@8': expected a number of index bits");
  expect("radix:9/3@8", "3 offset bits: expected 4 to 30");
  expect("radix:9/31@8", "31 offset bits: expected 4 to 30");
  expect("radix:30,30/12@8", "72 virtual address bits in all: expected at most 64");
  expect("radix:1,1,1,1,1,1,1,1,1/12@8", "more than 8 levels");
  EXPECT_EQ(make_paging_mode("radix:1,1,1,1,1,1,1,1/12@8")->levels(), 8u);
  EXPECT_EQ(make_paging_mode("radix:26,26/12@8")->virtual_bits(), 64u);
}

TEST(RadixEntries, EveryBitMeansWhatTheHeaderSays) {
  const auto mode = make_paging_mode("radix:5,5,5,5/12@4");
  const auto leaf = [&](std::uint64_t bits) { return mode->decode(0x81 | bits | 3 << 8, 0); };
  EXPECT_EQ(mode->decode(0xFFFFFFFE, 0).kind, EntryView::Kind::Absent);
  EXPECT_EQ(leaf(0).kind, EntryView::Kind::Leaf);
  EXPECT_EQ(leaf(0).target.value(), 3u << 12);
  EXPECT_EQ(leaf(0).rights, (Rights{true, false, false, false, false}));
  EXPECT_EQ(leaf(0x02).rights, (Rights{true, true, false, false, false}));
  EXPECT_EQ(leaf(0x04).rights, (Rights{true, false, true, false, true}));
  EXPECT_EQ(leaf(0x08).rights, (Rights{true, false, false, true, false}));
  EXPECT_TRUE(leaf(0x10).accessed && !leaf(0x10).dirty && !leaf(0x10).global);
  EXPECT_TRUE(leaf(0x20).dirty && !leaf(0x20).accessed && !leaf(0x20).global);
  EXPECT_TRUE(leaf(0x40).global && !leaf(0x40).accessed && !leaf(0x40).dirty);
  const EntryView pointer = mode->decode(0x01 | 5 << 8, 1);
  EXPECT_EQ(pointer.kind, EntryView::Kind::Pointer);
  EXPECT_EQ(pointer.target.value(), 5u * 128) << "pointers count in tables of 128 bytes";
}

TEST(RadixEntries, MalformedOnesSayWhy) {
  const auto mode = make_paging_mode("radix:9,9/12@8");
  EXPECT_EQ(mode->decode(0x01, 0).malformed, FaultReason::PointerAtLeaf);
  EXPECT_EQ(mode->decode(0x81 | 1 << 8, 1).malformed, FaultReason::Misaligned);
  EXPECT_EQ(mode->decode(0x81 | 512 << 8, 1).kind, EntryView::Kind::Leaf);
  EXPECT_EQ(mode->decode(0x81 | std::uint64_t{1} << 48, 0).malformed, FaultReason::Reserved);
  EXPECT_EQ(mode->decode(0x81 | std::uint64_t{1} << 47, 0).target.value(), std::uint64_t{1} << 51);
}

TEST(RadixEntries, ThePhysicalLimitIsWhatEveryFieldCanSay) {
  EXPECT_EQ(make_paging_mode("radix:5,5,5,5/12@4")->physical_limit(), std::uint64_t{1} << 31);
  EXPECT_EQ(make_paging_mode("flat32")->physical_limit(), std::uint64_t{1} << 36);
  EXPECT_EQ(make_paging_mode("radix:10,10/12@4")->physical_limit(), std::uint64_t{1} << 36);
  EXPECT_EQ(make_paging_mode("flat48")->physical_limit(), std::uint64_t{1} << 52);
  for (const char* name : {"radix:5,5,5,5/12@4", "radix:3,7,9/13@8", "radix:2,12/10@4"}) {
    const auto mode = make_paging_mode(name);
    for (unsigned level = 0; level < mode->levels(); ++level) {
      const PhysicalAddress page(mode->physical_limit() - mode->page_bytes(level));
      EXPECT_EQ(mode->decode(mode->encode_leaf(page, {mode->level(level).index_shift, level}, {}), level).target, page)
          << name;
      if (level == 0) continue;
      const PhysicalAddress table(mode->physical_limit() - mode->table_bytes(level - 1));
      const std::uint64_t entry = mode->encode_pointer(table, level);
      EXPECT_EQ(mode->decode(entry, level).target, table) << name;
      EXPECT_LE(entry, low_bits(8 * mode->entry_bytes())) << name;
    }
  }
}

TEST(RadixAddresses, AreUnsignedAndEndWithTheLastTranslatedBit) {
  const auto mode = make_paging_mode("flat48");
  EXPECT_TRUE(mode->translates(VirtualAddress(0xFFFFFFFFFFFF)));
  EXPECT_FALSE(mode->translates(VirtualAddress(0x1000000000000)));
  EXPECT_FALSE(mode->translates(VirtualAddress(0xFFFF800000000000)));
  EXPECT_TRUE(make_paging_mode("radix:26,26/12@8")->translates(VirtualAddress(~std::uint64_t{0})));
}

TEST(PageSizes, AreThoseOfLevelsThatMayHoldLeaves) {
  const auto mode = make_paging_mode("x86-64-la57");
  EXPECT_EQ(mode->find_page_size(4096)->level, 0u);
  EXPECT_EQ(mode->find_page_size(2 << 20)->level, 1u);
  EXPECT_EQ(mode->find_page_size(1 << 30)->level, 2u);
  EXPECT_EQ(mode->find_page_size(std::uint64_t{512} << 30), nullptr);
  EXPECT_EQ(mode->find_page_size(8192), nullptr);
  EXPECT_EQ(page_sizes_text(*mode), "4K, 2M, 1G");
}

/// That fields lie one below the other; `whole`: from the highest bit of `bits` to the lowest, and no bit between them.
void expect_descending(const std::vector<BitField>& fields, unsigned bits, bool whole, const std::string& where) {
  unsigned above = bits;
  for (const BitField& field : fields) {
    EXPECT_LE(field.low, field.high) << where << ": " << field.name;
    EXPECT_LT(field.high, above) << where << ": " << field.name;
    if (whole) {
      EXPECT_EQ(field.high + 1u, above) << where << ": " << field.name;
    }
    above = field.low;
  }
}

TEST(EntryFields, LieOneBelowTheOtherDownToThePresentBit) {
  for (const char* name : {"flat32", "radix:9,9,9,9/12@8", "x86-32", "x86-pae", "x86-64", "x86-64-la57"}) {
    const auto mode = make_paging_mode(name);
    for (unsigned level = 0; level < mode->levels(); ++level) {
      std::vector<std::uint64_t> entries = {mode->encode_pointer(PhysicalAddress(0x3000), level)};
      for (const PageSize& size : mode->page_sizes()) {
        if (size.level == level) entries.push_back(mode->encode_leaf(PhysicalAddress(0), size, {}));
      }
      for (const std::uint64_t entry : entries) {
        const std::vector<BitField> fields = mode->entry_fields(entry, level);
        const std::string where = name + (" level " + std::to_string(level));
        const bool whole = where == "x86-pae level 2";  // the manual's table of these names every bit
        expect_descending(fields, 8 * mode->entry_bytes(), whole, where);
        EXPECT_STREQ(fields.back().name, "P") << where;
        EXPECT_EQ(fields.back().high, 0u) << where;
      }
    }
    expect_descending(mode->root_fields(), 64, false, name);
  }
}

TEST(EntryFields, OfARadixEntryAreWhereTheDecoderReadsThem) {
  const auto mode = make_paging_mode("radix:9,9,9,9/12@8");
  const PageSize& page = mode->page_sizes().front();
  const std::uint64_t entry = mode->encode_leaf(PhysicalAddress(0), page, {});
  const EntryView all = mode->decode(entry, page.level);
  for (const BitField& field : mode->entry_fields(entry, page.level)) {
    const EntryView view = mode->decode(entry ^ std::uint64_t{1} << field.low, page.level);
    const std::string name = field.name;
    EXPECT_EQ(view.rights.write != all.rights.write, name == "W") << name;
    EXPECT_EQ(view.rights.execute != all.rights.execute, name == "X") << name;
    EXPECT_EQ(view.rights.user != all.rights.user, name == "U") << name;
    EXPECT_EQ(view.kind != all.kind, name == "P" || name == "leaf") << name;
    EXPECT_EQ(view.target != all.target, name == "frame") << name;
  }
}

TEST(RootRegister, HoldsTheAddressSpaceWhereTheModeHasThem) {
  PagingControls without;
  without.x86.pcide = false;
  EXPECT_EQ(make_paging_mode("x86-64")->decode_root(0x5123).asid, 0x123u);
  EXPECT_EQ(make_paging_mode("x86-64")->decode_root(0x5123).table.value(), 0x5000u);
  EXPECT_EQ(make_paging_mode("x86-64", without)->decode_root(0x5018).asid, 0u) << "PCD and PWT";
  EXPECT_EQ(make_paging_mode("x86-32")->decode_root(0x5018).asid, 0u);
}

TEST(Controls, EachOfX86IsAKeyOfTheConfigUnderItsName) {
  X86Controls controls;
  ConfigNode root = bind_config(controls);
  for (const auto& [name, control] :
       std::vector<std::pair<const char*, bool X86Controls::*>>{{"wp", &X86Controls::wp},
                                                                {"smep", &X86Controls::smep},
                                                                {"smap", &X86Controls::smap},
                                                                {"ac", &X86Controls::ac},
                                                                {"nxe", &X86Controls::nxe},
                                                                {"pge", &X86Controls::pge},
                                                                {"pse", &X86Controls::pse},
                                                                {"pcide", &X86Controls::pcide},
                                                                {"pke", &X86Controls::pke},
                                                                {"page1gb", &X86Controls::page1gb}}) {
    const bool other = !(controls.*control);
    apply_override(root, std::string(name) + (other ? "=true" : "=false"));
    EXPECT_EQ(controls.*control, other) << name;
  }
}

TEST(Controls, SmapAloneKeepsTheSupervisorFromUserPages) {
  PagingControls controls;
  controls.x86.smap = true;
  EXPECT_FALSE(make_paging_mode("x86-64", controls)->allows(Rights{}, {AccessKind::Load, false}));
  controls.x86.ac = true;
  EXPECT_TRUE(make_paging_mode("x86-64", controls)->allows(Rights{}, {AccessKind::Load, false}));
}

TEST(Controls, PhysicalAddressesOfX86Have32To52Bits) {
  for (const auto& [bits, key] : {std::pair{31u, "maxphyaddr"}, {32u, ""}, {52u, ""}, {53u, "maxphyaddr"}}) {
    X86Controls controls;
    controls.maxphyaddr = bits;
    std::string refused;
    controls.check([&](const char* found, const std::string&) { refused = found; });
    EXPECT_EQ(refused, key) << bits;
  }
}

}  // namespace
}  // namespace tablewalk::paging_mode_test

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "memory/frame_allocator.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"

namespace tablewalk::arm64_mode_test {
namespace {

// Bits as printed in the Arm ARM (D8.3), defined independently here. `level` is Arm's: 0 is the root.
constexpr std::uint64_t bit(unsigned position) {
  return std::uint64_t{1} << position;
}
constexpr std::uint64_t va = 0x0A1B2C3D4E5F & low_bits(48);
constexpr unsigned levels = 4;

/// A granule as in the manual's tables of its translation (D8.2), by Arm's level.
struct Shape {
  const char* name;
  unsigned page_shift;
  unsigned virtual_bits;
  unsigned first;         ///< level of the root
  unsigned first_blocks;  ///< first level with blocks
  unsigned contiguous[levels];

  unsigned index_shift(unsigned arm_level) const { return page_shift + (3 - arm_level) * (page_shift - 3); }
};
const Shape shape_4k{"arm64-4k", 12, 48, 0, 1, {0, 4, 4, 4}};
const Shape shape_16k{"arm64-16k", 14, 47, 1, 2, {0, 0, 5, 7}};
const Shape shape_64k{"arm64-64k", 16, 48, 1, 2, {0, 0, 5, 5}};

/// Descriptors on the path to `va`, by Arm's level.
struct Path {
  explicit Path(ArmControls controls = {}, const Shape& of = shape_4k) : arm(controls), shape(of) {}
  static constexpr std::uint64_t table(unsigned arm_level) { return (1 + arm_level) * 0x10000; }
  PhysicalAddress place(unsigned arm_level) const {
    const std::uint64_t entries = bit(shape.page_shift - 3);
    return PhysicalAddress(table(arm_level) + (va >> shape.index_shift(arm_level) & (entries - 1)) * 8);
  }
  static std::uint64_t table_at(unsigned arm_level) { return table(arm_level) | 3; }
  std::uint64_t frame(unsigned arm_level) const { return std::uint64_t{2} << shape.index_shift(arm_level); }

  /// Tables down to `arm_level`, the descriptor there, and below a table a page that allows all but EL1 execution.
  void set(unsigned arm_level, std::uint64_t descriptor) {
    for (unsigned above = shape.first; above < arm_level; ++above) put(above, table_at(above + 1));
    put(arm_level, descriptor);
    for (unsigned below = arm_level + 1; below < levels; ++below) {
      put(below, below == 3 ? frame(3) | bit(10) | bit(6) | 3 : table_at(below + 1));
    }
  }
  void put(unsigned arm_level, std::uint64_t descriptor) {
    descriptors[arm_level] = descriptor;
    memory.write(place(arm_level), 8, descriptor);
  }
  std::uint64_t held(unsigned arm_level) const { return memory.read(place(arm_level), 8); }
  WalkOutcome walk(Access access) {
    return reference_walk(*mode, memory, PhysicalAddress(table(shape.first)), VirtualAddress(va), access);
  }

  ArmControls arm;
  Shape shape;
  std::shared_ptr<const PagingMode> mode = make_paging_mode(shape.name, {{}, {}, arm, {}, {}, {}});
  std::uint64_t descriptors[levels] = {};
  PhysicalMemory memory;
};

struct Expected {
  FaultReason reason = FaultReason::None;
  unsigned arm_level = 0;
  std::uint64_t physical = 0;
  unsigned page_shift = 0;
  bool global = false;
  std::uint64_t descriptor_after = 0;
};

/// Whether the access is allowed by the leaf and the table attributes above.
bool permitted(std::uint64_t leaf, std::uint64_t tables, Access access) {
  const auto set = [](std::uint64_t value, unsigned position) { return (value >> position & 1) != 0; };
  const bool writable = (!set(leaf, 7) || set(leaf, 51)) && !set(tables, 62);
  const bool el0 = set(leaf, 6) && !set(tables, 61);
  switch (access.kind) {
    case AccessKind::Load:
      return !access.user || el0;
    case AccessKind::Store:
      return writable && (!access.user || el0);
    default:
      if (access.user) return !set(leaf, 54) && !set(tables, 60);
      return !set(leaf, 53) && !set(tables, 59) && !(writable && el0);
  }
}

Expected translate(const Path& path, Access access) {
  Expected result;
  std::uint64_t tables = 0;
  for (unsigned i = path.shape.first;; ++i) {
    const std::uint64_t descriptor = path.descriptors[i];
    const bool type = (descriptor & 2) != 0;
    result.arm_level = i;
    result.descriptor_after = descriptor;
    result.reason = FaultReason::NotPresent;
    if ((descriptor & 1) == 0) return result;
    if (i < 3 && type) {
      tables |= descriptor;
      continue;
    }
    if (i < path.shape.first_blocks || (i == 3 && !type)) return result;
    result.reason = FaultReason::Permission;
    if (!permitted(descriptor, tables, access)) return result;
    result.reason = FaultReason::None;
    result.descriptor_after = descriptor | bit(10);
    if (access.kind == AccessKind::Store) result.descriptor_after &= ~bit(7);
    const bool contiguous = path.arm.contiguous && (descriptor >> 52 & 1) != 0;
    result.page_shift = path.shape.index_shift(i) + (contiguous ? path.shape.contiguous[i] : 0);
    const std::uint64_t offset = bit(result.page_shift) - 1;
    result.physical = (descriptor & low_bits(48) & ~offset) | (va & offset);
    result.global = (descriptor & bit(11)) == 0;
    return result;
  }
}

void expect_walk(Path& path, Access access) {
  const Expected expected = translate(path, access);
  const WalkOutcome outcome = path.walk(access);
  ASSERT_EQ(outcome.translated, expected.reason == FaultReason::None);
  ASSERT_EQ(path.held(expected.arm_level), expected.descriptor_after);
  ASSERT_EQ(outcome.entry_reads, expected.arm_level + 1 - path.shape.first);
  if (!outcome.translated) {
    ASSERT_EQ(outcome.fault.reason, expected.reason);
    ASSERT_EQ(outcome.fault.level, 3 - expected.arm_level);
    const std::uint32_t kind = expected.reason == FaultReason::Permission ? 0b001100 : 0b000100;
    ASSERT_EQ(outcome.fault.error_code, kind | expected.arm_level);
    return;
  }
  ASSERT_EQ(outcome.translation.physical(VirtualAddress(va)).value(), expected.physical);
  ASSERT_EQ(outcome.translation.page_shift, expected.page_shift);
  ASSERT_EQ(outcome.translation.global, expected.global);
  ASSERT_EQ(outcome.translation.dirty, (expected.descriptor_after & bit(7)) == 0);
}

constexpr Access all_accesses[] = {{AccessKind::Fetch, false}, {AccessKind::Load, false}, {AccessKind::Store, false},
                                   {AccessKind::Fetch, true},  {AccessKind::Load, true},  {AccessKind::Store, true}};

/// Spreads the low bits of `number` over those positions.
std::uint64_t spread(unsigned number, const std::vector<unsigned>& positions) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) bits |= std::uint64_t{number >> i & 1} << positions[i];
  return bits;
}

class Arm64Granules : public testing::TestWithParam<Shape> {};

void expect_every_leaf(Path& path) {
  const std::vector<unsigned> meaning{0, 1, 6, 7, 10, 11, 51, 52, 53, 54};
  for (unsigned arm_level = path.shape.first; arm_level < levels; ++arm_level) {
    for (unsigned number = 0; number < 1u << meaning.size(); ++number) {
      const std::uint64_t descriptor = spread(number, meaning);
      const bool table = arm_level < 3 && (descriptor & 2) != 0;
      for (const Access access : all_accesses) {
        path.set(arm_level, descriptor | (table ? Path::table(arm_level + 1) : path.frame(arm_level)));
        expect_walk(path, access);
        if (testing::Test::HasFatalFailure())
          FAIL() << "level " << arm_level << " descriptor " << std::hex << descriptor;
      }
    }
  }
}

TEST_P(Arm64Granules, EveryLeafAtEveryLevelForEveryAccessIsAsInTheManual) {
  for (const bool contiguous : {true, false}) {
    Path path(ArmControls{contiguous}, GetParam());
    expect_every_leaf(path);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Arm64Granules, testing::Values(shape_4k, shape_16k, shape_64k),
                         [](const auto& shape) { return std::to_string(1u << (shape.param.page_shift - 10)) + "K"; });

TEST(Arm64Shapes, SizesAreThoseOfTheManual) {
  EXPECT_EQ(page_sizes_text(*Path({}, shape_16k).mode), "16K, 2M, 32M, 1G");
  EXPECT_EQ(page_sizes_text(*Path(ArmControls{false}, shape_16k).mode), "16K, 32M");
  EXPECT_EQ(page_sizes_text(*Path({}, shape_64k).mode), "64K, 2M, 512M, 16G");
  EXPECT_EQ(page_sizes_text(*Path(ArmControls{false}, shape_64k).mode), "64K, 512M");
}

/// The root of 64 KiB granules has 64 entries, that of 16 KiB 2048.
TEST(Arm64Shapes, RootsAreMultiplesOfTheirTables) {
  EXPECT_EQ(make_paging_mode("arm64-64k")->decode_root(0x81234200).table.value(), 0x81234200u);
  EXPECT_THROW(make_paging_mode("arm64-64k")->decode_root(0x81234100), InputError);
  EXPECT_EQ(make_paging_mode("arm64-16k")->decode_root(0x81234000).table.value(), 0x81234000u);
  EXPECT_THROW(make_paging_mode("arm64-16k")->decode_root(0x81232000), InputError);
}

TEST(Arm64Shapes, AddressesEndWhereTheTablesDo) {
  for (const Shape& shape : {shape_16k, shape_64k}) {
    const auto mode = make_paging_mode(shape.name);
    EXPECT_TRUE(mode->translates(VirtualAddress(bit(shape.virtual_bits) - 1)));
    EXPECT_FALSE(mode->translates(VirtualAddress(bit(shape.virtual_bits))));
    EXPECT_EQ(mode->error_code(FaultReason::NotPresent, 2, {}), 0b000100u | 1) << "the first level is 1";
  }
}

TEST(Arm64Contiguous, SizesAreOfSixteenDescriptorsOfEachLevelWithBlocksOrPages) {
  EXPECT_EQ(page_sizes_text(*Path().mode), "4K, 64K, 2M, 32M, 1G, 16G");
  EXPECT_EQ(page_sizes_text(*Path(ArmControls{false}).mode), "4K, 2M, 1G");
}

/// Walks through each of the descriptors of a range, each of which maps `part` bytes from `page` on.
void expect_range(Path& path, TableBuilder& builder, VirtualAddress from, unsigned parts, std::uint64_t part,
                  std::uint64_t page, std::uint64_t attributes) {
  for (unsigned i = 0; i < parts; ++i) {
    const VirtualAddress at = from + i * part;
    const WalkOutcome outcome = reference_walk(*path.mode, path.memory, builder.root(), at, {AccessKind::Load, true});
    ASSERT_TRUE(outcome.translated) << i;
    EXPECT_EQ(outcome.translation.leaf_entry, page + i * part + attributes) << "its own address, with AF";
    EXPECT_EQ(outcome.translation.physical(at + 5).value(), page + i * part + 5);
    EXPECT_EQ(std::uint64_t{1} << outcome.translation.page_shift, parts * part);
  }
}

/// A range of descriptors of that level of Arm.
void expect_range_can_be_mapped(const Shape& shape, unsigned arm_level) {
  Path path({}, shape);
  const std::uint64_t part = bit(shape.index_shift(arm_level));
  const auto parts = static_cast<unsigned>(bit(shape.contiguous[arm_level]));
  FrameAllocator frames(bit(30), path.mode->page_bytes(), {});
  TableBuilder builder(path.mode, path.memory, frames);
  const VirtualAddress at(3 * parts * part);
  const std::uint64_t page = bit(40) + parts * part;
  const std::uint64_t common = bit(52) | bit(11) | bit(10) | 3 << 8 | bit(6) | (arm_level == 3 ? 3u : 1u);
  builder.map(at, PhysicalAddress(page), parts * part, {{true, true, true, true}, false, false, false});
  expect_range(path, builder, at, parts, part, page, common | bit(51) | bit(7));
  builder.protect(at, parts * part, {{true, false, true, true}, false, true, false});
  expect_range(path, builder, at, parts, part, page, common | bit(7));
  EXPECT_THROW(builder.unmap(at, part), InputError);
  builder.split(at, part, {{true, false, true, true}, false, true, false});
  builder.unmap(at + part, part);
  EXPECT_FALSE(builder.is_mapped(at + part));
  EXPECT_EQ(builder.leaf(at + 2 * part)->view.target.value(), page + 2 * part);
  EXPECT_EQ(std::uint64_t{1} << builder.leaf(at + 2 * part)->view.page_shift, part);
}

TEST_P(Arm64Granules, EveryDescriptorOfAContiguousRangeHasItsOwnAddress) {
  for (unsigned arm_level = GetParam().first_blocks; arm_level < levels; ++arm_level) {
    SCOPED_TRACE(arm_level);
    expect_range_can_be_mapped(GetParam(), arm_level);
  }
}

TEST(Arm64Contiguous, TheBitSaysHowManyDescriptorsMapARange) {
  const auto meaning = [](const char* mode, unsigned at_level) {
    for (const BitField& field : make_paging_mode(mode)->entry_fields(at_level == 0 ? 3 : 1, at_level)) {
      if (field.high == 52) return std::string(field.meaning);
    }
    return std::string();
  };
  EXPECT_EQ(meaning("arm64-4k", 0), "one of 16 entries that map a range");
  EXPECT_EQ(meaning("arm64-16k", 0), "one of 128 entries that map a range");
  EXPECT_EQ(meaning("arm64-16k", 1), "one of 32 entries that map a range");
  EXPECT_EQ(meaning("arm64-64k", 1), "one of 32 entries that map a range");
}

TEST(Arm64Walks, TablesTakeRightsAwayFromEverythingBelow) {
  Path path;
  const std::vector<unsigned> taken{59, 60, 61, 62};
  const std::vector<unsigned> leaf_rights{6, 7, 51, 53, 54};
  for (unsigned arm_level = 0; arm_level < 3; ++arm_level) {
    for (unsigned limits = 0; limits < 16; ++limits) {
      for (unsigned rights = 0; rights < 32; ++rights) {
        for (const Access access : all_accesses) {
          path.set(3, path.frame(3) | bit(10) | 3 | spread(rights, leaf_rights));
          path.put(arm_level, path.descriptors[arm_level] | spread(limits, taken));
          expect_walk(path, access);
          if (HasFatalFailure()) FAIL() << "level " << arm_level << " limits " << limits << " rights " << rights;
        }
      }
    }
  }
}

TEST(Arm64Walks, BitsWithoutAMeaningHereChangeNothing) {
  Path path;
  const std::uint64_t leaf = path.frame(1) | bit(10) | bit(6) | 1;
  std::vector<unsigned> ignored{2, 3, 4, 5, 8, 9, 48, 49, 50, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  for (unsigned position = 12; position < 30; ++position) ignored.push_back(position);  // below a block's address
  for (const unsigned position : ignored) {
    path.set(1, leaf | bit(position));
    const WalkOutcome outcome = path.walk({AccessKind::Store, true});
    ASSERT_TRUE(outcome.translated) << position;
    EXPECT_EQ(outcome.translation.page.value(), path.frame(1)) << position;
  }
  for (const unsigned position : {2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 10u, 11u, 48u, 49u, 50u, 51u, 58u, 63u}) {
    path.set(1, Path::table_at(2) | bit(position));
    EXPECT_TRUE(path.walk({AccessKind::Store, true}).translated) << position;
    EXPECT_EQ(path.held(1), Path::table_at(2) | bit(position)) << "tables have no access flag";
  }
}

TEST(Arm64Walks, TheFirstStoreToAWritableCleanPageMakesItDirtyInOneUpdate) {
  Path path;
  const std::uint64_t clean = path.frame(3) | bit(51) | bit(7) | bit(6) | 3;
  path.set(3, clean);
  EXPECT_EQ(path.walk({AccessKind::Load, true}).entry_updates, 1u);
  EXPECT_EQ(path.held(3), clean | bit(10)) << "a load leaves it clean";
  EXPECT_EQ(path.walk({AccessKind::Store, true}).entry_updates, 1u);
  EXPECT_EQ(path.held(3), (clean | bit(10)) & ~bit(7));
  EXPECT_EQ(path.walk({AccessKind::Store, true}).entry_updates, 0u);
  path.set(3, clean);
  EXPECT_EQ(path.walk({AccessKind::Store, true}).entry_updates, 1u);
  EXPECT_EQ(path.held(3), (clean | bit(10)) & ~bit(7)) << "both at once";
  path.set(3, clean);
  path.put(0, path.descriptors[0] | bit(62));
  EXPECT_EQ(path.walk({AccessKind::Store, true}).fault.reason, FaultReason::Permission);
  EXPECT_EQ(path.held(3), clean) << "a table above forbids writing";
}

TEST(Arm64Faults, CodesAreThoseOfTheManual) {
  const auto mode = make_paging_mode("arm64-4k");
  for (unsigned arm_level = 0; arm_level < levels; ++arm_level) {
    const auto code = [&](FaultReason reason) { return mode->error_code(reason, 3 - arm_level, {}); };
    EXPECT_EQ(code(FaultReason::OutOfMemory), 0b000000 | arm_level);
    EXPECT_EQ(code(FaultReason::NotPresent), 0b000100 | arm_level);
    EXPECT_EQ(code(FaultReason::NonCanonical), 0b000100 | arm_level);
    EXPECT_EQ(code(FaultReason::NotAccessed), 0b001000 | arm_level);
    EXPECT_EQ(code(FaultReason::Permission), 0b001100 | arm_level);
    EXPECT_EQ(code(FaultReason::None), 0u);
  }
}

TEST(Arm64Addresses, EndBelowTheOtherTablesHalf) {
  Path path;
  EXPECT_TRUE(path.mode->translates(VirtualAddress(bit(48) - 1)));
  EXPECT_FALSE(path.mode->translates(VirtualAddress(bit(48))));
  EXPECT_FALSE(path.mode->translates(VirtualAddress(~std::uint64_t{0})));
  EXPECT_EQ(path.mode->physical_limit(), bit(48));
}

TEST(Arm64Roots, Ttbr0HoldsAddressSpaceAndTable) {
  const auto mode = make_paging_mode("arm64-4k");
  const RootRegister root = mode->decode_root(0xABCD000081234001);
  EXPECT_EQ(root.table.value(), 0x81234000u);
  EXPECT_EQ(root.asid, 0xABCDu);
  EXPECT_EQ(mode->encode_root(root), 0xABCD000081234000u) << "CnP is not kept";
  try {
    mode->decode_root(0x81234800);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "arm64-4k: TTBR0_EL1 0x81234800 holds table address 0x81234800; expected a multiple of 4096");
  }
}

TEST_P(Arm64Granules, LeavesSayWhatWasAskedFor) {
  const auto mode = make_paging_mode(GetParam().name);
  for (unsigned wanted = 0; wanted < 128; ++wanted) {
    const auto flag = [&](unsigned position) { return (wanted >> position & 1) != 0; };
    const LeafSpec spec{{true, flag(0), flag(1), flag(2), flag(3)}, flag(4), flag(5), flag(6)};
    for (const PageSize& size : mode->page_sizes()) {
      const PhysicalAddress frame(3 * size.bytes());
      const EntryView view = mode->decode(mode->encode_leaf(frame, size, spec), size.level);
      ASSERT_EQ(view.kind, EntryView::Kind::Leaf);
      EXPECT_EQ(view.target, frame);
      EXPECT_EQ(view.rights, spec.rights);
      EXPECT_EQ(view.accessed, spec.accessed);
      EXPECT_EQ(view.dirty, spec.dirty && spec.rights.write) << "a page that cannot be written cannot be dirty";
      EXPECT_EQ(view.global, spec.global);
    }
  }
}

TEST_P(Arm64Granules, FieldsNameEveryBitOnce) {
  const auto mode = make_paging_mode(GetParam().name);
  std::vector<std::vector<BitField>> all{mode->root_fields()};
  for (unsigned level = 0; level < mode->levels(); ++level) {
    for (const std::uint64_t entry : {0u, 1u, 3u}) all.push_back(mode->entry_fields(entry, level));
  }
  for (const std::vector<BitField>& fields : all) {
    unsigned above = 64;
    for (const BitField& field : fields) {
      EXPECT_EQ(field.high + 1u, above) << field.name;
      EXPECT_LE(field.low, field.high) << field.name;
      above = field.low;
    }
    EXPECT_EQ(above, 0u);
  }
}

}  // namespace
}  // namespace tablewalk::arm64_mode_test

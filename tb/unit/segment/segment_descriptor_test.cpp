#include "segment/segment_descriptor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/dice.h"

namespace tablewalk::segment_descriptor_test {
namespace {

constexpr Access user_fetch{AccessKind::Fetch, true};
constexpr Access user_load{AccessKind::Load, true};
constexpr Access user_store{AccessKind::Store, true};
constexpr Access kernel_fetch{AccessKind::Fetch, false};
constexpr Access kernel_load{AccessKind::Load, false};
constexpr Access kernel_store{AccessKind::Store, false};

SegmentDescriptor code(unsigned privilege = 3) {
  SegmentDescriptor segment;
  segment.offset_bits = 32;
  segment.limit = 0xfff;
  segment.type = SegmentType::Code;
  segment.privilege = privilege;
  return segment;
}
SegmentDescriptor data(unsigned privilege = 3) {
  SegmentDescriptor segment = code(privilege);
  segment.type = SegmentType::Data;
  return segment;
}
SegmentDescriptor stack(unsigned privilege = 3) {
  SegmentDescriptor segment = data(privilege);
  segment.stack = true;
  return segment;
}
template <class Change>
SegmentDescriptor with(SegmentDescriptor segment, Change change) {
  change(segment);
  return segment;
}

/// One row: an access and what becomes of it.
struct Row {
  std::string what;
  SegmentDescriptor segment;
  Access access;
  FaultReason expected;
};

TEST(SegmentRights, FollowTheTables) {
  using R = FaultReason;
  using S = SegmentDescriptor;
  const auto execute_only = [](S& s) { s.readable = false; };
  const auto read_only = [](S& s) { s.writable = false; };
  const auto absent = [](S& s) { s.present = false; };
  const std::vector<Row> rows{
      // Type (5.4).
      {"code is fetched", code(), user_fetch, R::None},
      {"readable code is loaded", code(), user_load, R::None},
      {"code is never stored", code(), user_store, R::SegmentType},
      {"execute-only code is fetched", with(code(), execute_only), user_fetch, R::None},
      {"execute-only code is not loaded", with(code(), execute_only), user_load, R::SegmentType},
      {"data is not fetched", data(), user_fetch, R::SegmentType},
      {"data is loaded", data(), user_load, R::None},
      {"data is stored", data(), user_store, R::None},
      {"read-only data is loaded", with(data(), read_only), user_load, R::None},
      {"read-only data is not stored", with(data(), read_only), user_store, R::SegmentType},
      {"a stack is loaded", stack(), user_load, R::None},
      {"a stack is stored", stack(), user_store, R::None},
      {"SS cannot hold read-only data, even for a load", with(stack(), read_only), user_load, R::SegmentType},
      // Privilege (5.6 to 5.8).
      {"data of the kernel for the user", data(0), user_load, R::SegmentPrivilege},
      {"data of level 2 for the user", data(2), user_store, R::SegmentPrivilege},
      {"data of the user for the kernel", data(3), kernel_load, R::None},
      {"data of the kernel for the kernel", data(0), kernel_store, R::None},
      {"code of the kernel for the user", code(0), user_fetch, R::SegmentPrivilege},
      {"code of the user for the kernel", code(3), kernel_fetch, R::SegmentPrivilege},
      {"code of the kernel for the kernel", code(0), kernel_fetch, R::None},
      {"code of the user read by the kernel", code(3), kernel_load, R::None},
      {"stack of the user for the kernel", stack(3), kernel_store, R::SegmentPrivilege},
      {"stack of the kernel for the kernel", stack(0), kernel_store, R::None},
      {"stack of the kernel for the user", stack(0), user_load, R::SegmentPrivilege},
      // Presence comes after type and privilege when a register is loaded.
      {"absent data", with(data(), absent), user_load, R::SegmentAbsent},
      {"absent code", with(code(), absent), user_fetch, R::SegmentAbsent},
      {"absent data of the kernel for the user", with(data(0), absent), user_load, R::SegmentPrivilege},
      {"fetch from absent data", with(data(), absent), user_fetch, R::SegmentType},
      {"store to absent read-only data", with(with(data(), absent), read_only), user_store, R::SegmentAbsent},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(check_segment(row.segment, 0x10, 4, row.access), row.expected)
        << row.what << ": " << to_string(row.expected);
  }
}

struct LimitRow {
  std::string what;
  std::uint64_t limit;
  unsigned bits;
  bool expand_down;
  std::uint64_t offset;
  std::uint64_t bytes;
  bool allowed;
};

TEST(SegmentLimit, FollowsTheTable) {
  const std::vector<LimitRow> rows{
      {"first byte", 0xfff, 32, false, 0, 1, true},
      {"last byte", 0xfff, 32, false, 0xfff, 1, true},
      {"byte above the limit", 0xfff, 32, false, 0x1000, 1, false},
      {"word that ends at the limit", 0xfff, 32, false, 0xffe, 2, true},
      {"word above limit - 1", 0xfff, 32, false, 0xfff, 2, false},
      {"doubleword that ends at the limit", 0xfff, 32, false, 0xffc, 4, true},
      {"doubleword above limit - 3", 0xfff, 32, false, 0xffd, 4, false},
      {"quadword above limit - 7", 0xfff, 32, false, 0xff9, 8, false},
      {"limit 0 is one byte", 0, 32, false, 0, 1, true},
      {"limit 0 is no word", 0, 32, false, 0, 2, false},
      {"access larger than the segment", 3, 32, false, 0, 8, false},
      {"last byte of 4 GiB", 0xffffffff, 32, false, 0xffffffff, 1, true},
      {"wraps around 4 GiB", 0xffffffff, 32, false, 0xffffffff, 2, false},
      {"offset of more than 32 bits", 0xffffffff, 32, false, 0x100000000, 1, false},
      {"last byte of 2^64", ~std::uint64_t{0}, 64, false, ~std::uint64_t{0}, 1, true},
      {"wraps around 2^64", ~std::uint64_t{0}, 64, false, ~std::uint64_t{0}, 2, false},
      {"expand-down: the limit itself", 0xfff, 32, true, 0xfff, 1, false},
      {"expand-down: first above the limit", 0xfff, 32, true, 0x1000, 1, true},
      {"expand-down: begins at the limit", 0xfff, 32, true, 0xfff, 2, false},
      {"expand-down: last of 32 bits", 0xfff, 32, true, 0xffffffff, 1, true},
      {"expand-down: beyond 32 bits", 0xfff, 32, true, 0xfffffffe, 4, false},
      {"expand-down: last of 16 bits", 0xfff, 16, true, 0xffff, 1, true},
      {"expand-down: B clear, beyond 16 bits", 0xfff, 16, true, 0x10000, 1, false},
      {"expand-down: B clear, word beyond 16 bits", 0xfff, 16, true, 0xffff, 2, false},
      {"expand-down: limit 0 leaves out one byte", 0, 32, true, 0, 1, false},
      {"expand-down: limit 0 is almost everything", 0, 32, true, 1, 8, true},
      {"expand-down: the largest limit allows nothing", 0xffffffff, 32, true, 0xffffffff, 1, false},
      {"expand-down: B clear, the largest limit", 0xffff, 16, true, 0xffff, 1, false},
      {"expand-down: limit of 2^64 - 1", ~std::uint64_t{0}, 64, true, 0, 1, false},
  };
  for (const LimitRow& row : rows) {
    SegmentDescriptor segment = data();
    segment.limit = row.limit;
    segment.offset_bits = row.bits;
    segment.expand_down = row.expand_down;
    EXPECT_EQ(within_limit(segment, row.offset, row.bytes), row.allowed) << row.what;
    const FaultReason expected = row.allowed ? FaultReason::None : FaultReason::SegmentLimit;
    EXPECT_EQ(check_segment(segment, row.offset, row.bytes, user_load), expected) << row.what;
  }
}

/// The manual's rules in its own words, one statement for each, byte by byte.
FaultReason by_the_manual(const SegmentDescriptor& s, std::uint64_t offset, std::uint64_t bytes, Access access) {
  const unsigned cpl = access.user ? 3 : 0;
  const bool is_code = s.type == SegmentType::Code;
  // Loading CS, SS, or DS, ES, FS, GS.
  if (access.kind == AccessKind::Fetch) {
    if (!is_code) return FaultReason::SegmentType;
    if (s.privilege != cpl) return FaultReason::SegmentPrivilege;
  } else if (s.stack) {
    if (is_code) return FaultReason::SegmentType;
    if (!s.writable) return FaultReason::SegmentType;
    if (s.privilege != cpl) return FaultReason::SegmentPrivilege;
  } else {
    if (is_code && !s.readable) return FaultReason::SegmentType;
    if (cpl > s.privilege) return FaultReason::SegmentPrivilege;
  }
  if (!s.present) return FaultReason::SegmentAbsent;
  // The access.
  if (access.kind == AccessKind::Store && is_code) return FaultReason::SegmentType;
  if (access.kind == AccessKind::Store && !s.writable) return FaultReason::SegmentType;
  __extension__ using Wide = unsigned __int128;
  const Wide end = s.offset_bits == 16   ? Wide{0xffff}
                   : s.offset_bits == 32 ? Wide{0xffffffff}
                                         : Wide{~std::uint64_t{0}};
  for (Wide i = 0; i < bytes; ++i) {
    const Wide byte = offset + i;
    if (!s.expand_down && byte > s.limit) return FaultReason::SegmentLimit;
    if (s.expand_down && byte < Wide{s.limit} + 1) return FaultReason::SegmentLimit;
    if (s.expand_down && byte > end) return FaultReason::SegmentLimit;
  }
  return FaultReason::None;
}

TEST(SegmentCheck, EqualsAStraightReadingOfTheManualOnRandomSegments) {
  for (const std::uint64_t seed : test::printed_seeds(20)) {
    test::Dice dice(seed);
    std::vector<unsigned> seen(fault_reasons + 8);
    for (unsigned i = 0; i < 20000; ++i) {
      SegmentDescriptor s;
      s.offset_bits = dice.pick<unsigned>({16, 32, 64});
      const std::uint64_t most = low_bits(s.offset_bits);
      const auto near = [&](std::uint64_t place) { return place + dice.between(0, 20) - 10; };
      s.limit = (dice.chance(30) ? near(0) : dice.chance(30) ? near(most) : dice.between(0, most >> 1) * 2) & most;
      s.type = dice.chance(50) ? SegmentType::Code : SegmentType::Data;
      s.readable = dice.chance(80);
      s.writable = dice.chance(80);
      s.stack = s.type == SegmentType::Data && dice.chance(30);
      s.expand_down = s.type == SegmentType::Data && dice.chance(50);
      s.present = dice.chance(90);
      s.privilege = dice.chance(70) ? 3 : dice.number(0, 3);
      const Access access{dice.pick<AccessKind>({AccessKind::Fetch, AccessKind::Load, AccessKind::Store}),
                          dice.chance(80)};
      const std::uint64_t offset = dice.chance(50) ? near(s.limit) : dice.chance(50) ? near(most) : near(0);
      const std::uint64_t bytes = dice.between(1, 64);
      const FaultReason expected = by_the_manual(s, offset, bytes, access);
      ASSERT_EQ(check_segment(s, offset, bytes, access), expected)
          << "seed " << seed << ", offset " << offset << ", " << bytes << " bytes, limit " << s.limit
          << (s.expand_down ? ", down, " : ", ") << s.offset_bits << " bits";
      ++seen[static_cast<unsigned>(expected)];
    }
    for (const FaultReason reason : {FaultReason::None, FaultReason::SegmentType, FaultReason::SegmentPrivilege,
                                     FaultReason::SegmentAbsent, FaultReason::SegmentLimit}) {
      EXPECT_GT(seen[static_cast<unsigned>(reason)], 100u) << to_string(reason);
    }
  }
}

TEST(SegmentAddress, IsBaseAndOffsetAndWrapsAtFourGigabytes) {
  SegmentDescriptor segment = data();
  segment.base = 0xfffff000;
  EXPECT_EQ(segment.linear(0xfff), 0xffffffffu);
  EXPECT_EQ(segment.linear(0x1000), 0u);
  segment.offset_bits = 16;
  EXPECT_EQ(segment.linear(0xfff), 0xffffffffu) << "16 bits are the offset's";
  segment.offset_bits = 64;
  EXPECT_EQ(segment.linear(0x1000), 0x100000000u);
  segment.base = ~std::uint64_t{0};
  EXPECT_EQ(segment.linear(5), 4u);
}

TEST(SegmentException, IsOfTheStackOnlyForItsLimitAndPresence) {
  using E = SegmentException;
  using R = FaultReason;
  for (const R reason : {R::NoSegment, R::SegmentType, R::SegmentPrivilege}) {
    EXPECT_EQ(exception_of(reason, false), E::GeneralProtection);
    EXPECT_EQ(exception_of(reason, true), E::GeneralProtection);
  }
  EXPECT_EQ(exception_of(R::SegmentLimit, false), E::GeneralProtection);
  EXPECT_EQ(exception_of(R::SegmentLimit, true), E::Stack);
  EXPECT_EQ(exception_of(R::SegmentAbsent, false), E::NotPresent);
  EXPECT_EQ(exception_of(R::SegmentAbsent, true), E::Stack);
  EXPECT_STREQ(to_string(E::GeneralProtection), "#GP");
  EXPECT_STREQ(to_string(E::Stack), "#SS");
  EXPECT_STREQ(to_string(E::NotPresent), "#NP");
}

}  // namespace
}  // namespace tablewalk::segment_descriptor_test

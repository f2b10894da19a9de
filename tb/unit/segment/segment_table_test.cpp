#include "segment/segment_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tablewalk::segment_table_test {
namespace {

using testing::HasSubstr;
using Way = SegmentOutcome::Way;

constexpr Access user_fetch{AccessKind::Fetch, true};
constexpr Access user_load{AccessKind::Load, true};
constexpr Access kernel_load{AccessKind::Load, false};

SegmentConfig segment(std::uint64_t from, std::uint64_t to, std::uint64_t base, SegmentUse used_by = SegmentUse::Any) {
  SegmentConfig config;
  config.from = from;
  config.to = to;
  config.base = base;
  config.used_by = used_by;
  if (used_by == SegmentUse::Fetch) config.type = SegmentType::Code;
  return config;
}

SegmentTable table_of(SegmentationKind kind, std::vector<SegmentConfig> segments) {
  SegmentationConfig config;
  config.kind = kind;
  config.segments = std::move(segments);
  SegmentTable table(config);
  table.place(0, std::vector<PhysicalAddress>(config.segments.size()));
  return table;
}

SegmentOutcome at(const SegmentTable& table, std::uint64_t address, Access access = user_load,
                  std::uint64_t bytes = 4) {
  return table.look_up(VirtualAddress(address), bytes, 0, access);
}

TEST(SegmentTable, ChoosesByAddressAndKind) {
  const SegmentTable table = table_of(
      SegmentationKind::Paged, {segment(0, 0xffff, 0x1000000, SegmentUse::Fetch),
                                segment(0, 0xffff, 0x2000000, SegmentUse::Data), segment(0x10000, 0x1ffff, 0x3000000)});
  EXPECT_EQ(at(table, 0x123, user_fetch).address, 0x1000123u);
  EXPECT_EQ(at(table, 0x123).address, 0x2000123u);
  EXPECT_EQ(at(table, 0xffff).address, 0x200ffffu) << "its first byte chooses the segment";
  EXPECT_EQ(at(table, 0x10000).address, 0x3010000u);
  EXPECT_EQ(at(table, 0x10000, user_fetch).fault, FaultReason::SegmentType);
  EXPECT_EQ(at(table, 0x20000).fault, FaultReason::NoSegment);
}

TEST(SegmentTable, OffsetsCountFromTheOrigin) {
  SegmentConfig stack = segment(0x7ffff000, 0x7fffffff, 0x80001000);
  stack.origin = 0x80000000;  // the last offset, 0xffffffff, is the trace's 0x7fffffff
  stack.offset_bits = 32;
  stack.limit = 0xfffff7ff;
  stack.expand_down = true;
  const SegmentTable table = table_of(SegmentationKind::Paged, {stack});
  EXPECT_EQ(at(table, 0x7ffffffc).address, 0x80000ffcu) << "base + 0xfffffffc, modulo 4 GiB";
  EXPECT_EQ(at(table, 0x7ffff800).way, Way::Paged);
  EXPECT_EQ(at(table, 0x7ffff7fc).fault, FaultReason::SegmentLimit);
  EXPECT_EQ(at(table, 0x7ffffffe).fault, FaultReason::SegmentLimit) << "its last bytes wrap around";
}

TEST(SegmentTable, PassesOverASegmentOfAnotherPrivilegeIfALaterOneServes) {
  SegmentConfig kernel = segment(0, 0xffff, 0x1000000);
  kernel.privilege = 0;
  SegmentConfig user = segment(0, 0x7fff, 0x2000000);
  const SegmentTable table = table_of(SegmentationKind::Paged, {kernel, user});
  EXPECT_EQ(at(table, 0, kernel_load).address, 0x1000000u);
  EXPECT_EQ(at(table, 0, user_load).address, 0x2000000u);
  EXPECT_EQ(at(table, 0x8000, user_load).fault, FaultReason::SegmentPrivilege);
}

TEST(SegmentTable, ALimitInPagesCoversTheLastPage) {
  SegmentConfig small = segment(0, ~std::uint64_t{0}, 0);
  small.limit = 1;
  small.granularity = LimitUnit::Page;
  const SegmentTable table = table_of(SegmentationKind::Paged, {small});
  EXPECT_EQ(at(table, 0x1ffc).way, Way::Paged);
  EXPECT_EQ(at(table, 0x1ffd).fault, FaultReason::SegmentLimit);
}

TEST(SegmentTable, BaseAndLimitGiveAPhysicalAddressInTheSpacesPart) {
  SegmentTable table = table_of(SegmentationKind::BaseLimit, {segment(0, 0xffff, 0x4000)});
  table.place(1, {PhysicalAddress(0x100000)});
  EXPECT_EQ(at(table, 0x10).way, Way::Direct);
  EXPECT_EQ(at(table, 0x10).address, 0x4010u);
  EXPECT_EQ(table.look_up(VirtualAddress(0x10), 4, 1, user_load).address, 0x104010u);
  EXPECT_EQ(table.look_up(VirtualAddress(0x10), 4, 2, user_load).address, 0x4010u) << "of a space without a place";
}

TEST(SegmentTable, OutsideADirectSegmentEverythingIsPaged) {
  SegmentTable table = table_of(SegmentationKind::Direct, {segment(0x10000, 0x1ffff, 0, SegmentUse::Data)});
  table.place(0, {PhysicalAddress(0x700000)});
  EXPECT_EQ(at(table, 0x10008).way, Way::Direct);
  EXPECT_EQ(at(table, 0x10008).address, 0x700008u);
  EXPECT_EQ(at(table, 0x20000).way, Way::Paged);
  EXPECT_EQ(at(table, 0x20000).address, 0x20000u);
  EXPECT_EQ(at(table, 0x10008, user_fetch).way, Way::Paged);
}

TEST(SegmentTable, WithoutASizeItDecidesOnlyForWholePages) {
  SegmentConfig small = segment(0, ~std::uint64_t{0}, 0x8000);
  small.limit = 0x1fff;
  const SegmentTable table = table_of(SegmentationKind::Paged, {small});
  const auto any_size = [&](std::uint64_t address) {
    return table.look_up_any_size(VirtualAddress(address), 12, 0, user_load);
  };
  ASSERT_TRUE(any_size(0x1ffc).has_value());
  EXPECT_EQ(any_size(0x1ffc)->address, 0x9ffcu);
  EXPECT_FALSE(any_size(0x2000).has_value());
  small.limit = 0x17ff;
  const SegmentTable half = table_of(SegmentationKind::Paged, {small});
  EXPECT_FALSE(half.look_up_any_size(VirtualAddress(0x1000), 12, 0, user_load).has_value());
  EXPECT_TRUE(half.look_up_any_size(VirtualAddress(0xffc), 12, 0, user_load).has_value());
}

TEST(SegmentTable, ExtentIsTheEndOfTheSegmentInMemory) {
  SegmentConfig up = segment(0, 0xffff, 0x4000);
  up.limit = 0xfff;
  SegmentConfig down = segment(0, 0xffff, 0x10000);
  down.offset_bits = 32;
  down.expand_down = true;
  down.limit = 0xffffefff;  // the offsets 0xfffff000 to 0xffffffff, just below the base
  SegmentConfig wraps = segment(0, 0xffff, 0x800);
  wraps.offset_bits = 32;
  wraps.limit = 0xffffffff;
  const SegmentTable table = table_of(SegmentationKind::BaseLimit, {up, down, wraps});
  EXPECT_EQ(table.extent(0), 0x5000u);
  EXPECT_EQ(table.extent(1), 0x10000u);
  EXPECT_EQ(table.extent(2), std::nullopt);
  EXPECT_EQ(table_of(SegmentationKind::Direct, {segment(0x1000, 0x2fff, 0)}).extent(0), 0x2000u);
}

TEST(SegmentTable, DescribesAFault) {
  SegmentConfig small = segment(0x1000, 0xffff, 0);
  small.name = "stack";
  small.stack = true;
  small.limit = 0x1fff;
  const SegmentTable table = table_of(SegmentationKind::Paged, {small});
  EXPECT_EQ(table.describe_fault(VirtualAddress(0x2000), user_load, FaultReason::SegmentLimit),
            "#SS, outside the segment's limit (segment stack, offset 0x2000, valid 0x0 to 0x1fff)");
  EXPECT_EQ(table.describe_fault(VirtualAddress(0), user_load, FaultReason::NoSegment), "#GP, no segment");
  EXPECT_THAT(table.describe_fault(VirtualAddress(0x1000), kernel_load, FaultReason::SegmentPrivilege),
              HasSubstr("privilege level 3"));
}

}  // namespace
}  // namespace tablewalk::segment_table_test

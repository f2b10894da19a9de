// The end of physical addresses. A leaf larger than physical memory maps the part below the limit; beyond it, the
// faulting address is that of the access, not the page's first byte. Tables likewise.
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "paging/walk_steps.h"
#include "support/dice.h"

namespace tablewalk::test::physical_limit_test {
namespace {

/// A walk of a chain of pointers to a leaf at 0 or, sometimes, at a multiple of its size; the expected result is
/// computed independently here.
struct ReachingWalk {
  std::uint64_t va = 0;
  Access access;
  std::uint64_t physical = 0;
  bool exists = false;
  WalkOutcome outcome;
};

ReachingWalk walk_beyond(const PagingMode& mode, unsigned physical_bits, Dice& dice) {
  std::vector<PageSize> large;
  for (const PageSize& size : mode.page_sizes()) {
    if (size.shift > physical_bits) large.push_back(size);
  }
  const PageSize size = dice.pick(large);
  ReachingWalk walk;
  walk.va = dice.between(0, low_bits(mode.virtual_bits() - 1));
  // Half of the addresses are in the page, most others beyond it.
  if (dice.chance(50)) walk.va &= ~low_bits(size.shift) | low_bits(physical_bits);
  if (dice.chance(20)) walk.va = (walk.va & ~low_bits(size.shift)) | (std::uint64_t{1} << physical_bits);
  if (dice.chance(20)) walk.va = (walk.va & ~low_bits(size.shift)) | low_bits(physical_bits);
  walk.access = {static_cast<AccessKind>(dice.number(0, 2)), true};
  const bool elsewhere = size.shift < (mode.entry_bytes() == 8 ? 50 : 33) && dice.chance(5);
  const std::uint64_t page = elsewhere ? std::uint64_t{1} << size.shift : 0;
  walk.physical = page + walk.va % (std::uint64_t{1} << size.shift);
  walk.exists = walk.physical < std::uint64_t{1} << physical_bits;

  PhysicalMemory memory;
  std::uint64_t table = 0x1000;
  for (unsigned level = mode.root_level(); level > size.level; --level, table += 0x1000) {
    memory.write(mode.entry_address(level, PhysicalAddress(table), VirtualAddress(walk.va)), mode.entry_bytes(),
                 mode.encode_pointer(PhysicalAddress(table + 0x1000), level));
  }
  const std::uint64_t leaf = mode.encode_leaf(PhysicalAddress(0), size, {});
  // The frame number starts at bit 10 in RISC-V, at bit 8 in the radix format.
  const std::uint64_t number = page >> 12 << (mode.name().compare(0, 2, "sv") == 0 ? 10 : 8);
  memory.write(mode.entry_address(size.level, PhysicalAddress(table), VirtualAddress(walk.va)), mode.entry_bytes(),
               leaf | number);
  walk.outcome = reference_walk(mode, memory, PhysicalAddress(0x1000), VirtualAddress(walk.va), walk.access);
  const WalkSteps steps =
      walk_step_by_step(mode, memory, PhysicalAddress(0x1000), VirtualAddress(walk.va), walk.access);
  EXPECT_EQ(steps.beyond.value(), walk.exists ? 0 : walk.physical);
  return walk;
}

TEST(PhysicalLimit, ALeafThatReachesBeyondItTranslatesWhatLiesBelowAndFaultsBeyond) {
  const std::vector<std::string> names{"sv32", "sv39", "sv48", "sv57", "radix:5,5,5,7,12/12@4"};
  unsigned below = 0;
  unsigned beyond = 0;
  const auto seeds = printed_seeds(10000);
  for (const std::uint64_t seed : seeds) {
    Dice dice(seed);
    const std::string name = dice.pick(names);
    PagingControls controls;
    controls.riscv.physical_bits = dice.number(16, name == "sv32" ? 21 : name == "sv39" ? 29 : 38);
    const auto mode = make_paging_mode(name, controls);
    const ReachingWalk walk = walk_beyond(*mode, mode->physical_bits(), dice);
    SCOPED_TRACE(name + ", seed " + std::to_string(seed));
    ASSERT_EQ(walk.outcome.translated, walk.exists);
    ++(walk.exists ? below : beyond);
    if (walk.exists) {
      const Translation& found = walk.outcome.translation;
      ASSERT_EQ(found.physical(VirtualAddress(walk.va)).value(), walk.physical);
      ASSERT_EQ(found.page_shift, mode->physical_bits()) << "a TLB that remembers it serves nothing beyond";
      ASSERT_GT(found.whole_shift, found.page_shift) << "an invalidation takes all of the page";
      continue;
    }
    ASSERT_EQ(walk.outcome.fault.reason, FaultReason::OutOfMemory);
    const bool riscv = name.compare(0, 2, "sv") == 0;
    const unsigned codes[] = {1, 5, 7};  // access faults of a fetch, a load, a store
    ASSERT_EQ(walk.outcome.fault.error_code, riscv ? codes[static_cast<unsigned>(walk.access.kind)] : 0u);
  }
  EXPECT_GT(below, seeds.size() * 3 / 10);
  EXPECT_GT(beyond, seeds.size() * 3 / 10);
}

/// Only radix tables can be larger than a page, and so begin below the limit and end beyond.
TEST(PhysicalLimit, OfATableThatReachesBeyondItTheEntriesBelowAreRead) {
  const auto mode = make_paging_mode("radix:4,20/12@8");
  ASSERT_EQ(mode->physical_bits(), 52);
  PhysicalMemory memory;
  const std::uint64_t limit = std::uint64_t{1} << 52;
  const PhysicalAddress table(limit - 4096);
  memory.write(PhysicalAddress(0x1000), 8, mode->encode_pointer(table, 1));
  const PageSize page = mode->page_sizes().front();
  memory.write(table + 511 * 8, 8, mode->encode_leaf(PhysicalAddress(0x7000), page, {}));
  const auto walk = [&](std::uint64_t va) {
    return reference_walk(*mode, memory, PhysicalAddress(0x1000), VirtualAddress(va), {});
  };
  EXPECT_TRUE(walk(511 << 12).translated);
  EXPECT_EQ(walk(512 << 12).fault.reason, FaultReason::OutOfMemory);
  EXPECT_EQ(walk(512 << 12).fault.level, 0u);
  EXPECT_EQ(walk(512 << 12).entry_reads, 1u);
}

TEST(PhysicalLimit, ARadixSplitWhosePagesDoNotFitIsRefused) {
  EXPECT_THROW(make_paging_mode("radix:1,1/30@4"), InputError);
  EXPECT_NO_THROW(make_paging_mode("radix:9,9/30@4"));
}

/// The reserved bits of x86 entries end at MAXPHYADDR, and its pages are at most 1 GiB: nothing extends beyond.
TEST(PhysicalLimit, NoPageOfX86OrArmIsLargerThanPhysicalMemory) {
  PagingControls controls;
  controls.x86.maxphyaddr = 32;
  for (const char* name : {"x86-32", "x86-pae", "x86-64", "x86-64-la57", "arm64-4k", "arm64-16k", "arm64-64k"}) {
    const auto mode = make_paging_mode(name, controls);
    EXPECT_LE(mode->page_sizes().back().shift, mode->physical_bits()) << name;
  }
}

TEST(WalkSteps, NameTheEntryOfATableThatLiesBeyondMemory) {
  PagingControls controls;
  controls.riscv.physical_bits = 40;
  const auto mode = make_paging_mode("sv39", controls);
  const PhysicalAddress root(0x1000);
  const std::uint64_t table = std::uint64_t{1} << 45;
  const VirtualAddress va(0x7 << 21);  // entry 7 of that table
  PhysicalMemory memory;
  memory.write(mode->entry_address(2, root, va), 8, table >> 12 << 10 | 1);
  const WalkSteps steps = walk_step_by_step(*mode, memory, root, va, {AccessKind::Load, true});
  EXPECT_EQ(steps.outcome.fault.reason, FaultReason::OutOfMemory);
  EXPECT_EQ(steps.beyond.value(), table + 7 * 8);
}

}  // namespace
}  // namespace tablewalk::test::physical_limit_test

#include "paging/walk.h"

#include <gtest/gtest.h>

#include <random>

#include "paging/reference_walk.h"
#include "paging/table_builder.h"

namespace tablewalk::walk_test {
namespace {

constexpr std::uint64_t accessed = 1u << 5;
constexpr std::uint64_t dirty = 1u << 6;
constexpr std::uint64_t va_4k = 0x7f0000123000;

/// An x86-64 address space whose entries a test inspects and corrupts.
class WalkOfX8664 : public testing::Test {
 protected:
  WalkOfX8664() : mode_(make_paging_mode("x86-64")), frames_(1 << 30, 4096, {}), builder_(mode_, memory_, frames_) {}

  void map_fresh(Rights rights = {}) {
    builder_.map(VirtualAddress(va_4k), PhysicalAddress(0x5000), 4096, {rights, false, false, false});
  }
  /// The address of a level's entry on the path to va_4k.
  PhysicalAddress entry_at(unsigned wanted) {
    PhysicalAddress table = builder_.root();
    for (unsigned level = 3; level > wanted; --level) {
      table = mode_->decode(read(mode_->entry_address(level, table, VirtualAddress(va_4k))), level).target;
    }
    return mode_->entry_address(wanted, table, VirtualAddress(va_4k));
  }
  std::uint64_t read(PhysicalAddress at) { return memory_.read(at, 8); }
  void change(unsigned level, std::uint64_t set, std::uint64_t clear) {
    const PhysicalAddress at = entry_at(level);
    memory_.write(at, 8, (read(at) & ~clear) | set);
  }
  WalkOutcome walk(AccessKind kind, bool user = true) {
    return reference_walk(*mode_, memory_, builder_.root(), VirtualAddress(va_4k), {kind, user});
  }

  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  FrameAllocator frames_;
  TableBuilder builder_;
};

TEST_F(WalkOfX8664, ALoadSetsAccessedAtEveryLevelAndDirtyNowhere) {
  map_fresh();
  for (unsigned level = 0; level < 4; ++level) change(level, 0, accessed);
  EXPECT_EQ(walk(AccessKind::Load).entry_updates, 4u);
  for (unsigned level = 0; level < 4; ++level) {
    EXPECT_NE(read(entry_at(level)) & accessed, 0u) << level;
    EXPECT_EQ(read(entry_at(level)) & dirty, 0u) << level;
  }
  EXPECT_EQ(walk(AccessKind::Load).entry_updates, 0u);
}

TEST_F(WalkOfX8664, AStoreSetsDirtyAtTheLeafAlone) {
  map_fresh();
  const WalkOutcome outcome = walk(AccessKind::Store);
  EXPECT_EQ(outcome.entry_updates, 1u) << "accessed and dirty in one update";
  EXPECT_TRUE(outcome.translation.dirty);
  EXPECT_EQ(outcome.translation.leaf_entry, read(entry_at(0)));
  EXPECT_EQ(read(entry_at(0)) & (accessed | dirty), accessed | dirty);
  EXPECT_EQ(read(entry_at(1)) & dirty, 0u);
}

TEST_F(WalkOfX8664, AFaultLeavesTheLeafAsItWas) {
  map_fresh({true, false, false, true});
  change(2, 0, accessed);
  const std::uint64_t leaf = read(entry_at(0));
  const WalkOutcome store = walk(AccessKind::Store);
  EXPECT_EQ(store.fault.reason, FaultReason::Permission);
  EXPECT_EQ(store.fault.level, 0u);
  EXPECT_EQ(store.fault.error_code, 7u);
  EXPECT_EQ(walk(AccessKind::Fetch).fault.error_code, 21u);
  EXPECT_EQ(read(entry_at(0)), leaf);
  EXPECT_NE(read(entry_at(2)) & accessed, 0u) << "the levels above were used";
}

TEST_F(WalkOfX8664, AnUpperLevelCanTakeRightsAwayButNotGrantThem) {
  map_fresh();
  EXPECT_TRUE(walk(AccessKind::Store).translated);
  for (unsigned level = 0; level < 4; ++level) {
    const std::uint64_t whole = read(entry_at(level));
    change(level, 0, 1u << 1);
    EXPECT_EQ(walk(AccessKind::Store).fault.reason, FaultReason::Permission) << level;
    EXPECT_EQ(walk(AccessKind::Store, false).fault.reason, FaultReason::Permission) << "CR0.WP holds the kernel too";
    EXPECT_TRUE(walk(AccessKind::Load).translated);
    memory_.write(entry_at(level), 8, whole);
    change(level, 0, 1u << 2);
    EXPECT_EQ(walk(AccessKind::Load).fault.error_code, 5u) << level;
    EXPECT_TRUE(walk(AccessKind::Load, false).translated);
    memory_.write(entry_at(level), 8, whole);
    change(level, std::uint64_t{1} << 63, 0);
    EXPECT_EQ(walk(AccessKind::Fetch).fault.reason, FaultReason::Permission) << level;
    EXPECT_TRUE(walk(AccessKind::Load).translated);
    memory_.write(entry_at(level), 8, whole);
  }
}

TEST_F(WalkOfX8664, FaultsSayAtWhichLevelAndReadNothingBelow) {
  map_fresh();
  for (unsigned level = 0; level < 4; ++level) {
    const std::uint64_t whole = read(entry_at(level));
    const PhysicalAddress at = entry_at(level);
    change(level, 0, 1);
    const WalkOutcome absent = walk(AccessKind::Load);
    EXPECT_EQ(absent.fault.reason, FaultReason::NotPresent);
    EXPECT_EQ(absent.fault.level, level);
    EXPECT_EQ(absent.fault.error_code, 4u);
    EXPECT_EQ(absent.entry_reads, 4 - level);
    memory_.write(at, 8, whole);
  }
  change(3, 1u << 7, 0);
  const WalkOutcome reserved = walk(AccessKind::Load);
  EXPECT_EQ(reserved.fault.reason, FaultReason::Reserved);
  EXPECT_EQ(reserved.fault.error_code, 13u);
  EXPECT_EQ(reserved.entry_reads, 1u);
}

TEST_F(WalkOfX8664, ANonCanonicalAddressIsNotWalked) {
  const WalkOutcome outcome =
      reference_walk(*mode_, memory_, builder_.root(), VirtualAddress(0x800000000000), {AccessKind::Load, true});
  EXPECT_EQ(outcome.fault.reason, FaultReason::NonCanonical);
  EXPECT_EQ(outcome.fault.level, 3u);
  EXPECT_EQ(outcome.entry_reads, 0u);
}

TEST_F(WalkOfX8664, AnEntryThatChangedBeforeItsUpdateIsLookedAtAfresh) {
  map_fresh();
  Walk walk(*mode_, builder_.root(), VirtualAddress(va_4k), {AccessKind::Store, true});
  while (walk.step() == Walk::Step::ReadEntry) walk.supply(read(walk.entry_address()));
  ASSERT_EQ(walk.step(), Walk::Step::UpdateEntry);
  Walk other = walk;
  walk.updated(walk.update_expected() | accessed);  // another walker set accessed meanwhile
  ASSERT_EQ(walk.step(), Walk::Step::UpdateEntry);
  EXPECT_NE(walk.update_expected() & accessed, 0u);
  walk.updated(walk.update_expected());
  EXPECT_EQ(walk.step(), Walk::Step::Done);
  other.updated(0);  // it was unmapped meanwhile
  ASSERT_EQ(other.step(), Walk::Step::Fault);
  EXPECT_EQ(other.fault().reason, FaultReason::NotPresent);
}

TEST_F(WalkOfX8664, MemoryThatIsOnlyLookedAtStaysAsItWas) {
  map_fresh();
  const PhysicalMemory& read_only = memory_;
  const WalkOutcome outcome =
      reference_walk(*mode_, read_only, builder_.root(), VirtualAddress(va_4k), {AccessKind::Store, true});
  EXPECT_TRUE(outcome.translated);
  EXPECT_EQ(outcome.entry_updates, 1u);
  EXPECT_EQ(read(entry_at(0)) & (accessed | dirty), 0u);
}

TEST(WalkStarts, AWalkResumedBelowTheRootEqualsTheWholeWalk) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const char* name : {"x86-32", "x86-pae", "x86-64", "x86-64-la57", "sv32", "sv39", "sv48", "sv57", "arm64-4k",
                           "arm64-16k", "arm64-64k", "radix:5,5,5,5/12@4"}) {
    const auto mode = make_paging_mode(name);
    PhysicalMemory memory;
    FrameAllocator frames(1 << 30, mode->page_bytes(), {});
    TableBuilder builder(mode, memory, frames);
    for (int i = 0; i < 200; ++i) {
      const VirtualAddress va(random() & low_bits(mode->virtual_bits() - 1) & ~low_bits(mode->offset_bits()));
      if (builder.is_mapped(va)) continue;
      const auto flag = [&] { return random() % 2 == 0; };
      builder.map(va, PhysicalAddress((random() % 1000) << mode->offset_bits()), mode->page_bytes(),
                  {{true, flag(), flag(), flag()}, flag(), flag()});
      const Access access{static_cast<AccessKind>(random() % 3), flag()};
      const PhysicalMemory& read_only = memory;
      const WalkOutcome whole = reference_walk(*mode, read_only, builder.root(), va, access);
      Walk walk(*mode, builder.root(), va, access);
      while (walk.step() == Walk::Step::ReadEntry) {
        Walk resumed(*mode, walk.position(), va, access);
        while (resumed.step() < Walk::Step::Done) {
          if (resumed.step() == Walk::Step::ReadEntry) {
            resumed.supply(memory.read(resumed.entry_address(), mode->entry_bytes()));
          } else {
            resumed.updated(resumed.update_expected());
          }
        }
        ASSERT_EQ(resumed.step() == Walk::Step::Done, whole.translated) << name;
        ASSERT_EQ(resumed.fault().error_code, whole.fault.error_code);
        ASSERT_EQ(resumed.translation().page, whole.translation.page);
        ASSERT_EQ(resumed.translation().rights, whole.translated ? whole.translation.rights : Rights{});
        ASSERT_EQ(resumed.translation().global, whole.translation.global);
        walk.supply(memory.read(walk.entry_address(), mode->entry_bytes()));
      }
    }
  }
}

}  // namespace
}  // namespace tablewalk::walk_test

// The short version of the fuzzing campaign: random bytes instead of those that a fuzzer breeds.
#include <gtest/gtest.h>

#include "fuzz/walk_case.h"
#include "support/dice.h"

namespace tablewalk::test::walk_cases_test {
namespace {

TEST(WalkCases, TheThreeWalksAgreeOnRandomMemoryUnderRandomControlRegisters) {
  for (const std::uint64_t seed : printed_seeds(1)) {
    WalkCases cases(seed);
    RandomSource random(seed);
    std::vector<std::uint8_t> bytes(2048);
    for (unsigned i = 0; i < 200000; ++i) {
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
      ASSERT_EQ(cases.run(bytes.data(), bytes.size()), "") << "seed " << seed << ", case " << i;
    }
    // A case says little if no walk comes far: every ending must have been met often.
    for (unsigned reason = 0; reason < fault_reasons; ++reason) {
      const char* const name = reason == 0 ? "translated" : to_string(static_cast<FaultReason>(reason));
      std::printf("%s: %llu walks\n", name, static_cast<unsigned long long>(cases.endings()[reason]));
      EXPECT_GT(cases.endings()[reason], 100u) << name;
    }
    std::printf("pages that reach beyond physical memory: %llu accesses below the limit, %llu beyond\n",
                static_cast<unsigned long long>(cases.parts_of_pages()),
                static_cast<unsigned long long>(cases.beyond_pages()));
    EXPECT_GT(cases.parts_of_pages(), 500u);
    EXPECT_GT(cases.beyond_pages(), 500u);
  }
}

/// Writes pointers down to a leaf at physical address 0; `leaf` is its level.
void map_from_zero(const PagingMode& mode, PhysicalMemory& memory, std::uint64_t root, unsigned leaf,
                   VirtualAddress va) {
  for (unsigned level = mode.root_level(); level >= leaf; --level) {
    const std::uint64_t table = root + 0x1000 * (mode.root_level() - level);
    const std::uint64_t pointer = (table + 0x1000) >> 12 << 10 | 1;
    const std::uint64_t readable_writable_executable_user = 0xDF;
    memory.write(mode.entry_address(level, PhysicalAddress(table), va), mode.entry_bytes(),
                 level == leaf ? readable_writable_executable_user : pointer);
    if (level == 0) return;
  }
}

/// The timed walker on leaves that are larger than physical memory; what must come of each walk is worked out by hand.
TEST(TimedWalker, OfALeafLargerThanPhysicalMemoryWhatExistsIsTranslated) {
  std::vector<std::unique_ptr<CaseWalker>> walkers;
  for (const char* name : {"sv32", "sv39", "sv48", "sv57"}) {
    for (const std::uint32_t physical_bits : {16u, 20u, 21u}) {
      PagingControls controls;
      controls.riscv.physical_bits = physical_bits;
      walkers.push_back(std::make_unique<CaseWalker>(name, controls, WalkerConfig{}));
    }
  }
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  unsigned below = 0;
  unsigned beyond = 0;
  const auto seeds = printed_seeds(10000);
  for (const std::uint64_t seed : seeds) {
    Dice dice(seed);
    CaseWalker& with = *walkers[dice.number(0, static_cast<std::uint32_t>(walkers.size() - 1))];
    const PagingMode& mode = *with.mode;
    const unsigned physical_bits = with.controls.riscv.physical_bits;
    unsigned leaf = dice.number(1, mode.root_level());
    if (mode.level(leaf).index_shift <= physical_bits) ++leaf;
    const unsigned shift = mode.level(leaf).index_shift;
    std::uint64_t va = dice.between(0, low_bits(mode.virtual_bits() - 1));
    if (dice.chance(50)) va &= ~low_bits(shift) | low_bits(physical_bits);
    const std::uint64_t physical = va & low_bits(shift);
    const bool exists = physical < std::uint64_t{1} << physical_bits;
    ++(exists ? below : beyond);
    with.memory->bytes = {};
    map_from_zero(mode, with.memory->bytes, 0x1000, leaf, VirtualAddress(va));
    const Access access{static_cast<AccessKind>(dice.number(0, 2)), true};
    const Answer& answer = with.client.ask(PhysicalAddress(0x1000), 1, va, access);
    ASSERT_EQ(answer.faulted, !exists) << with.name << ", seed " << seed;
    if (exists) {
      ASSERT_EQ(answer.translation.physical(VirtualAddress(va)).value(), physical) << "seed " << seed;
      ASSERT_EQ(answer.translation.page_shift, physical_bits) << "seed " << seed;
      ASSERT_EQ(answer.translation.whole_shift, shift) << "seed " << seed;
    } else {
      ASSERT_EQ(answer.fault.reason, FaultReason::OutOfMemory) << "seed " << seed;
      ASSERT_EQ(answer.fault.level, leaf) << "seed " << seed;
    }
  }
  EXPECT_GT(below, seeds.size() * 3 / 10);
  EXPECT_GT(beyond, seeds.size() * 3 / 10);
}

}  // namespace
}  // namespace tablewalk::test::walk_cases_test

// The short version of the fuzzing campaign: random bytes instead of those that a fuzzer breeds.
#include <gtest/gtest.h>

#include "fuzz/walk_case.h"
#include "support/dice.h"

namespace tablewalk::test {
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
    EXPECT_GT(cases.parts_of_pages(), 1000u);
    EXPECT_GT(cases.beyond_pages(), 1000u);
  }
}

}  // namespace
}  // namespace tablewalk::test

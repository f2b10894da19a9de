#include "protocol/miss_registers.h"

#include <gtest/gtest.h>

#include <map>

#include "base/types.h"
#include "support/dice.h"

namespace tablewalk::miss_registers_test {
namespace {

using Registers = MissRegisters<PhysicalAddress, int>;

/// Takes, finds and releases at random, and compares with a map of the busy registers after each step.
void run_random(test::Dice& dice, std::uint32_t count) {
  Registers registers(count);
  std::map<std::uint64_t, std::pair<std::uint32_t, int>> busy;  // line: number, waiting
  const std::uint64_t lines = dice.between(1, 3 * count);
  for (int step = 0; step < 4000; ++step) {
    const PhysicalAddress line(64 * dice.between(1, lines));
    const auto known = busy.find(line.value());
    const int* waiting = registers.find(line);
    ASSERT_EQ(waiting != nullptr, known != busy.end());
    ASSERT_EQ(registers.has(line), known != busy.end());
    ASSERT_EQ(registers.full(), busy.size() == count);
    if (known != busy.end()) {
      ASSERT_EQ(*waiting, known->second.second);
      if (dice.chance(50)) continue;
      const std::uint32_t number = dice.chance(50) ? known->second.first : registers.number_of(line);
      const int released = registers.release(number);
      ASSERT_EQ(released, known->second.second);
      busy.erase(known);
    } else if (busy.size() < count) {
      const std::uint32_t number = registers.take(line, step);
      ASSERT_LT(number, count);
      for (const auto& [other, register_of_it] : busy) ASSERT_NE(number, register_of_it.first) << other;
      busy[line.value()] = {number, step};
    }
  }
}

TEST(MissRegisters, HoldWhatWasTakenAndNothingElse) {
  for (const std::uint64_t seed : test::printed_seeds(30)) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    test::Dice dice(seed);
    ASSERT_NO_FATAL_FAILURE(run_random(dice, dice.pick<std::uint32_t>({1, 2, 7, 8, 9, 16, 65})));
  }
}

}  // namespace
}  // namespace tablewalk::miss_registers_test

#include "protocol/miss_registers.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/types.h"

namespace tablewalk {
namespace {

TEST(MissRegisters, HoldWhatAMapHolds) {
  constexpr std::uint64_t seed = 5;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (const std::uint32_t count : {1U, 3U, 8U, 12U, 16U, 33U}) {
    MissRegisters<PhysicalAddress, int> registers(count);
    std::map<std::uint64_t, int> naive;
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t line = random() % (2 * count) * 64;
      const PhysicalAddress key(line);
      int* waiting = registers.find(key);
      ASSERT_EQ(waiting != nullptr, naive.count(line) != 0) << "step " << i << " of " << count << " registers";
      ASSERT_EQ(registers.full(), naive.size() == count) << "step " << i << " of " << count << " registers";
      if (waiting == nullptr) {
        if (registers.full()) continue;
        ASSERT_EQ(registers.take(key), 0) << "nobody waits yet";
        *registers.find(key) = naive[line] = i;
      } else if (random() % 2 == 0) {
        ASSERT_EQ(registers.release(key), naive[line]) << "step " << i << " of " << count << " registers";
        naive.erase(line);
      } else {
        ASSERT_EQ(*waiting, naive[line]) << "step " << i << " of " << count << " registers";
      }
    }
  }
}

/// A key that is hashed by a part of it.
struct Part {
  std::uint64_t number = 0;
  int space = 0;
  std::uint64_t value() const { return number; }
  bool operator==(const Part& other) const { return number == other.number && space == other.space; }
};

TEST(MissRegisters, KeysOfOneHashAreToldApart) {
  MissRegisters<Part, int> registers(4);
  registers.take({7, 1}) = 1;
  EXPECT_EQ(registers.find({7, 2}), nullptr);
  registers.take({7, 2}) = 2;
  EXPECT_EQ(registers.release({7, 1}), 1);
  EXPECT_EQ(registers.find({7, 1}), nullptr);
  EXPECT_EQ(registers.release({7, 2}), 2);
}

}  // namespace
}  // namespace tablewalk

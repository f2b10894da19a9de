#include "segment/variable_allocator.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/error.h"
#include "support/dice.h"

namespace tablewalk::variable_allocator_test {
namespace {

/// Free blocks of 30 at 0, 10 at 40, 20 at 60 and 25 at 75 (the last one ends memory), between blocks of 10.
VariableAllocator with_holes(FitPolicy policy) {
  VariableAllocator memory(120, policy);
  std::vector<std::uint64_t> places;
  for (const std::uint64_t bytes : {30, 10, 10, 10, 20, 5, 25, 10}) places.push_back(memory.allocate(bytes).value());
  EXPECT_EQ(memory.free_bytes(), 0u);
  for (const unsigned hole : {0, 2, 4, 6}) memory.release(places[hole]);
  return memory;
}

TEST(VariableAllocator, EachPolicyTakesItsBlock) {
  // Free: 30 at 0, 10 at 40, 20 at 60, 25 at 85.
  EXPECT_EQ(with_holes(FitPolicy::First).allocate(15), 0u);
  EXPECT_EQ(with_holes(FitPolicy::Best).allocate(15), 60u);
  EXPECT_EQ(with_holes(FitPolicy::Worst).allocate(15), 0u);
  EXPECT_EQ(with_holes(FitPolicy::Best).allocate(22), 85u);
  EXPECT_EQ(with_holes(FitPolicy::First).allocate(10), 0u);
  EXPECT_EQ(with_holes(FitPolicy::Best).allocate(10), 40u);
  for (const FitPolicy policy : {FitPolicy::First, FitPolicy::Next, FitPolicy::Best, FitPolicy::Worst}) {
    EXPECT_EQ(with_holes(policy).allocate(31), std::nullopt) << "85 bytes are free, but not together";
  }
}

TEST(VariableAllocator, NextFitGoesOnWhereItWas) {
  VariableAllocator memory = with_holes(FitPolicy::Next);
  EXPECT_EQ(memory.allocate(12), 0u) << "the last request was at the end of memory, so it starts over";
  EXPECT_EQ(memory.allocate(12), 12u) << "the rest of that block";
  EXPECT_EQ(memory.allocate(12), 60u);
  EXPECT_EQ(memory.allocate(6), 72u);
  EXPECT_EQ(memory.allocate(10), 85u);
  EXPECT_EQ(memory.allocate(10), 95u);
  EXPECT_EQ(memory.allocate(10), 40u) << "around";
}

TEST(VariableAllocator, CountsWhatAListSearchExamines) {
  VariableAllocator first = with_holes(FitPolicy::First);
  const std::uint64_t before = first.examined();
  first.allocate(30);
  EXPECT_EQ(first.examined() - before, 1u);
  first.allocate(22);  // 10, 20, 25
  EXPECT_EQ(first.examined() - before, 4u);
  EXPECT_EQ(first.exact_fits(), 2u) << "the last block of memory, and 30";
  VariableAllocator best = with_holes(FitPolicy::Best);
  const std::uint64_t at = best.examined();
  best.allocate(22);
  EXPECT_EQ(best.examined() - at, 4u);
}

TEST(VariableAllocator, ReleasedNeighboursMergeOnBothSides) {
  VariableAllocator memory(100, FitPolicy::First);
  const auto a = memory.allocate(20).value();
  const auto b = memory.allocate(20).value();
  const auto c = memory.allocate(20).value();
  EXPECT_EQ(memory.free_blocks(), 1u);
  memory.release(a);
  EXPECT_EQ(memory.free_blocks(), 2u);
  memory.release(c);
  EXPECT_EQ(memory.free_blocks(), 2u) << "merged with the rest of memory";
  EXPECT_EQ(memory.largest_free(), 60u);
  EXPECT_DOUBLE_EQ(memory.external_fragmentation(), 1 - 60.0 / 80);
  memory.release(b);
  EXPECT_EQ(memory.free_blocks(), 1u) << "merged with both";
  EXPECT_EQ(memory.largest_free(), 100u);
  EXPECT_EQ(memory.external_fragmentation(), 0);
  EXPECT_THROW(memory.release(b), LawViolation);
}

/// The same in the simplest way: a byte map.
class PlainMemory {
 public:
  PlainMemory(std::size_t bytes, FitPolicy policy) : used_(bytes), policy_(policy) {}

  std::optional<std::uint64_t> allocate(std::uint64_t bytes) {
    std::optional<std::pair<std::uint64_t, std::uint64_t>> chosen;  // address, size
    for (const auto& [address, size] : free()) {
      if (size < bytes) continue;
      const bool better = !chosen || (policy_ == FitPolicy::Best && size < chosen->second) ||
                          (policy_ == FitPolicy::Worst && size > chosen->second) ||
                          (policy_ == FitPolicy::Next && chosen->first < rover_ && address >= rover_);
      if (better) chosen = {address, size};
    }
    if (!chosen) return std::nullopt;
    for (std::uint64_t i = 0; i < bytes; ++i) used_[chosen->first + i] = true;
    sizes_[chosen->first] = bytes;
    rover_ = chosen->first + bytes;
    return chosen->first;
  }
  void release(std::uint64_t address) {
    for (std::uint64_t i = 0; i < sizes_[address]; ++i) used_[address + i] = false;
  }
  std::map<std::uint64_t, std::uint64_t> free() const {
    std::map<std::uint64_t, std::uint64_t> blocks;
    for (std::size_t at = 0; at < used_.size();) {
      const std::size_t begin = at;
      while (at < used_.size() && used_[at] == used_[begin]) ++at;
      if (!used_[begin]) blocks[begin] = at - begin;
    }
    return blocks;
  }

 private:
  std::vector<bool> used_;
  std::map<std::uint64_t, std::uint64_t> sizes_;
  FitPolicy policy_;
  std::uint64_t rover_ = 0;
};

TEST(VariableAllocator, EqualsAByteMapOnRandomRequests) {
  for (const std::uint64_t seed : test::printed_seeds(12)) {
    test::Dice dice(seed);
    const FitPolicy policy =
        dice.pick<FitPolicy>({FitPolicy::First, FitPolicy::Next, FitPolicy::Best, FitPolicy::Worst});
    const std::uint64_t bytes = dice.between(50, 300);
    VariableAllocator memory(bytes, policy);
    PlainMemory plain(bytes, policy);
    std::vector<std::uint64_t> live;
    for (unsigned step = 0; step < 1500; ++step) {
      if (!live.empty() && dice.chance(48)) {
        const std::size_t index = dice.between(0, live.size() - 1);
        memory.release(live[index]);
        plain.release(live[index]);
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(index));
      } else {
        const std::uint64_t wanted = dice.between(1, 25);
        const auto place = memory.allocate(wanted);
        ASSERT_EQ(place, plain.allocate(wanted)) << "seed " << seed << ", step " << step;
        if (place) live.push_back(*place);
      }
      const auto blocks = plain.free();
      std::uint64_t sum = 0;
      std::uint64_t largest = 0;
      for (const auto& [address, size] : blocks) {
        sum += size;
        largest = std::max(largest, size);
      }
      ASSERT_EQ(memory.free_blocks(), blocks.size()) << "seed " << seed;
      ASSERT_EQ(memory.free_bytes(), sum) << "seed " << seed;
      ASSERT_EQ(memory.largest_free(), largest) << "seed " << seed;
      ASSERT_EQ(memory.allocated_blocks(), live.size()) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace tablewalk::variable_allocator_test

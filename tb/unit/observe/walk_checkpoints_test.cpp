#include "observe/walk_checkpoints.h"

#include <gtest/gtest.h>

#include <functional>

namespace tablewalk::walk_checkpoints_test {
namespace {

WalkRecord walk_number(std::uint64_t number) {
  WalkRecord walk;
  walk.va = VirtualAddress(number << 12);
  walk.requested = Cycles(10 * number);
  walk.taken = Cycles(10 * number + 1);
  walk.answered = Cycles(10 * number + 9);
  walk.entry_reads = 1;
  walk.reads[0].served_by = ServedBy::Dram;
  return walk;
}

/// After that many walks, of which number `changed` is changed.
nlohmann::ordered_json checkpoints(
    std::uint64_t walks, std::uint64_t changed = 0,
    const std::function<void(WalkRecord&)>& change = [](WalkRecord& walk) { walk.answered += Cycles(1); }) {
  WalkCheckpoints all;
  for (std::uint64_t number = 1; number <= walks; ++number) {
    WalkRecord walk = walk_number(number);
    if (number == changed) change(walk);
    all.add(walk);
  }
  return all.json();
}

TEST(WalkCheckpoints, AreBoundedAndAtEqualDistances) {
  for (const std::uint64_t walks : {0U, 1U, 511U, 512U, 513U, 1024U, 100'000U}) {
    const auto json = checkpoints(walks);
    const auto every = json["every"].get<std::uint64_t>();
    EXPECT_EQ(json["rows"].size(), walks / every);
    EXPECT_LT(json["rows"].size(), WalkCheckpoints::most);
    EXPECT_TRUE(walks < WalkCheckpoints::most || json["rows"].size() >= WalkCheckpoints::most / 2);
    for (std::size_t i = 0; i < json["rows"].size(); ++i) EXPECT_EQ(json["rows"][i][1], 10 * every * (i + 1) + 9);
  }
  EXPECT_EQ(checkpoints(100'000)["every"], 256);
}

TEST(WalkCheckpoints, DifferFromTheFirstDifferenceOn) {
  for (const std::uint64_t changed : {1U, 255U, 256U, 257U, 5000U, 99'999U}) {
    const auto plain = checkpoints(100'000);
    const auto other = checkpoints(100'000, changed);
    for (std::size_t i = 0; i < plain["rows"].size(); ++i) {
      EXPECT_EQ(plain["rows"][i][0] == other["rows"][i][0], 256 * (i + 1) < changed) << changed << " " << i;
    }
    EXPECT_NE(plain["last"][0], other["last"][0]);
  }
}

TEST(WalkCheckpoints, CoverWhatAPageCompares) {
  const auto plain = checkpoints(3)["last"][0];
  const auto differs = [&](const std::function<void(WalkRecord&)>& change) {
    return checkpoints(3, 2, change)["last"][0] != plain;
  };
  EXPECT_FALSE(differs([](WalkRecord&) {}));
  EXPECT_TRUE(differs([](WalkRecord& walk) { walk.va = VirtualAddress(5); }));
  EXPECT_TRUE(differs([](WalkRecord& walk) { walk.asid = 1; }));
  EXPECT_TRUE(differs([](WalkRecord& walk) { walk.walk_cache_hit = 1; }));
  EXPECT_TRUE(differs([](WalkRecord& walk) { walk.entry_reads = 2; }));
  EXPECT_TRUE(differs([](WalkRecord& walk) { walk.reads[0].served_by = ServedBy::Llc; }));
  EXPECT_TRUE(differs([](WalkRecord& walk) { walk.requested += Cycles(1); }));
  EXPECT_TRUE(differs([](WalkRecord& walk) { walk.taken += Cycles(1); }));
}

TEST(WalkCheckpoints, ALongerRunHasTheHashesOfAShorterOne) {
  const auto few = checkpoints(1000);  // one after every second walk
  const auto many = checkpoints(100'000);
  ASSERT_EQ(few["every"], 2);
  for (std::uint64_t number = 256; number <= 1000; number += 256) {
    EXPECT_EQ(few["rows"][number / 2 - 1], many["rows"][number / 256 - 1]);
  }
}

}  // namespace
}  // namespace tablewalk::walk_checkpoints_test

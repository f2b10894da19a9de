#include "os/page_replacement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <set>

#include "base/error.h"
#include "config/loader.h"
#include "support/dice.h"
#include "support/paged_process.h"

namespace tablewalk::page_replacement_test {
namespace {

using test::Dice;
using test::PagedProcess;
using test::pages;

// The textbook policies again, as short as they can be written, in containers of pages.

std::uint64_t fifo_faults(const std::vector<PageKey>& uses, std::size_t frames) {
  std::deque<PageKey> queue;
  std::uint64_t faults = 0;
  for (const PageKey page : uses) {
    if (std::find(queue.begin(), queue.end(), page) != queue.end()) continue;
    ++faults;
    if (queue.size() == frames) queue.pop_front();
    queue.push_back(page);
  }
  return faults;
}

std::uint64_t lru_faults(const std::vector<PageKey>& uses, std::size_t frames) {
  std::list<PageKey> stack;
  std::uint64_t faults = 0;
  for (const PageKey page : uses) {
    const auto place = std::find(stack.begin(), stack.end(), page);
    if (place == stack.end()) {
      ++faults;
      if (stack.size() == frames) stack.pop_back();
    } else {
      stack.erase(place);
    }
    stack.push_front(page);
  }
  return faults;
}

std::uint64_t second_chance_faults(const std::vector<PageKey>& uses, std::size_t frames) {
  std::deque<std::pair<PageKey, bool>> queue;
  std::uint64_t faults = 0;
  for (const PageKey page : uses) {
    const auto place = std::find_if(queue.begin(), queue.end(), [&](const auto& entry) { return entry.first == page; });
    if (place != queue.end()) {
      place->second = true;
      continue;
    }
    ++faults;
    while (queue.size() == frames) {
      const auto [oldest, accessed] = queue.front();
      queue.pop_front();
      if (accessed) queue.emplace_back(oldest, false);
    }
    queue.emplace_back(page, true);
  }
  return faults;
}

std::uint64_t optimal_faults(const std::vector<PageKey>& uses, std::size_t frames) {
  std::vector<std::size_t> next(uses.size(), uses.size());
  std::unordered_map<PageKey, std::size_t, PageKeyHash> later;
  for (std::size_t i = uses.size(); i-- > 0; later[uses[i]] = i) {
    if (const auto place = later.find(uses[i]); place != later.end()) next[i] = place->second;
  }
  std::uint64_t faults = 0;
  std::map<std::size_t, std::set<std::pair<AddressSpaceId, std::uint64_t>>> by_next_use;
  std::unordered_map<PageKey, std::size_t, PageKeyHash> memory;
  const auto forget = [&](PageKey page) {
    const std::size_t use = memory.at(page);
    by_next_use[use].erase({page.asid, page.number});
    if (by_next_use[use].empty()) by_next_use.erase(use);
    memory.erase(page);
  };
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (memory.count(uses[i]) != 0) {
      forget(uses[i]);
    } else {
      ++faults;
      if (memory.size() == frames) {
        const auto [asid, number] = *by_next_use.rbegin()->second.begin();
        forget({asid, number});
      }
    }
    memory[uses[i]] = next[i];
    by_next_use[next[i]].insert({uses[i].asid, uses[i].number});
  }
  return faults;
}

std::uint64_t faults_of(PageReplacementKind kind, const std::vector<PageKey>& uses, std::uint32_t frames) {
  PageReplacementConfig config;
  config.policy = kind;
  PagedProcess process = test::paged_process(config, frames, uses);
  process.touch_all(uses);
  EXPECT_EQ(process.policy().deviations(), 0u);
  return process.faults();
}

std::vector<PageReplacementKind> all_kinds() {
  std::vector<PageReplacementKind> kinds;
  for (const auto& [name, kind] : EnumNames<PageReplacementKind>::names) kinds.push_back(kind);
  return kinds;
}

std::string name_of(PageReplacementKind kind) {
  for (const auto& [name, named] : EnumNames<PageReplacementKind>::names) {
    if (named == kind) return name;
  }
  return "";
}

/// Compares the four textbook policies with their references, and the optimal one with all others.
void compare_policies(const std::vector<PageKey>& uses, std::uint32_t frames) {
  SCOPED_TRACE(std::to_string(frames) + " frames");
  EXPECT_EQ(faults_of(PageReplacementKind::Fifo, uses, frames), fifo_faults(uses, frames));
  EXPECT_EQ(faults_of(PageReplacementKind::Lru, uses, frames), lru_faults(uses, frames));
  const std::uint64_t second_chance = second_chance_faults(uses, frames);
  EXPECT_EQ(faults_of(PageReplacementKind::SecondChance, uses, frames), second_chance);
  EXPECT_EQ(faults_of(PageReplacementKind::Clock, uses, frames), second_chance);
  const std::uint64_t optimal = faults_of(PageReplacementKind::Optimal, uses, frames);
  EXPECT_EQ(optimal, optimal_faults(uses, frames));
  for (const PageReplacementKind kind : all_kinds()) {
    EXPECT_LE(optimal, faults_of(kind, uses, frames)) << name_of(kind);
  }
}

/// Most pages are near the last one; some are far away, and a few are always in use.
std::vector<PageKey> random_uses(Dice& dice) {
  const std::uint64_t pages_used = dice.between(1, 40);
  std::vector<PageKey> uses;
  std::uint64_t number = 0;
  for (std::uint64_t left = dice.between(1, 600); left > 0; --left) {
    number = dice.chance(50) ? number + dice.between(0, 2) : dice.between(0, pages_used - 1);
    if (dice.chance(20)) number = dice.between(0, 2);
    number %= pages_used;
    uses.push_back({static_cast<AddressSpaceId>(number % 3), number / 2});
  }
  return uses;
}

TEST(PageReplacement, TextbookPoliciesFaultLikeTheirReferencesOnRandomPages) {
  for (const std::uint64_t seed : test::printed_seeds(150)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const std::vector<PageKey> uses = random_uses(dice);
    compare_policies(uses, dice.number(1, 30));
    if (HasFailure()) return;
  }
}

/// The uses of the trace's first records; accesses in a row to a page are one.
std::vector<PageKey> uses_of_trace(const std::string& path, std::uint64_t records) {
  const auto trace = open_trace(path);
  std::vector<PageKey> uses;
  std::vector<Record> batch(records);
  for (std::size_t count = 1, left = records; left > 0 && count > 0; left -= count) {
    count = trace->read(batch.data(), left);
    for (std::size_t i = 0; i < count; ++i) {
      const Record& record = batch[i];
      if (is_event(record.kind)) continue;
      for (std::uint64_t byte = 0; byte < record.size; ++byte) {
        const PageKey page{record.asid, (record.address.value() + byte) / 4096};
        if (uses.empty() || uses.back() != page) uses.push_back(page);
      }
    }
  }
  return uses;
}

class ShippedTrace : public testing::TestWithParam<const char*> {
 protected:
  std::string path() const { return std::string(TABLEWALK_SOURCE_DIR "/traces/") + GetParam() + ".twt"; }
};
INSTANTIATE_TEST_SUITE_P(, ShippedTrace,
                         testing::Values("bzip2", "cc1", "git", "grep", "gzip", "perl", "python3", "sieve32", "sort",
                                         "sqlite3", "tree32"),
                         [](const auto& test) { return test.param; });

constexpr std::uint64_t trace_records = 200'000;

TEST_P(ShippedTrace, TextbookPoliciesFaultLikeTheirReferences) {
  const std::vector<PageKey> uses = uses_of_trace(path(), trace_records);
  std::unordered_map<PageKey, int, PageKeyHash> distinct;
  for (const PageKey page : uses) ++distinct[page];
  for (std::uint64_t tenth = 1; tenth <= 10; ++tenth) {
    compare_policies(uses, static_cast<std::uint32_t>(std::max<std::uint64_t>(1, distinct.size() * tenth / 11)));
  }
}

TEST_P(ShippedTrace, TheFutureFromTheFileIsThatOfItsPages) {
  const std::vector<PageKey> uses = uses_of_trace(path(), trace_records);
  FutureUses future;
  future.add(*open_trace(path()), 4096, trace_records);
  ASSERT_EQ(future.size(), uses.size());
  for (std::uint32_t i = 0; i < uses.size(); ++i) {
    const FutureUses::Page page = future.find(uses[i]).value();
    ASSERT_EQ(future.next_use(page), i);
    future.accessed(page);
  }
  EXPECT_EQ(future.deviations(), 0u);
}

TEST(PageReplacement, AllShippedTracesAreAmongThoseTested) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TABLEWALK_SOURCE_DIR "/traces")) {
    if (entry.path().extension() == ".twt") ++files;
  }
  EXPECT_EQ(files, 11u);
}

TEST(PageReplacement, FifoFaultsMoreWithMoreFramesAsBeladyFound) {
  const std::vector<PageKey> uses = pages({1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5});
  EXPECT_EQ(faults_of(PageReplacementKind::Fifo, uses, 3), 9u);
  EXPECT_EQ(faults_of(PageReplacementKind::Fifo, uses, 4), 10u);
  EXPECT_EQ(faults_of(PageReplacementKind::Lru, uses, 3), 10u);
  EXPECT_EQ(faults_of(PageReplacementKind::Lru, uses, 4), 8u);
  EXPECT_EQ(faults_of(PageReplacementKind::Optimal, uses, 3), 7u);
  EXPECT_EQ(faults_of(PageReplacementKind::Optimal, uses, 4), 6u);
}

TEST(PageReplacement, StackAlgorithmsKeepAllPagesOfASmallerMemory) {
  for (const std::uint64_t seed : test::printed_seeds(60)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const std::vector<PageKey> uses = random_uses(dice);
    const std::uint32_t frames = dice.number(1, 20);
    PageReplacementConfig config;
    config.policy = PageReplacementKind::Lru;
    PagedProcess smaller = test::paged_process(config, frames, uses);
    PagedProcess larger = test::paged_process(config, frames + 1, uses);
    for (const PageKey page : uses) {
      smaller.touch(page);
      larger.touch(page);
      for (const PageKey any : uses) ASSERT_TRUE(larger.holds(any) || !smaller.holds(any));
    }
    EXPECT_LE(faults_of(PageReplacementKind::Optimal, uses, frames + 1),
              faults_of(PageReplacementKind::Optimal, uses, frames));
  }
}

class EveryPolicy : public testing::TestWithParam<PageReplacementKind> {
 protected:
  PageReplacementConfig config() const {
    PageReplacementConfig config;
    config.policy = GetParam();
    config.aging_evictions = 3;
    return config;
  }
};
INSTANTIATE_TEST_SUITE_P(, EveryPolicy, testing::ValuesIn(all_kinds()),
                         [](const auto& test) { return name_of(test.param); });

/// PagedProcess throws if a victim is not in memory or pinned.
TEST_P(EveryPolicy, EvictsAPageOfMemoryThatIsNotPinnedIfThereIsOne) {
  for (const std::uint64_t seed : test::printed_seeds(60)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const std::vector<PageKey> known = random_uses(dice);
    const std::uint32_t frames = dice.number(1, 12);
    PagedProcess process = test::paged_process(config(), frames, known);
    std::vector<PageKey> pinned;
    for (int i = 0; i < 1500; ++i) {
      const PageKey page = dice.pick(known);
      const std::size_t before = process.size();
      if (dice.chance(70)) {
        const bool room = process.holds(page) || pinned.size() < frames;
        process.touch(page);
        ASSERT_EQ(process.holds(page), room) << "a frame was to be had if any page was not pinned";
      } else if (dice.chance(20)) {
        process.scan();
      } else if (dice.chance(20)) {
        ASSERT_EQ(process.evict().has_value(), before > pinned.size());
      } else if (!process.holds(page)) {
        continue;
      } else if (const auto place = std::find(pinned.begin(), pinned.end(), page); place != pinned.end()) {
        process.pin(page, false);
        pinned.erase(place);
      } else if (dice.chance(40)) {
        process.unmap(page);
      } else {
        process.pin(page);
        pinned.push_back(page);
      }
      for (const PageKey held : pinned) ASSERT_TRUE(process.holds(held));
    }
  }
}

TEST_P(EveryPolicy, EvictsEveryPageOnce) {
  const std::vector<PageKey> uses = pages({0, 1, 2, 3, 4, 5, 6, 7, 2, 3, 2});
  PagedProcess process = test::paged_process(config(), 8, uses);
  process.touch_all(uses);
  std::set<std::uint64_t> evicted;
  for (int i = 0; i < 8; ++i) evicted.insert(process.evict().value().number);
  EXPECT_EQ(evicted.size(), 8u);
  EXPECT_FALSE(process.evict().has_value());
}

std::string complaint(const std::function<void()>& call) {
  try {
    call();
  } catch (const LawViolation& error) {
    return error.what();
  }
  return "";
}

TEST_P(EveryPolicy, RejectsCallsThatContradictEachOther) {
  const auto policy = make_page_replacement(config(), 2, std::make_unique<FutureUses>());
  EXPECT_EQ(complaint([&] { policy->removed(1); }), "a slot is named that has no page");
  EXPECT_EQ(complaint([&] { policy->removed(2); }), "a slot is named that memory does not have");
  EXPECT_EQ(complaint([&] { policy->loaded(2, {}); }), "a slot is named that memory does not have");
  policy->loaded(1, {0, 5});
  EXPECT_EQ(complaint([&] { policy->loaded(1, {0, 6}); }), "a page is loaded into a slot that is not free");
  policy->removed(1);
  EXPECT_EQ(complaint([&] { policy->removed(1); }), "a slot is named that has no page");
  policy->loaded(1, {0, 6});
  if (policy->observes_accesses()) {
    EXPECT_EQ(complaint([&] { policy->accessed(0); }), "a slot is named that has no page");
    EXPECT_EQ(complaint([&] { policy->accessed(2); }), "a slot is named that memory does not have");
  }
}

TEST(PageReplacement, OptimalNeedsAFuture) {
  PageReplacementConfig config;
  config.policy = PageReplacementKind::Optimal;
  EXPECT_TRUE(needs_future(config));
  EXPECT_THROW(make_page_replacement(config, 2), LawViolation);
}

TEST(PageReplacementConfig, HasAKeyForEachOfItsValues) {
  const PageReplacementConfig usual;
  EXPECT_EQ(usual.policy, PageReplacementKind::Clock);
  EXPECT_EQ((std::vector<std::uint64_t>{usual.seed, usual.aging_bits, usual.aging_evictions, usual.active_ratio,
                                        usual.generations}),
            (std::vector<std::uint64_t>{1, 8, 64, 1, 4}));
  const auto config = load_config<PageReplacementConfig>(
      {"", {"policy=two_lists", "seed=2", "aging_bits=3", "aging_evictions=4", "active_ratio=5", "generations=6"}});
  EXPECT_EQ(config.policy, PageReplacementKind::TwoLists);
  EXPECT_EQ((std::vector<std::uint64_t>{config.seed, config.aging_bits, config.aging_evictions, config.active_ratio,
                                        config.generations}),
            (std::vector<std::uint64_t>{2, 3, 4, 5, 6}));
}

TEST(ResidentPages, AreNotPinnedUnlessThePagerSaysSo) {
  class Plain final : public ResidentPages {
    bool test_and_clear_accessed(FrameSlot /*slot*/) override { return false; }
  };
  Plain pages;
  const auto policy = make_page_replacement({PageReplacementKind::Fifo}, 1);
  policy->loaded(0, {});
  EXPECT_EQ(policy->victim(pages), FrameSlot{0});
}

TEST(PageReplacementConfig, RejectsWhatNoPolicyCanDo) {
  const auto message = [](const std::string& setting) -> std::string {
    try {
      load_config<PageReplacementConfig>({"", {setting}});
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message("aging_bits=0"), testing::HasSubstr("aging_bits: 0 bits; expected from 1 to 16"));
  EXPECT_NE(message("aging_bits=17"), "");
  EXPECT_THAT(message("active_ratio=0"), testing::HasSubstr("active_ratio: 0; expected from 1 to 1000"));
  EXPECT_THAT(message("generations=2"), testing::HasSubstr("expected from 3 to 64"));
  EXPECT_NE(message("generations=65"), "");
  EXPECT_NE(message("aging_evictions=1000001"), "");
  EXPECT_NE(message("active_ratio=1001"), "");
  for (const char* fine : {"aging_bits=1", "aging_bits=16", "aging_evictions=0", "aging_evictions=1000000",
                           "active_ratio=1", "active_ratio=1000", "generations=3", "generations=64"}) {
    EXPECT_EQ(message(fine), "");
  }
}

}  // namespace
}  // namespace tablewalk::page_replacement_test

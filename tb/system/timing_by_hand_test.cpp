// Checks the machine against docs/timing.md: every number here is in its tables, where it is derived from the rules.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "config/loader.h"
#include "support/listed_trace.h"
#include "system/machine.h"

namespace tablewalk::timing_by_hand_test {
namespace {

Record fetch(std::uint64_t address) {
  return {VirtualAddress(address), 4, RecordKind::Fetch};
}
Record load(std::uint64_t address) {
  return {VirtualAddress(address), 4, RecordKind::Load};
}
Record store(std::uint64_t address) {
  return {VirtualAddress(address), 4, RecordKind::Store};
}

/// One translation as seen by the core.
struct Seen {
  std::uint64_t issued;
  std::uint64_t translated;
  bool at_once;
  friend bool operator==(const Seen& a, const Seen& b) {
    return a.issued == b.issued && a.translated == b.translated && a.at_once == b.at_once;
  }
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << seen.issued << " -> " << seen.translated << (seen.at_once ? " at once" : "");
  }
};

/// The teaching machine with a trace, run to its end.
class TeachingMachine : public WalkObserver, public TranslationObserver {
 public:
  explicit TeachingMachine(std::vector<Record> records, std::vector<std::string> overrides = {},
                           std::vector<WalkCacheConfig> walk_caches = {})
      : trace_(std::move(records)), source_(trace_, 0) {
    auto config = load_config<MachineConfig>({"teaching", std::move(overrides)});
    config.walker.walk_caches = std::move(walk_caches);
    Machine machine(config);
    machine.walker().observe(*this);
    RequestPort::Job job;
    job.source = &source_;
    job.observer = this;
    machine.port().run(std::move(job));
    machine.run();
    EXPECT_TRUE(machine.port().finished());
    machine.report(figures_);
    cycles = machine.port().cycles();
  }

  std::uint64_t figure(const char* name) const { return figures_.at(name).count; }

  std::vector<WalkRecord> walks;
  /// In order of issue.
  std::vector<Seen> translations() const {
    std::vector<Seen> seen = seen_;
    std::stable_sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return a.issued < b.issued; });
    return seen;
  }
  std::vector<LatencyBreakdown> breakdowns;  ///< of those not answered at once
  CoreCycles cycles;

  void walk_finished(const WalkRecord& walk) override { walks.push_back(walk); }
  void translation_requested(const TranslationRequest&, Cycles) override {}
  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered, bool at_once) override {
    seen_.push_back({asked.count(), answered.count(), at_once});
    if (!at_once) breakdowns.push_back(request.cycles);
  }

 private:
  test::ListedTrace trace_;
  RecordSource source_;
  StatSet figures_;
  std::vector<Seen> seen_;
};

struct Read {
  unsigned level;
  std::uint64_t address;
  std::uint64_t presented;
  std::uint64_t answered;
  ServedBy place;
};

void expect_walk(const WalkRecord& walk, std::uint64_t requested, std::uint64_t taken, std::uint64_t answered,
                 const std::vector<Read>& reads) {
  EXPECT_EQ(walk.requested.count(), requested);
  EXPECT_EQ(walk.taken.count(), taken);
  EXPECT_EQ(walk.answered.count(), answered);
  EXPECT_EQ(walk.entry_updates, 0u);
  ASSERT_EQ(walk.entry_reads, reads.size());
  for (std::size_t i = 0; i < reads.size(); ++i) {
    EXPECT_EQ(walk.reads[i].level, reads[i].level) << "read " << i;
    EXPECT_EQ(walk.reads[i].address.value(), reads[i].address) << "read " << i;
    EXPECT_EQ(walk.reads[i].presented.count(), reads[i].presented) << "read " << i;
    EXPECT_EQ(walk.reads[i].answered.count(), reads[i].answered) << "read " << i;
    EXPECT_EQ(walk.reads[i].served_by, reads[i].place) << "read " << i;
  }
}

// The sequence of docs/timing.md, one access after the other.

const std::vector<Record>& sequence() {
  static const std::vector<Record> records{
      load(0x08443010),  load(0x08443018),  load(0x08443050), load(0x08444000),
      store(0x08444048), fetch(0x08460004), load(0x08444FFE), load(0x08460008),
  };
  return records;
}

TEST(TimingByHand, CoreSeesEachTranslationInItsCycle) {
  const TeachingMachine machine(sequence());
  const std::vector<Seen> expected{
      {0, 113, false},    // A: cold
      {148, 149, true},   // B: same page, same line
      {151, 152, true},   // C: same page, next line
      {176, 207, false},  // D: tables in L2
      {242, 243, true},   // E: a store
      {267, 316, false},  // F: a fetch
      {351, 352, true},   // G1: a straddle's first part
      {376, 407, false},  // G2: and its second
      {452, 456, false},  // H: found in the second-level TLB
  };
  EXPECT_EQ(machine.translations(), expected);
  EXPECT_EQ(machine.cycles.total(), 463u);
}

TEST(TimingByHand, ColdWalkReadsFourEntriesFromMemory) {
  const TeachingMachine machine(sequence());
  ASSERT_EQ(machine.walks.size(), 4u);
  expect_walk(machine.walks[0], 3, 3, 111,
              {{3, 0x1004, 5, 38, ServedBy::Dram},
               {2, 0x1084, 39, 62, ServedBy::Dram},
               {1, 0x1108, 63, 86, ServedBy::Dram},
               {0, 0x118C, 87, 110, ServedBy::Dram}});
}

TEST(TimingByHand, WalkOfANeighbouringPageFindsItsTablesInTheCache) {
  const TeachingMachine machine(sequence());
  ASSERT_EQ(machine.walks.size(), 4u);
  expect_walk(machine.walks[1], 179, 179, 205,
              {{3, 0x1004, 181, 186, ServedBy::L2},
               {2, 0x1084, 187, 192, ServedBy::L2},
               {1, 0x1108, 193, 198, ServedBy::L2},
               {0, 0x1190, 199, 204, ServedBy::L2}});
}

TEST(TimingByHand, WalkOfAFetchReadsANewLastLevelTable) {
  const TeachingMachine machine(sequence());
  ASSERT_EQ(machine.walks.size(), 4u);
  EXPECT_EQ(machine.walks[2].access.kind, AccessKind::Fetch);
  expect_walk(machine.walks[2], 270, 270, 314,
              {{3, 0x1004, 272, 277, ServedBy::L2},
               {2, 0x1084, 278, 283, ServedBy::L2},
               {1, 0x110C, 284, 289, ServedBy::L2},
               {0, 0x1200, 290, 313, ServedBy::Dram}});
}

TEST(TimingByHand, StraddleWalksForItsSecondPart) {
  const TeachingMachine machine(sequence());
  ASSERT_EQ(machine.walks.size(), 4u);
  EXPECT_EQ(machine.walks[3].va, VirtualAddress(0x08445000));
  expect_walk(machine.walks[3], 379, 379, 405,
              {{3, 0x1004, 381, 386, ServedBy::L2},
               {2, 0x1084, 387, 392, ServedBy::L2},
               {1, 0x1108, 393, 398, ServedBy::L2},
               {0, 0x1194, 399, 404, ServedBy::L2}});
  EXPECT_EQ(machine.figure("core.page_straddles"), 1u);
}

TEST(TimingByHand, EveryCycleOfTheColdTranslationIsAccountedFor) {
  const TeachingMachine machine({load(0x08443010)});
  ASSERT_EQ(machine.breakdowns.size(), 1u);
  const LatencyBreakdown& parts = machine.breakdowns[0];
  const auto dram = static_cast<unsigned>(ServedBy::Dram);
  EXPECT_EQ(parts.queue, 0u);
  EXPECT_EQ(parts.tlb_lookup, 3u);
  EXPECT_EQ(parts.walk_cache_lookup, 2u);
  EXPECT_EQ(parts.memory[3][dram], 34u);
  EXPECT_EQ(parts.memory[2][dram], 24u);
  EXPECT_EQ(parts.memory[1][dram], 24u);
  EXPECT_EQ(parts.memory[0][dram], 24u);
  EXPECT_EQ(parts.fill, 2u);
  EXPECT_EQ(parts.total(), 113u);
}

TEST(TimingByHand, EveryCycleOfTheRunIsAccountedFor) {
  const TeachingMachine machine(sequence());
  EXPECT_EQ(machine.cycles.translation_stall, 223u);
  EXPECT_EQ(machine.cycles.memory_stall, 213u);
  EXPECT_EQ(machine.cycles.issue, 27u);
}

TEST(TimingByHand, RunAheadChangesNoCycle) {
  const TeachingMachine machine(sequence(), {"core.run_ahead=false"});
  EXPECT_EQ(machine.translations().back(), (Seen{452, 456, false}));
  EXPECT_EQ(machine.cycles.total(), 463u);
}

TEST(TimingByHand, WalkCacheOfTheLowestPointersLeavesOneRead) {
  WalkCacheConfig lowest;
  lowest.level = 1;
  const TeachingMachine machine(sequence(), {}, {lowest});
  ASSERT_EQ(machine.walks.size(), 4u);
  EXPECT_EQ(machine.walks[0].answered.count(), 111u) << "a lookup that misses costs what it costs without one";
  EXPECT_EQ(machine.walks[1].walk_cache_hit, 1u);
  expect_walk(machine.walks[1], 179, 179, 187, {{0, 0x1190, 181, 186, ServedBy::L2}});
}

// Both sides of each edge. The core starts one access in each cycle and does not wait. 200 loads of a page and a line
// that have arrived after the first 148 cycles fill the time until cycle 200, in which page X is loaded; more of them
// fill the cycles from there to the probe.

constexpr std::uint64_t page_w = 0x08443000;
constexpr std::uint64_t page_x = 0x08444000;
constexpr std::uint64_t page_y = 0x08445000;
constexpr unsigned start = 200;
/// Fillers that waited for the line of page W: those translated in 113, and those issued in 113 to 145.
constexpr std::uint64_t merged_fillers = 112 + 33;

TeachingMachine probed(unsigned after, const Record& probe) {
  std::vector<Record> records(start, load(page_w));
  records.push_back(load(page_x));
  records.insert(records.end(), after - 1, load(page_w));
  records.push_back(probe);
  return TeachingMachine(std::move(records), {"core.blocking=false", "core.accesses_in_flight=4096",
                                              "core.window=100000", "core.fetch_queue=0", "core.loads_in_flight=0"});
}

TEST(TimingEdge, LoadInTheCycleBeforeTheFillWaitsWithTheMiss) {
  const TeachingMachine machine = probed(29, load(page_x));
  EXPECT_EQ(machine.translations()[start], (Seen{200, 231, false}));
  EXPECT_EQ(machine.translations().back(), (Seen{229, 231, false}));
  EXPECT_EQ(machine.walks.size(), 2u);
}

TEST(TimingEdge, LoadInTheCycleOfTheFillHits) {
  const TeachingMachine machine = probed(30, load(page_x));
  EXPECT_EQ(machine.translations().back(), (Seen{230, 231, true}));
}

TEST(TimingEdge, PairOfLoadsSharesOneWalk) {
  const TeachingMachine machine = probed(1, load(page_x));
  EXPECT_EQ(machine.translations().back(), (Seen{201, 231, false}));
  EXPECT_EQ(machine.walks.size(), 2u);
  // The fillers of the first page before its translation, and this one.
  EXPECT_EQ(machine.figure("dtlb.merged_misses"), 111u + 1u);
  EXPECT_EQ(machine.breakdowns.back().tlb_lookup, 1u);
  EXPECT_EQ(machine.breakdowns.back().queue, 28u);
  EXPECT_EQ(machine.breakdowns.back().fill, 1u);
}

TEST(TimingEdge, FetchAtTheSecondLevelInTheCycleBeforeTheFillJoinsTheMiss) {
  const TeachingMachine machine = probed(27, fetch(page_x));
  EXPECT_EQ(machine.translations().back(), (Seen{227, 232, false}));
  EXPECT_EQ(machine.figure("stlb.merged_misses"), 1u);
  EXPECT_EQ(machine.figure("stlb.hits"), 0u);
}

TEST(TimingEdge, FetchAtTheSecondLevelInTheCycleOfTheFillHits) {
  const TeachingMachine machine = probed(28, fetch(page_x));
  EXPECT_EQ(machine.translations().back(), (Seen{228, 232, false}));
  EXPECT_EQ(machine.figure("stlb.merged_misses"), 0u);
  EXPECT_EQ(machine.figure("stlb.hits"), 1u);
}

TEST(TimingEdge, RequestInTheCycleBeforeTheWalkerIsFreeWaitsOne) {
  const TeachingMachine machine = probed(26, load(page_y));
  ASSERT_EQ(machine.walks.size(), 3u);
  EXPECT_EQ(machine.walks[1].answered.count(), 229u);
  EXPECT_EQ(machine.walks[2].requested.count(), 229u);
  EXPECT_EQ(machine.walks[2].taken.count(), 230u);
  EXPECT_EQ(machine.walks[2].answered.count(), 257u) << "one cycle for the data of page X, which L2 looks up first";
}

TEST(TimingEdge, RequestInTheCycleInWhichTheWalkerIsFreeWaitsForNothing) {
  const TeachingMachine machine = probed(27, load(page_y));
  ASSERT_EQ(machine.walks.size(), 3u);
  EXPECT_EQ(machine.walks[2].requested.count(), 230u);
  EXPECT_EQ(machine.walks[2].taken.count(), 230u);
  EXPECT_EQ(machine.walks[2].answered.count(), 257u) << "one cycle for the data of page X, which L2 looks up first";
}

TEST(TimingEdge, RequestThatFollowsAtOnceQueuesForTheOneWalker) {
  const TeachingMachine machine = probed(1, load(page_y));
  ASSERT_EQ(machine.walks.size(), 3u);
  EXPECT_EQ(machine.walks[2].requested.count(), 204u);
  EXPECT_EQ(machine.walks[2].taken.count(), 230u);
}

TEST(TimingEdge, LoadInTheCycleBeforeTheLineJoinsItsFetch) {
  const TeachingMachine machine = probed(64, load(page_x));
  EXPECT_EQ(machine.translations().back(), (Seen{264, 265, true}));
  EXPECT_EQ(machine.figure("l1d.merged_misses"), merged_fillers + 1);
  EXPECT_EQ(machine.cycles.total(), 267u);
}

TEST(TimingEdge, LoadInTheCycleOfTheLineHits) {
  const TeachingMachine machine = probed(65, load(page_x));
  EXPECT_EQ(machine.translations().back(), (Seen{265, 266, true}));
  EXPECT_EQ(machine.figure("l1d.merged_misses"), merged_fillers);
  EXPECT_EQ(machine.cycles.total(), 268u);
}

}  // namespace
}  // namespace tablewalk::timing_by_hand_test

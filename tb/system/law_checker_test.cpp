// The checker of a running machine must see what is wrong: every law is broken here on purpose.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "observe/law_checker.h"
#include "paging/table_builder.h"

namespace tablewalk::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// A kernel that has mapped what the test says.
class FixedKernel final : public Kernel {
 public:
  explicit FixedKernel(PhysicalAddress root) : root_(root) {}
  PhysicalAddress root(AddressSpaceId) override { return root_; }
  void before_walk(AddressSpaceId, VirtualAddress, Access) override {}
  std::optional<FaultRepair> handle_fault(AddressSpaceId, VirtualAddress, Access, const Fault&) override {
    return FaultRepair{};
  }

 private:
  PhysicalAddress root_;
};

constexpr VirtualAddress mapped(0x7f0000003000);
constexpr VirtualAddress unmapped(0x7f0000009000);
constexpr PhysicalAddress frame(0x42000);
constexpr Cycles asked(100);
constexpr Cycles answered(130);

class LawCheckerOfX8664 : public testing::Test {
 protected:
  LawCheckerOfX8664()
      : mode_(make_paging_mode("x86-64")),
        frames_(1 << 24, 4096, {}),
        builder_(mode_, memory_, frames_),
        kernel_(builder_.root()),
        checker_(*mode_, memory_, kernel_) {
    builder_.map(mapped, frame, 4096);
    request_.va = mapped;
    request_.answer.translation.page = frame;
    request_.answer.translation.page_shift = 12;
    request_.accounted = answered;
    request_.cycles.queue = 10;
    request_.cycles.memory[0][0] = 20;
    walk_.va = mapped;
    walk_.answer = request_.answer;
    walk_.entry_reads = 4;
    walk_.taken = asked;
  }
  void translate(bool at_once = false) {
    checker_.translation_requested(request_, asked);
    checker_.translation_answered(request_, asked, answered, at_once);
  }
  /// The mapped page's leaf, as if another walk had been there or not.
  void set_dirty(bool dirty) {
    LeafSpec spec;
    spec.dirty = dirty;
    builder_.protect(mapped, 4096, spec);
  }
  static Answer not_present() {
    Answer answer;
    answer.faulted = true;
    answer.fault.reason = FaultReason::NotPresent;
    return answer;
  }

  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  FrameAllocator frames_;
  TableBuilder builder_;
  FixedKernel kernel_;
  LawChecker checker_;
  TranslationRequest request_;
  WalkRecord walk_;
};

TEST_F(LawCheckerOfX8664, AcceptsWhatIsRight) {
  EXPECT_NO_THROW(translate());
  EXPECT_NO_THROW(translate(true));
  EXPECT_NO_THROW(checker_.walk_finished(walk_));
  walk_.va = unmapped;
  walk_.answer = not_present();
  EXPECT_NO_THROW(checker_.walk_finished(walk_));
  EXPECT_EQ(checker_.counts().translations, 2u);
  EXPECT_EQ(checker_.counts().walks, 2u);
}

TEST_F(LawCheckerOfX8664, SeesAWrongFrame) {
  request_.answer.translation.page += 4096;
  EXPECT_THAT([&] { translate(); }, ThrowsMessage<LawViolation>(HasSubstr("reference walk gives 0x42000")));
  EXPECT_THAT([&] { translate(true); }, ThrowsMessage<LawViolation>(HasSubstr("reference walk gives 0x42000")));
  walk_.answer = request_.answer;
  EXPECT_THROW(checker_.walk_finished(walk_), LawViolation);
}

TEST_F(LawCheckerOfX8664, SeesWrongRights) {
  request_.answer.translation.rights.write = false;
  EXPECT_THROW(translate(), LawViolation);
}

TEST_F(LawCheckerOfX8664, SeesAWalkThatFindsAnotherLeaf) {
  const auto wrong = [&](auto change) {
    WalkRecord walk = walk_;
    change(walk.answer.translation);
    EXPECT_THAT([&] { checker_.walk_finished(walk); },
                ThrowsMessage<LawViolation>(HasSubstr("the reference walk finds a page of 2^12 bytes at level 0")));
  };
  set_dirty(false);
  EXPECT_NO_THROW(checker_.walk_finished(walk_));
  wrong([](Translation& found) { found.page_shift = 11; });
  wrong([](Translation& found) { found.level = 1; });
  wrong([](Translation& found) { found.global = true; });
  wrong([](Translation& found) { found.dirty = true; });
}

TEST_F(LawCheckerOfX8664, KnowsThatAnotherWalkMayHaveSetTheDirtyBit) {
  set_dirty(true);
  EXPECT_NO_THROW(checker_.walk_finished(walk_));
  walk_.access.kind = AccessKind::Store;
  EXPECT_THAT([&] { checker_.walk_finished(walk_); },
              ThrowsMessage<LawViolation>(HasSubstr("reference walk finds a dirty page")));
}

TEST_F(LawCheckerOfX8664, SeesATranslationWhereThereIsNone) {
  request_.va = unmapped;
  EXPECT_THAT([&] { translate(); }, ThrowsMessage<LawViolation>(HasSubstr("reference walk faults: not present")));
}

TEST_F(LawCheckerOfX8664, SeesAFaultWhereThereIsNone) {
  walk_.answer = not_present();
  EXPECT_THAT([&] { checker_.walk_finished(walk_); }, ThrowsMessage<LawViolation>(HasSubstr("says: translated")));
}

TEST_F(LawCheckerOfX8664, SeesAFaultForAnotherReason) {
  walk_.va = unmapped;
  walk_.answer = not_present();
  walk_.answer.fault.reason = FaultReason::Reserved;
  EXPECT_THROW(checker_.walk_finished(walk_), LawViolation);
}

TEST_F(LawCheckerOfX8664, KnowsThatAPageMayHaveBeenMappedWhileItWasWalkedFor) {
  walk_.answer = not_present();
  checker_.fault_handled(request_, asked);  // in the walk's first cycle
  EXPECT_NO_THROW(checker_.walk_finished(walk_));
  walk_.taken = asked + Cycles(1);  // a later walk should have found it
  EXPECT_THROW(checker_.walk_finished(walk_), LawViolation);
}

TEST_F(LawCheckerOfX8664, SeesAFaultThatItsHandlerLeftAsItWas) {
  request_.va = unmapped;
  EXPECT_THROW(checker_.fault_handled(request_, asked), LawViolation);
}

TEST_F(LawCheckerOfX8664, SeesACycleTooFewOrTooMany) {
  request_.cycles.queue = 9;
  EXPECT_THAT([&] { translate(); },
              ThrowsMessage<LawViolation>(HasSubstr("took 30 cycles, but its parts add up to 29")));
  request_.cycles.queue = 11;
  EXPECT_THROW(translate(), LawViolation);
  request_.cycles.queue = 10;
  request_.accounted = answered + Cycles(1);
  EXPECT_THROW(translate(), LawViolation);
}

TEST_F(LawCheckerOfX8664, SeesASecondAnswer) {
  translate();
  EXPECT_THAT([&] { checker_.translation_answered(request_, asked, answered, false); },
              ThrowsMessage<LawViolation>(HasSubstr("answered twice")));
}

TEST_F(LawCheckerOfX8664, SeesAMissingAnswer) {
  checker_.translation_requested(request_, asked);
  EXPECT_THAT([&] { checker_.check_figures({}); }, ThrowsMessage<LawViolation>(HasSubstr("1 translations were asked")));
}

TEST_F(LawCheckerOfX8664, SeesAWalkThatReadsTooMuch) {
  walk_.entry_reads = 5;
  EXPECT_THAT([&] { checker_.walk_finished(walk_); }, ThrowsMessage<LawViolation>(HasSubstr("read 5 entries")));
  walk_.entry_updates = 1;  // looked at once more after an update
  EXPECT_NO_THROW(checker_.walk_finished(walk_));
}

TEST_F(LawCheckerOfX8664, SeesFiguresThatDoNotAddUp) {
  const auto sum = [](const char* whole, const char* part, std::uint64_t parts) {
    StatSet figures;
    figures.count(whole, 7, "", "");
    figures.count(part, parts, "", "");
    return figures;
  };
  for (const auto& [whole, part] :
       std::vector<std::pair<const char*, const char*>>{{"translation.requests", "translation.responses"},
                                                        {"core.cycles", "core.memory_stall_cycles"},
                                                        {"translation.cycles.total", "translation.cycles.fill"},
                                                        {"dtlb.lookups", "dtlb.hits"},
                                                        {"l1d.lookups", "l1d.hits"}}) {
    EXPECT_NO_THROW(checker_.check_figures(sum(whole, part, 7))) << whole;
    EXPECT_THROW(checker_.check_figures(sum(whole, part, 6)), LawViolation) << whole;
  }
}

/// Of two cores that share nothing, or the second-level TLB: the sums, and each core's own.
std::vector<std::pair<std::string, std::uint64_t>> right_counts_of_two_cores(bool shared_stlb) {
  std::vector<std::pair<std::string, std::uint64_t>> counts{{"core.cycles", 11},
                                                            {"core.memory_stall_cycles", 11},
                                                            {"translation.requests", 5},
                                                            {"translation.responses", 5},
                                                            {"translation.cycles.total", 30},
                                                            {"translation.cycles.memory", 30},
                                                            {"dtlb.lookups", 5},
                                                            {"dtlb.misses", 5},
                                                            {"dtlb.sent_down", 5},
                                                            {"dtlb.resent", 1},
                                                            {"stlb.lookups", 6},
                                                            {"stlb.hits", 6}};
  for (const std::uint64_t core : {0U, 1U}) {
    const std::string prefix = "core" + std::to_string(core) + ".";
    counts.emplace_back(prefix + "cycles", 5 + core);
    counts.emplace_back(prefix + "memory_stall_cycles", 5 + core);
    counts.emplace_back(prefix + "translation.requests", 2 + core);
    counts.emplace_back(prefix + "translation.responses", 2 + core);
    counts.emplace_back(prefix + "translation.cycles.total", 15);
    counts.emplace_back(prefix + "translation.cycles.memory", 15);
    counts.emplace_back(prefix + "dtlb.lookups", 2 + core);
    counts.emplace_back(prefix + "dtlb.misses", 2 + core);
    counts.emplace_back(prefix + "dtlb.sent_down", 2 + core);
    counts.emplace_back(prefix + "dtlb.resent", core);
    counts.emplace_back(prefix + "walk_cache.level1.lookups", 3);
    if (shared_stlb) continue;
    counts.emplace_back(prefix + "stlb.lookups", 2 + core + core);
    counts.emplace_back(prefix + "stlb.hits", 2 + core + core);
  }
  return counts;
}

TEST_F(LawCheckerOfX8664, HoldsTheSumsOfEachCoreAndOfAll) {
  const auto check = [&](const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
    StatSet figures;
    for (const auto& [name, value] : counts) figures.count(name, value, "", "");
    checker_.check_figures(figures);
  };
  for (const bool shared_stlb : {false, true}) {
    const auto right = right_counts_of_two_cores(shared_stlb);
    EXPECT_NO_THROW(check(right));
    for (std::size_t i = 0; i < right.size(); ++i) {
      auto wrong = right;
      ++wrong[i].second;
      const std::string& name = wrong[i].first;
      if (name.find("walk_cache") != std::string::npos) {
        EXPECT_NO_THROW(check(wrong)) << name;
      } else if (name.find("resent") != std::string::npos && shared_stlb && name.find("core") == 0) {
        EXPECT_NO_THROW(check(wrong)) << name;  // the sum alone is held against the shared TLB's lookups
      } else {
        EXPECT_THROW(check(wrong), LawViolation) << name << (shared_stlb ? ", shared" : ", private");
      }
    }
  }
}

TEST_F(LawCheckerOfX8664, SeesACoreThatIsMissingInTheSums) {
  StatSet figures;
  for (const auto& [name, value] : right_counts_of_two_cores(false)) {
    if (name.find("core1.") != 0) figures.count(name, value, "", "");
  }
  EXPECT_THAT([&] { checker_.check_figures(figures); },
              ThrowsMessage<LawViolation>(HasSubstr("core.cycles is 11, but its parts (core0.cycles) add up to 5")));
}

TEST_F(LawCheckerOfX8664, SeesAMissOfATlbOrCacheThatIsCountedTwiceOrNotAtAll) {
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;
  const Counts right{{"dtlb.lookups", 20},
                     {"dtlb.hits", 10},
                     {"dtlb.misses", 10},
                     {"dtlb.sent_down", 5},
                     {"dtlb.merged_misses", 3},
                     {"dtlb.found_after_wait", 2},
                     {"dtlb.resent", 1},
                     {"itlb.lookups", 1},
                     {"itlb.misses", 1},
                     {"itlb.sent_down", 1},
                     {"stlb.lookups", 7},
                     {"stlb.hits", 7},
                     {"walker_l2.lookups", 10},
                     {"walker_l2.misses", 10},
                     {"walker_l2.sent_down", 4},
                     {"walker_l2.merged_misses", 3},
                     {"walker_l2.found_after_wait", 2},
                     {"walker_l2.written_whole", 1}};
  const auto check = [&](const Counts& counts) {
    StatSet figures;
    for (const auto& [name, value] : counts) figures.count(name, value, "", "");
    checker_.check_figures(figures);
  };
  EXPECT_NO_THROW(check(right));
  for (std::size_t i = 0; i < right.size(); ++i) {
    Counts wrong = right;
    ++wrong[i].second;
    EXPECT_THROW(check(wrong), LawViolation) << wrong[i].first;
  }
}

}  // namespace
}  // namespace tablewalk::test

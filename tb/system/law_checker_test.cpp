// The checker must detect violations: every law is violated here on purpose.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>

#include "base/error.h"
#include "observe/law_checker.h"
#include "paging/table_builder.h"
#include "stats/core_name.h"
#include "system/machine.h"

namespace tablewalk::test::law_checker_test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// A kernel with the mappings given by the test.
class FixedKernel final : public Kernel {
 public:
  explicit FixedKernel(PhysicalAddress root) : root_(root) {}
  PhysicalAddress root(AddressSpaceId) override { return root_; }
  void before_walk(AddressSpaceId, VirtualAddress, Access) override {}
  void handle_fault(const PageFault&, KernelWork&) override {}
  bool pages_on_demand() const override { return changed_at.has_value(); }
  bool changed_since(AddressSpaceId, VirtualAddress, Cycles since) const override { return *changed_at >= since; }

  std::optional<Cycles> changed_at;  ///< when it has changed any entry last; none: it does not page on demand

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
  /// Sets the mapped page's leaf dirty or clean, as another walk could.
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
  walk_.answer.walk_began = asked;
  checker_.fault_handled(request_, asked);  // in the walk's first cycle
  EXPECT_NO_THROW(checker_.walk_finished(walk_));
  walk_.answer.walk_began = asked + Cycles(1);  // a later walk should have found it
  EXPECT_THROW(checker_.walk_finished(walk_), LawViolation);
}

TEST_F(LawCheckerOfX8664, KnowsThatARequestMayHaveJoinedAWalkThatBeganBeforeThePageWasMapped) {
  request_.answer = not_present();
  request_.answer.walk_began = asked - Cycles(20);
  checker_.fault_handled(request_, asked - Cycles(20));
  EXPECT_NO_THROW(translate());
  request_.answer.walk_began = asked - Cycles(19);
  EXPECT_THAT([&] { translate(); }, ThrowsMessage<LawViolation>(HasSubstr("says: translated")));
}

/// Its request came before that, but its entries were read after.
TEST_F(LawCheckerOfX8664, SeesAFaultOfAWalkThatBeganAfterThePageWasMapped) {
  request_.answer = not_present();
  request_.answer.walk_began = asked + Cycles(10);
  checker_.fault_handled(request_, asked + Cycles(9));
  EXPECT_THROW(translate(), LawViolation);
}

TEST_F(LawCheckerOfX8664, AsksAKernelThatPagesOnDemandWhatItHasMapped) {
  kernel_.changed_at = asked;
  LawChecker checker(*mode_, memory_, kernel_);
  walk_.answer = not_present();
  walk_.answer.walk_began = asked;
  EXPECT_NO_THROW(checker.walk_finished(walk_));
  walk_.answer.walk_began = asked + Cycles(1);
  checker.fault_handled(request_, asked + Cycles(2));  // it may have found the page there already
  EXPECT_THROW(checker.walk_finished(walk_), LawViolation);
}

TEST_F(LawCheckerOfX8664, KnowsThatAHugePageMayHaveBeenSplitWhileItWasWalkedFor) {
  kernel_.changed_at = asked;
  LawChecker checker(*mode_, memory_, kernel_);
  set_dirty(false);
  Translation& found = walk_.answer.translation;
  found.page = PhysicalAddress(frame.value() - 0x3000);  // where its huge page began
  found.page_shift = 21;
  found.level = 1;
  walk_.answer.walk_began = asked;
  EXPECT_NO_THROW(checker.walk_finished(walk_));
  walk_.answer.walk_began = asked + Cycles(1);
  EXPECT_THAT([&] { checker.walk_finished(walk_); },
              ThrowsMessage<LawViolation>(HasSubstr("the reference walk finds a page of 2^12 bytes at level 0")));
  walk_.answer.walk_began = asked;
  found.page += 4096;
  EXPECT_THROW(checker.walk_finished(walk_), LawViolation);
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
  EXPECT_THAT([&] { checker_.check_figures({}); },
              ThrowsMessage<LawViolation>(HasSubstr("1 translations were requested")));
}

TEST_F(LawCheckerOfX8664, SeesAWalkThatReadsTooMuch) {
  walk_.entry_reads = 5;
  EXPECT_THAT([&] { checker_.walk_finished(walk_); }, ThrowsMessage<LawViolation>(HasSubstr("made 5 reads")));
  walk_.entry_updates = 1;  // read again after an update
  EXPECT_NO_THROW(checker_.walk_finished(walk_));
}

TEST_F(LawCheckerOfX8664, SeesFiguresThatDoNotAddUp) {
  const auto check = [&](std::uint64_t parts) {
    StatSet figures;
    figures.adds_up("core.cycles", {"core.issue_cycles", "core.memory_stall_cycles", "core.not_declared"});
    figures.count("core.cycles", 7, "", "");
    figures.count("core.issue_cycles", 3, "", "");
    figures.count("core.memory_stall_cycles", parts, "", "");
    checker_.check_figures(figures);
  };
  EXPECT_NO_THROW(check(4));
  EXPECT_THAT([&] { check(3); },
              ThrowsMessage<LawViolation>(HasSubstr("core.cycles is 7, but its parts (core.issue_")));
}

/// Figures of two cores, and of both together.
StatSet two_cores(std::uint64_t total, std::uint64_t hits_of_core_1) {
  const auto of_core = [](std::uint64_t lookups, std::uint64_t hits) {
    StatSet figures;
    figures.adds_up("dtlb.lookups", {"dtlb.hits", "dtlb.misses"});
    figures.count("dtlb.lookups", lookups, "", "");
    figures.count("dtlb.hits", hits, "", "");
    figures.count("dtlb.misses", 1, "", "");
    return figures;
  };
  const StatSet cores[] = {of_core(3, 2), of_core(1 + hits_of_core_1, hits_of_core_1)};
  StatSet figures;
  for (const StatSet& core : cores) figures.merge(core);
  figures.count("core.cycles", total, "", "");
  for (unsigned core = 0; core < 2; ++core) {
    figures.merge(cores[core].prefixed(core_prefix(core)));
    figures.count(prefixed_name(core_prefix(core), "core.cycles"), 10 + core, "", "");
  }
  return figures;
}

TEST_F(LawCheckerOfX8664, HoldsTheCountsOfCoresAgainstTheirSums) {
  EXPECT_NO_THROW(checker_.check_figures(two_cores(21, 5)));
  EXPECT_THAT([&] { checker_.check_figures(two_cores(22, 5)); },
              ThrowsMessage<LawViolation>(
                  HasSubstr("core.cycles is 22, but its parts (core0.cycles, core1.cycles) add up to 21")));
}

TEST_F(LawCheckerOfX8664, HoldsTheSumsOfEachCoreAndOfAll) {
  const auto check_with = [&](const std::string& changed) {
    StatSet figures;
    const StatSet all = two_cores(21, 5);
    for (const StatSet::Sum& sum : all.sums()) figures.adds_up(sum.whole, sum.parts);
    for (const StatSet::Figure& figure : all.figures()) {
      figures.count(figure.name, figure.count + (figure.name == changed ? 1 : 0), "", "");
    }
    checker_.check_figures(figures);
  };
  EXPECT_NO_THROW(check_with(""));
  const StatSet right = two_cores(21, 5);
  for (const StatSet::Figure& figure : right.figures()) {
    EXPECT_THROW(check_with(figure.name), LawViolation) << figure.name;
  }
}

TEST(LawsOfAMachine, AreDeclaredForEachCoreAndForAll) {
  MachineConfig config;
  config.cores = 2;
  const Machine machine(config);
  StatSet figures;
  machine.report(figures);
  std::multiset<std::string> wholes;
  for (const StatSet::Sum& sum : figures.sums()) wholes.insert(sum.whole);
  for (const std::string core : {"", "core0.", "core1."}) {
    for (const char* whole : {"core.cycles", "translation.requests", "translation.cycles.total", "itlb.lookups",
                              "itlb.misses", "dtlb.lookups", "dtlb.misses", "stlb.misses", "l1i.lookups", "l1i.misses",
                              "l1d.lookups", "l1d.misses", "l2.lookups", "l2.misses"}) {
      EXPECT_EQ(wholes.count(prefixed_name(core, whole)), 1u) << core << whole;
    }
    EXPECT_EQ(wholes.count(core + "stlb.lookups"), 2u) << "hits and misses; what the first-level TLBs send";
  }
  EXPECT_EQ(wholes.count("llc.lookups"), 1u);
  for (const StatSet::Sum& sum : figures.sums()) {
    const StatSet::Figure* whole = figures.find(sum.whole);
    EXPECT_TRUE(whole != nullptr) << sum.whole;
  }
}

}  // namespace
}  // namespace tablewalk::test::law_checker_test

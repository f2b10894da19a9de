#include "foreign/foreign_case.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/process_pool.h"
#include "config/printer.h"
#include "cosim/asker.h"
#include "cosim/random_memory.h"
#include "paging/reference_walk.h"
#include "rtl/random_tables.h"
#include "support/child_run.h"
#include "support/foreign_machine.h"
#include "support/random_scope.h"
#include "support/temporary_folder.h"
#include "walker/rtl_walker.h"

namespace tablewalk::test {
namespace {

/// The difference from the reference walk; empty if there is none.
std::string difference(const PagingMode& mode, const PhysicalMemory& memory, const TranslationRequest& request) {
  const WalkOutcome expected = reference_walk(mode, memory, request.root, request.va, request.access);
  const Answer& answer = request.answer;
  const FaultReason told = answer.faulted ? answer.fault.reason : FaultReason::None;
  const FaultReason cause = expected.translated ? FaultReason::None : expected.fault.reason;
  const std::string asked = fmt::format("{}: {} of {:#x} by a {}", mode.name(), to_string(request.access.kind),
                                        request.va.value(), request.access.user ? "user" : "supervisor");
  if (!tells(told, cause)) return fmt::format("{}: {}, expected {}", asked, to_string(told), to_string(cause));
  if (answer.faulted) return {};
  const Translation& found = answer.translation;
  const Translation& right = expected.translation;
  // Another walk may have set the dirty bit since.
  const bool may_be_older = mode.marks_entries() && request.access.kind != AccessKind::Store && !found.dirty;
  const bool same = found.page == right.page && found.page_shift == right.page_shift && found.level == right.level &&
                    found.rights == right.rights && found.global == right.global &&
                    (found.dirty == right.dirty || may_be_older);
  if (same) return {};
  return fmt::format("{}: a page of 2^{} at {:#x}, expected one of 2^{} at {:#x}; or rights, G or D differ", asked,
                     found.page_shift, found.page.value(), right.page_shift, right.page.value());
}

Invalidation random_invalidation(Dice& dice, RandomTables& tables, PhysicalMemory& bytes) {
  using Scope = Invalidation::Scope;
  Invalidation invalidation;
  invalidation.scope = random_scope(dice);
  invalidation.va = VirtualAddress(tables.address());
  invalidation.asid = static_cast<AddressSpaceId>(dice.between(0, 1));
  if (dice.chance(20)) {  // new tables: nothing of the old ones may be used from now on
    tables.fill();
    tables.write(bytes);
    invalidation.scope = Scope::All;
  }
  return invalidation;
}

}  // namespace

ForeignOutcome run_foreign_case(const ForeignCase& the_case) {
  Dice dice(the_case.seed);
  const ForeignDescription& subject = foreign_walker(the_case.walker);
  PagingControls controls = rtl::random_controls(dice);
  set_required(controls, subject);
  const std::shared_ptr<const PagingMode> mode = make_paging_mode(dice.pick(subject.modes), controls);
  PhysicalMemory bytes;
  RandomTables tables(*mode, dice);
  tables.write(bytes);
  ForeignOutcome outcome;

  Asker::Plan plan;
  plan.requests = the_case.requests;
  plan.at_a_time = dice.number(1, dice.chance(50) ? 4 : 40);
  plan.pause = dice.pick<std::uint32_t>({1, 1, 2, 5, 60});
  plan.invalidations = dice.chance(30) ? 0 : dice.number(0, 60);
  plan.ask = [&](TranslationRequest& request) {
    request.va = VirtualAddress(tables.address());
    request.root = PhysicalAddress(tables.root());
    request.asid = static_cast<AddressSpaceId>(dice.between(0, 1));
    request.access = tables.access();
    request.overtaken = false;
  };
  plan.invalidate = [&] { return random_invalidation(dice, tables, bytes); };
  plan.answered = [&](const TranslationRequest& request) {
    // Responses in the cycle of an invalidation are older; TLBs request them again.
    const std::string wrong = request.overtaken ? std::string() : difference(*mode, bytes, request);
    if (!wrong.empty()) throw LawViolation(wrong);
    for (const std::uint64_t part : {request.va.value(), request.accounted.count(), request.cycles.memory_total()}) {
      outcome.digest = (outcome.digest ^ part) * 0x9E3779B97F4A7C15u;
    }
  };

  RandomMemory memory("memory", bytes, the_case.seed + 0x10000);
  Asker asker("asker", std::move(plan), dice);
  WalkerConfig config = config_of(subject);
  config.evaluate_every_cycle = the_case.evaluate_every_cycle;
  RtlWalker walker("walker", config, controls, *mode, 2);
  walker.record_wave(wanted_wave());
  asker.first.socket.bind(walker.tlb_side(0));
  asker.second.socket.bind(walker.tlb_side(1));
  walker.memory_side.socket.bind(memory.port.socket);
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  if (asker.answers() != the_case.requests) {
    throw LawViolation(fmt::format("{} of {} requests were left without an answer", the_case.requests - asker.answers(),
                                   the_case.requests));
  }
  outcome.answers = asker.answers();
  outcome.faults = walker.stats().faults;
  outcome.restarts = walker.stats().restarts;
  outcome.entry_reads = walker.stats().entry_reads;
  return outcome;
}

ForeignOutcome run_foreign_case_apart(const ForeignCase& the_case) {
  const auto work = [&](std::size_t) {
    const ForeignOutcome outcome = run_foreign_case(the_case);
    return fmt::format("{} {} {} {} {}", outcome.answers, outcome.faults, outcome.restarts, outcome.entry_reads,
                       outcome.digest);
  };
  std::istringstream told(run_in_processes(1, work, [](std::size_t) { return "the walker"; }, {}).front());
  ForeignOutcome outcome;
  told >> outcome.answers >> outcome.faults >> outcome.restarts >> outcome.entry_reads >> outcome.digest;
  return outcome;
}

ForeignOutcome expect_answers_of_the_reference_walk(const std::string& walker, std::uint64_t cases) {
  constexpr std::uint64_t requests = 500;
  ForeignOutcome sum;
  for (const std::uint64_t seed : printed_seeds(cases)) {
    ForeignOutcome outcome;
    EXPECT_NO_THROW(outcome = run_foreign_case_apart({walker, seed, requests, false})) << again(seed);
    if (testing::Test::HasFailure()) return sum;
    EXPECT_EQ(outcome.answers, requests) << again(seed);
    sum.answers += outcome.answers;
    sum.faults += outcome.faults;
    sum.restarts += outcome.restarts;
    sum.entry_reads += outcome.entry_reads;
  }
  fmt::print("{} answers, {} faults, {} restarts, {} entry reads\n", sum.answers, sum.faults, sum.restarts,
             sum.entry_reads);
  return sum;
}

void expect_the_same_when_clocked_in_every_cycle(const std::string& walker, std::uint64_t cases) {
  for (const std::uint64_t seed : printed_seeds(cases)) {
    ForeignOutcome skipping;
    ForeignOutcome clocked;
    ASSERT_NO_THROW(skipping = run_foreign_case_apart({walker, seed, 300, false})) << again(seed);
    ASSERT_NO_THROW(clocked = run_foreign_case_apart({walker, seed, 300, true})) << again(seed);
    ASSERT_EQ(skipping.digest, clocked.digest) << again(seed);
  }
}

void expect_machines_to_keep_the_laws(const std::string& walker, std::uint64_t machines) {
  constexpr std::size_t length = 1200;
  for (const std::uint64_t seed : printed_seeds(machines)) {
    Dice dice(seed);
    const TemporaryFolder folder;
    MachineConfig config = random_machine_with(foreign_walker(walker), dice);
    RunOptions options;
    const std::vector<Record> records = random_trace(dice, config, length);
    options.trace_path = folder.write_trace("trace.txt", records);
    options.check = true;
    options.wave = wanted_wave();
    RunResult result;
    ASSERT_NO_THROW(result = run_in_child(config, options)) << again(seed) << "; its machine:\n"
                                                            << to_yaml(config, false);
    const auto accesses =
        std::count_if(records.begin(), records.end(), [](const Record& record) { return !is_event(record.kind); });
    ASSERT_EQ(count_of(result, "core.accesses"), static_cast<std::uint64_t>(accesses)) << again(seed);
    config.core.run_ahead = false;
    options.wave = {};
    ASSERT_EQ(text_without_config(run_in_child(config, options)), text_without_config(result)) << again(seed);
  }
}

}  // namespace tablewalk::test

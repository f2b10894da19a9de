#include "foreign/foreign_case.h"

#include <fmt/format.h>

#include <sstream>

#include "base/process_pool.h"
#include "cosim/asker.h"
#include "cosim/random_memory.h"
#include "paging/reference_walk.h"
#include "rtl/random_tables.h"
#include "walker/rtl_walker.h"

namespace tablewalk::test {
namespace {

PagingControls random_controls(Dice& dice) {
  PagingControls controls;
  RiscvControls& riscv = controls.riscv;
  riscv.svadu = riscv.svnapot = riscv.svpbmt = false;
  riscv.sum = dice.chance(50);
  riscv.mxr = dice.chance(50);
  return controls;
}

WalkerConfig walker_config(const ForeignCase& the_case) {
  WalkerConfig config;
  config.kind = WalkerKind::Foreign;
  config.foreign = the_case.walker;
  config.walkers = 1;
  config.evaluate_every_cycle = the_case.evaluate_every_cycle;
  return config;
}

/// What the reference walk says otherwise; empty if nothing.
std::string difference(const PagingMode& mode, const PhysicalMemory& memory, const TranslationRequest& request) {
  const WalkOutcome expected = reference_walk(mode, memory, request.root, request.va, request.access);
  const Answer& answer = request.answer;
  const FaultReason told = answer.faulted ? answer.fault.reason : FaultReason::None;
  const FaultReason cause = expected.translated ? FaultReason::None : expected.fault.reason;
  const std::string asked = fmt::format("{} of {:#x} by a {}", to_string(request.access.kind), request.va.value(),
                                        request.access.user ? "user" : "supervisor");
  if (!tells(told, cause)) return fmt::format("{}: {}, expected {}", asked, to_string(told), to_string(cause));
  if (answer.faulted) return {};
  const Translation& found = answer.translation;
  const Translation& right = expected.translation;
  const bool same = found.page == right.page && found.page_shift == right.page_shift && found.level == right.level &&
                    found.rights == right.rights && found.global == right.global && found.dirty == right.dirty;
  if (same) return {};
  return fmt::format("{}: a page of 2^{} at {:#x}, expected one of 2^{} at {:#x}; or rights, G or D differ", asked,
                     found.page_shift, found.page.value(), right.page_shift, right.page.value());
}

}  // namespace

ForeignOutcome run_foreign_case(const ForeignCase& the_case) {
  Dice dice(the_case.seed);
  const PagingControls controls = random_controls(dice);
  const std::shared_ptr<const PagingMode> mode = make_paging_mode(the_case.mode, controls);
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
  };
  plan.invalidate = [&] {
    using Scope = Invalidation::Scope;
    Invalidation invalidation;
    invalidation.scope = dice.pick<Scope>({Scope::Page, Scope::Page, Scope::AddressSpace, Scope::All});
    invalidation.va = VirtualAddress(tables.address());
    return invalidation;
  };
  plan.answered = [&](const TranslationRequest& request) {
    const std::string wrong = difference(*mode, bytes, request);
    if (!wrong.empty()) throw LawViolation(wrong);
    for (const std::uint64_t part : {request.va.value(), request.accounted.count(), request.cycles.memory_total()}) {
      outcome.digest = (outcome.digest ^ part) * 0x9E3779B97F4A7C15u;
    }
  };

  RandomMemory memory("memory", bytes, the_case.seed + 0x10000);
  Asker asker("asker", std::move(plan), dice);
  RtlWalker walker("walker", walker_config(the_case), controls, *mode, 2);
  asker.first.socket.bind(walker.tlb_side(0));
  asker.second.socket.bind(walker.tlb_side(1));
  walker.memory_side.socket.bind(memory.port.socket);
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  if (asker.answers() != the_case.requests) throw LawViolation("requests were left without an answer");
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

}  // namespace tablewalk::test

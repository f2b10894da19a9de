#include "cosim/cosim_case.h"

#include <fmt/format.h>

#include "cosim/asker.h"
#include "cosim/random_memory.h"
#include "rtl/random_tables.h"
#include "support/random_scope.h"
#include "support/rtl_variants.h"
#include "walker/rtl_walker.h"
#include "walker/systemc_walker.h"

namespace tablewalk::test {
namespace {

/// The walker, its mode and control registers.
struct Subject {
  const RtlVariant& variant;
  std::string mode;
  PagingControls controls;
  WalkerConfig config;
};

PagingControls random_controls(Dice& dice) {
  PagingControls controls;
  X86Controls& x86 = controls.x86;
  for (bool* control : {&x86.wp, &x86.smep, &x86.smap, &x86.ac, &x86.nxe, &x86.pge, &x86.pse, &x86.pke, &x86.page1gb}) {
    *control = dice.chance(70);
  }
  x86.pkru = dice.chance(50) ? 0 : dice.number(0, ~0u);
  x86.maxphyaddr = dice.chance(50) ? 52 : dice.number(36, 52);
  RiscvControls& riscv = controls.riscv;
  for (bool* control : {&riscv.sum, &riscv.mxr, &riscv.svadu, &riscv.svnapot, &riscv.svpbmt})
    *control = dice.chance(70);
  riscv.physical_bits = dice.chance(50) ? 56 : dice.number(20, 56);
  return controls;
}

Subject random_subject(Dice& dice) {
  const RtlVariant& variant = random_variant(dice);
  const std::string mode = random_mode(dice, variant);
  Subject subject{variant, mode, random_controls(dice), walker_of(variant)};
  if (dice.chance(30)) subject.config.requests = dice.number(1, 16);
  return subject;
}

Invalidation random_invalidation(Dice& dice, VirtualAddress va) {
  Invalidation invalidation;
  invalidation.scope = random_scope(dice);
  invalidation.va = va;
  invalidation.asid = static_cast<AddressSpaceId>(dice.between(0, 1));
  return invalidation;
}

/// What both kinds of run share: all of it drawn from the dice in one order.
struct Bench {
  Bench(const CosimCase& the_case, Dice& with)
      : dice(with),
        subject(random_subject(dice)),
        mode(make_paging_mode(subject.mode, subject.controls)),
        tables(*mode, dice),
        memory("memory", bytes, the_case.seed + 0x10000),
        asker("asker", plan(the_case), dice) {
    subject.config.evaluate_every_cycle = the_case.evaluate_every_cycle;
    tables.write(bytes);
  }

  Asker::Plan plan(const CosimCase& the_case) {
    Asker::Plan plan;
    plan.requests = the_case.requests;
    plan.at_a_time = dice.number(1, dice.chance(50) ? 4 : 40);
    plan.pause = dice.pick<std::uint32_t>({1, 1, 2, 5, 60});
    plan.invalidations = dice.chance(30) ? 0 : dice.number(0, 10);
    plan.ask = [this](TranslationRequest& request) {
      if (dice.chance(2)) change_tables();
      request.va = VirtualAddress(tables.address());
      request.root = PhysicalAddress(tables.root());
      request.asid = static_cast<AddressSpaceId>(dice.between(0, 1));
      request.access = tables.access();
    };
    plan.invalidate = [this] {
      if (dice.chance(30)) change_tables();
      return random_invalidation(dice, VirtualAddress(tables.address()));
    };
    plan.answered = [this](const TranslationRequest& request) {
      const Answer& answer = request.answer;
      for (const std::uint64_t part :
           {request.va.value(), request.accounted.count(), std::uint64_t{answer.faulted},
            answer.faulted ? static_cast<std::uint64_t>(answer.fault.reason) : answer.translation.page.value(),
            request.cycles.queue, request.cycles.memory_total(), request.cycles.walk_cache_lookup}) {
        digest = (digest ^ part) * 0x9E3779B97F4A7C15u;
      }
    };
    return plan;
  }

  /// Changes entries in place, even under walks in progress.
  void change_tables() { RandomTables(*mode, dice).write(bytes); }

  void bind(PageWalker& walker) {
    asker.first.socket.bind(walker.tlb_side(0));
    asker.second.socket.bind(walker.tlb_side(1));
    walker.memory_side.socket.bind(memory.port.socket);
  }
  void run(const CosimCase& the_case) {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    if (asker.answers() != the_case.requests) throw LawViolation("requests were left without an answer");
  }

  Dice& dice;
  Subject subject;
  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory bytes;
  RandomTables tables;
  RandomMemory memory;
  Asker asker;
  std::uint64_t digest = 0;
};

}  // namespace

CosimOutcome run_cosim_case(const CosimCase& the_case) {
  Dice dice(the_case.seed);
  Bench bench(the_case, dice);
  const Subject& subject = bench.subject;
  SystemCWalker walker("walker", subject.config, *bench.mode, 2);
  WalkerShadow shadow("shadow", subject.config, subject.controls, *bench.mode);
  shadow.record_wave({the_case.wave, {}});
  walker.tap(the_case.tap ? the_case.tap(shadow) : &shadow);
  bench.bind(walker);
  bench.run(the_case);

  CosimOutcome outcome;
  outcome.machine = subject.mode + ", " + subject.variant.text;
  outcome.counts = shadow.counts();
  outcome.restarts = walker.stats().restarts;
  outcome.merged = walker.stats().merged_walks;
  outcome.faults = walker.stats().faults;
  StatSet figures;
  walker.report(figures);
  for (unsigned level = 1; level < 8; ++level) {
    const StatSet::Figure* hits = figures.find(fmt::format("walk_cache.level{}.hits", level));
    if (hits != nullptr) outcome.cache_hits += hits->count;
  }
  return outcome;
}

std::string digest_of_walker(const CosimCase& the_case, WalkerKind kind) {
  Dice dice(the_case.seed);
  Bench bench(the_case, dice);
  const Subject& subject = bench.subject;
  std::unique_ptr<PageWalker> walker;
  if (kind == WalkerKind::SystemC) {
    walker = std::make_unique<SystemCWalker>("walker", subject.config, *bench.mode, 2);
  } else {
    walker = std::make_unique<RtlWalker>("walker", subject.config, subject.controls, *bench.mode, 2);
  }
  bench.bind(*walker);
  bench.run(the_case);
  const WalkerStats& stats = walker->stats();
  return fmt::format("{:016x}: {} walks, {} merged, {} faults, {} reads, {} updates, {} restarts, {:.3f} cycles",
                     bench.digest, stats.walks, stats.merged_walks, stats.faults, stats.entry_reads,
                     stats.entry_updates, stats.restarts, stats.latency.mean());
}

}  // namespace tablewalk::test

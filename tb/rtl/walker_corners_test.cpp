// The RTL walker: every pin of one walk at a time, and `idle` in exactly the right cycles.
#include <gtest/gtest.h>

#include "Vwalker4.h"
#include "paging/walk_steps.h"
#include "rtl/random_tables.h"
#include "rtl/small_tables.h"
#include "rtl/walker_bench.h"

namespace tablewalk::test::walker_corners_test {
namespace {

const std::vector<std::string>& modes() {
  static const std::vector<std::string> names{"x86-32", "x86-pae", "x86-64", "x86-64-la57",       "sv32",
                                              "sv39",   "sv48",    "sv57",   "radix:9,9,9,9/12@8"};
  return names;
}

constexpr unsigned read_failed = 7;

/// Random tables, and a count of outstanding memory accesses.
struct Corner : WalkerBench<Vwalker4> {
  explicit Corner(Dice& the_dice)
      : WalkerBench(the_dice.pick(modes()), rtl::random_controls(the_dice)), dice(the_dice), tables(*mode, dice) {
    tables.write(memory);
    latency = [this] {
      ++unanswered;
      return dice.number(1, slowest);
    };
    retries = [this] {
      --unanswered;
      return dice.chance(refusals);
    };
  }

  RtlRequest next_request(unsigned id, std::uint16_t asid) {
    RtlRequest made = request(id, tables.address(), tables.access(), asid);
    made.root = dice.chance(2) ? rtl::random_bits(dice) & low_bits(56) & ~low_bits(12) : tables.root();
    return made;
  }

  Dice& dice;
  RandomTables tables;
  unsigned slowest = 6;
  unsigned refusals = 0;  ///< percent
  int unanswered = 0;
};

/// Address of the entry that a walk needed in any case; 0 if it needed none.
std::uint64_t fault_address(const PagingMode& mode, const WalkSteps& walked) {
  const Fault& fault = walked.outcome.fault;
  if (fault.reason == FaultReason::NonCanonical) return 0;
  if (!walked.steps.empty() && walked.steps.back().level == fault.level) {
    return walked.steps.back().entry_address.value();
  }
  const PhysicalAddress table = walked.steps.empty() ? walked.root : walked.steps.back().view.target;
  return mode.entry_address(fault.level, table, walked.va).value() & low_bits(56);
}

void expect_answer(const Corner& with, const WalkSteps& walked, const RtlAnswer& answer) {
  ASSERT_EQ(difference(answer, walked.outcome), "");
  ASSERT_EQ(answer.entry, walked.steps.empty() ? 0 : walked.steps.back().updated);
  if (walked.outcome.translated || walked.outcome.fault.reason == FaultReason::NonCanonical) return;
  ASSERT_EQ(answer.fault_address, fault_address(*with.mode, walked));
}

/// Of one walk without walk-cache hits.
void expect_events(const RtlEvents& events, const WalkSteps& walked) {
  ASSERT_EQ(events.walks, 1u);
  ASSERT_EQ(events.lookups, 1u);
  ASSERT_EQ(events.done, 1u);
  ASSERT_EQ(events.faults, walked.outcome.translated ? 0u : 1u);
  ASSERT_EQ(events.merges + events.replays + events.restarts, 0u);
  std::array<unsigned, 8> reads{};
  unsigned updates = 0;
  for (const WalkStep& step : walked.steps) {
    ++reads[step.level];
    if (step.updated != step.entry) ++updates;
  }
  ASSERT_EQ(events.reads, reads);
  ASSERT_EQ(events.updates, updates);
}

TEST(RtlWalkerCorners, EveryPinAndEveryEventOfAWalkIsThatOfItsSteps) {
  std::array<unsigned, 16> endings{};
  for (const std::uint64_t seed : printed_seeds(300)) {
    Dice dice(seed);
    Corner corner(dice);
    corner.refusals = dice.chance(50) ? 30 : 0;
    for (unsigned i = 0; i < 30; ++i) {
      // Each in its own address space, unknown to the walk caches.
      const RtlRequest asked = corner.next_request(i % 16, static_cast<std::uint16_t>(i * 0x9E37));
      const WalkSteps walked = walk_step_by_step(*corner.mode, corner.memory, PhysicalAddress(asked.root),
                                                 VirtualAddress(asked.va), asked.access);
      corner.events = {};
      corner.requests.push_back(asked);
      ASSERT_TRUE(corner.finish());
      expect_answer(corner, walked, corner.answers.back());
      expect_events(corner.events, walked);
      ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", walk " << i << ": " << corner.mode->name();
      ++endings[corner.answers.back().fault];
    }
  }
  for (const unsigned fault : {0, 1, 2, 3, 4, 5, 6, 8, 11, 12}) EXPECT_GT(endings[fault], 0u) << "fault " << fault;
}

/// A failed read ends the walk with the entry read before, and with the address of the failed one.
TEST(RtlWalkerCorners, AReadThatFailsIsToldByItsAddressAndLevel) {
  unsigned failures = 0;
  for (const std::uint64_t seed : printed_seeds(200)) {
    Dice dice(seed);
    Corner corner(dice);
    for (unsigned i = 0; i < 10; ++i) {
      const RtlRequest asked = corner.next_request(i, static_cast<std::uint16_t>(i * 0x9E37));
      const WalkSteps walked = walk_step_by_step(*corner.mode, corner.memory, PhysicalAddress(asked.root),
                                                 VirtualAddress(asked.va), asked.access);
      // Entries whose bits the walk sets are read once and written once: only walks without updates are counted.
      bool updates = false;
      for (const WalkStep& step : walked.steps) updates |= step.updated != step.entry;
      if (walked.steps.empty() || updates) continue;
      const std::size_t failing = dice.between(0, walked.steps.size() - 1);
      std::size_t answered = 0;
      corner.fails = [&] { return answered++ == failing; };
      corner.events = {};
      corner.requests.push_back(asked);
      ASSERT_TRUE(corner.finish());
      const RtlAnswer& answer = corner.answers.back();
      ASSERT_EQ(answer.fault, read_failed);
      ASSERT_EQ(answer.level, walked.steps[failing].level);
      ASSERT_EQ(answer.fault_address, walked.steps[failing].entry_address.value());
      ASSERT_EQ(answer.entry, failing == 0 ? 0 : walked.steps[failing - 1].entry);
      ASSERT_EQ(corner.events.faults, 1u);
      ++failures;
    }
  }
  EXPECT_GT(failures, 100u);
}

/// Idle: no outstanding request and no outstanding memory access. With everything that may happen in between.
TEST(RtlWalkerCorners, ItIsIdleInJustTheCyclesInWhichNothingIsUnderWay) {
  std::uint64_t idle = 0;
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    Corner corner(dice);
    corner.refusals = dice.chance(30) ? 20 : 0;
    corner.slowest = dice.number(1, 40);
    const unsigned late = dice.number(0, 60);
    corner.answer_ready = [&] { return !dice.chance(late); };
    corner.memory_ready = [&] { return !dice.chance(late); };
    for (unsigned cycle = 0; cycle < 1500; ++cycle) {
      const unsigned id = dice.number(0, 15);
      const bool busy = corner.taken.count(id) != 0 || !corner.requests.empty();
      if (!busy && dice.chance(8)) corner.requests.push_back(corner.next_request(id, 0));
      if (dice.chance(2)) corner.invalidation = RtlInvalidation{};
      corner.tick();
      const bool nothing = corner.taken.empty() && corner.unanswered == 0 && corner.pins().mem_req_valid_o == 0;
      ASSERT_EQ(corner.idle(), nothing) << "seed " << seed << ", cycle " << cycle;
      ASSERT_TRUE(corner.pins().inv_ready_o);
      idle += nothing ? 1 : 0;
    }
  }
  EXPECT_GT(idle, 1000u);
}

/// Requests for one page merge only if everything relevant to the walk is equal.
TEST(RtlWalkerCorners, RequestsOfAnotherModeRootOrControlsDoNotJoin) {
  for (const unsigned what : {0u, 1u, 2u, 3u}) {
    WalkerBench<Vwalker4> bench("x86-64");
    SmallTables tables(*bench.mode, bench.memory);
    tables.map(0x40001000, 0xA00000);
    bench.latency = [] { return 20u; };
    RtlRequest asked = request(0, 0x40001000, {AccessKind::Load, true}, 5);
    bench.requests.push_back(asked);
    bench.tick(3);
    if (what == 1) bench.pins().req_mode_i = rtl::mode_code("sv48");
    if (what == 2) asked.root = 0x7000;
    if (what == 3) bench.pins().req_controls_i ^= 1;
    asked.id = 1;
    bench.requests.push_back(asked);
    ASSERT_TRUE(bench.finish());
    EXPECT_EQ(bench.events.merges, what == 0 ? 1u : 0u) << what;
    EXPECT_EQ(bench.events.walks, what == 0 ? 1u : 2u) << what;
  }
}

/// Every output but `quiet`.
std::array<std::uint64_t, 31> outputs(const Vwalker4& pins) {
  return {pins.req_ready_o,      pins.rsp_valid_o,       pins.rsp_id_o,          pins.rsp_fault_o,
          pins.rsp_entry_o,      pins.rsp_frame_o,       pins.rsp_level_o,       pins.rsp_page_shift_o,
          pins.rsp_rights_o,     pins.rsp_global_o,      pins.rsp_dirty_o,       pins.mem_req_tag_o,
          pins.rsp_fault_addr_o, pins.mem_req_valid_o,   pins.mem_req_addr_o,    pins.mem_req_size_o,
          pins.mem_req_op_o,     pins.mem_req_wdata_o,   pins.inv_ready_o,       pins.idle_o,
          pins.ev_walk_o,        pins.ev_merge_o,        pins.ev_replay_o,       pins.ev_read_o,
          pins.ev_update_o,      pins.ev_done_o,         pins.ev_fault_o,        pins.ev_restart_o,
          pins.ev_cache_hit_o,   pins.ev_cache_lookup_o, pins.mem_req_expected_o};
}

/// Quiet: a clock without an input changes no pin, including the events of the previous cycle.
TEST(RtlWalkerCorners, NothingChangesInACycleThatItCallsQuiet) {
  std::uint64_t quiet = 0;
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    Corner corner(dice);
    corner.refusals = dice.chance(30) ? 20 : 0;
    corner.slowest = dice.number(1, 40);
    for (unsigned cycle = 0; cycle < 1500; ++cycle) {
      const unsigned id = dice.number(0, 15);
      const bool busy = corner.taken.count(id) != 0 || !corner.requests.empty();
      if (!busy && dice.chance(8)) corner.requests.push_back(corner.next_request(id, 0));
      if (dice.chance(2)) corner.invalidation = RtlInvalidation{};
      const bool was_quiet = corner.quiet();
      const auto before = outputs(corner.pins());
      corner.tick();
      const Vwalker4& pins = corner.pins();
      if (!was_quiet || pins.req_valid_i || pins.mem_rsp_valid_i || pins.inv_valid_i) continue;
      ASSERT_EQ(outputs(pins), before) << "seed " << seed << ", cycle " << cycle;
      ASSERT_TRUE(corner.quiet());
      ++quiet;
    }
  }
  EXPECT_GT(quiet, 1000u);
}

/// Whatever else such an invalidation specifies.
TEST(RtlWalkerCorners, AnInvalidationOfEverythingCoversEverySpaceAndEveryPage) {
  const Access load{AccessKind::Load, true};
  WalkerBench<Vwalker4> bench("x86-64");
  SmallTables tables(*bench.mode, bench.memory);
  tables.map(0x40001000, 0xA00000);
  bench.ask(0, 0x40001000, load, 5);
  const unsigned reads = bench.events.reads[3];
  bench.ask(1, 0x40001000, load, 5);
  ASSERT_EQ(bench.events.reads[3], reads) << "the walk caches know it";
  bench.invalidation = RtlInvalidation{true, std::uint16_t{6}, 0x7F0000000000};
  bench.tick();
  bench.ask(2, 0x40001000, load, 5);
  EXPECT_EQ(bench.events.reads[3], reads + 1) << "it was walked from the root again";
  // And in the middle of a walk.
  bench.latency = [] { return 10u; };
  bench.requests.push_back(request(3, 0x40001000, load, 5));
  bench.tick(5);
  bench.invalidation = RtlInvalidation{true, std::uint16_t{6}, 0x7F0000000000};
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.events.restarts, 1u);
}

/// Only RISC-V has global pointers.
TEST(RtlWalkerCorners, AGlobalPointerGoesWithAnInvalidationThatCoversGlobalOnesOnly) {
  const Access load{AccessKind::Load, true};
  constexpr std::uint64_t va = 0x40001000;
  WalkerBench<Vwalker4> bench("sv39");
  SmallTables tables(*bench.mode, bench.memory);
  tables.map(va, 0xA00000);
  const PhysicalAddress pointer = bench.mode->entry_address(2, PhysicalAddress(SmallTables::root), VirtualAddress(va));
  constexpr std::uint64_t global_bit = 1 << 5;
  bench.memory.write(pointer, 8, bench.memory.read(pointer, 8) | global_bit);
  bench.ask(0, va, load, 5);
  const unsigned reads = bench.events.reads[2];
  bench.invalidation = RtlInvalidation{false, std::uint16_t{5}, {}, false, Invalidation::Pointers::Every};
  bench.tick();
  bench.ask(1, va, load, 5);
  EXPECT_EQ(bench.events.reads[2], reads) << "the walk caches know it still";
  bench.invalidation = RtlInvalidation{false, {}, va, true, Invalidation::Pointers::OnTheWay};
  bench.tick();
  bench.ask(2, va, load, 5);
  EXPECT_EQ(bench.events.reads[2], reads + 1) << "it was walked from the root again";
}

/// Every pin during and after a reset, whatever was before; without a clock.
TEST(RtlWalkerCorners, AResetClearsEveryPinAtOnce) {
  for (const std::uint64_t seed : printed_seeds(100)) {
    Dice dice(seed);
    Corner corner(dice);
    for (unsigned id = 0; id < 12; ++id) corner.requests.push_back(corner.next_request(id, 0));
    corner.tick(dice.number(1, 60));
    Vwalker4& pins = corner.pins();
    // Preferably while a rare event is signalled.
    const bool at_a_replay = dice.chance(40);
    const bool at_a_restart = !at_a_replay && dice.chance(40);
    const bool at_a_merge = !at_a_replay && !at_a_restart && dice.chance(60);
    for (unsigned i = 0; i < 200 && at_a_replay && !pins.ev_replay_o; ++i) corner.tick();
    for (unsigned i = 0; i < 200 && at_a_merge && !pins.ev_merge_o; ++i) corner.tick();
    if (at_a_restart) {
      corner.invalidation = RtlInvalidation{};
      corner.tick();
    }
    pins.rst_ni = 0;
    pins.eval();
    EXPECT_EQ(pins.inv_ready_o, 0);
    const auto expect_cleared = [&] {
      const std::array<std::uint64_t, 27> zero{
          pins.rsp_valid_o,    pins.rsp_id_o,         pins.rsp_fault_o,       pins.rsp_entry_o,
          pins.rsp_frame_o,    pins.rsp_page_shift_o, pins.rsp_level_o,       pins.rsp_rights_o,
          pins.rsp_global_o,   pins.rsp_dirty_o,      pins.rsp_fault_addr_o,  pins.mem_req_valid_o,
          pins.mem_req_tag_o,  pins.mem_req_addr_o,   pins.mem_req_op_o,      pins.mem_req_wdata_o,
          pins.ev_walk_o,      pins.ev_merge_o,       pins.ev_replay_o,       pins.ev_cache_lookup_o,
          pins.ev_cache_hit_o, pins.ev_read_o,        pins.ev_update_o,       pins.ev_done_o,
          pins.ev_fault_o,     pins.ev_restart_o,     pins.mem_req_expected_o};
      for (std::size_t i = 0; i < zero.size(); ++i) ASSERT_EQ(zero[i], 0u) << "pin " << i << ", seed " << seed;
      ASSERT_EQ(pins.mem_req_size_o, 3);
      ASSERT_TRUE(pins.idle_o && pins.quiet_o && pins.req_ready_o);
    };
    expect_cleared();
    corner.requests.clear();
    corner.taken.clear();
    corner.reset();
    expect_cleared();
    EXPECT_TRUE(pins.inv_ready_o);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace tablewalk::test::walker_corners_test

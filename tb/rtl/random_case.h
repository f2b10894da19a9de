#pragma once

#include "rtl/random_tables.h"
#include "rtl/walker_bench.h"

namespace tablewalk::test {

/// One case: tables, and a copy of them for the reference walk.
template <class Build>
struct Case : WalkerBench<typename Build::Model> {
  using Base = WalkerBench<typename Build::Model>;

  Case(const std::string& mode_name, const PagingControls& controls, Dice& the_dice)
      : Base(mode_name, controls), dice(the_dice), tables(*this->mode, dice) {
    tables.write(this->memory);
    tables.write(reference_memory);
  }

  RtlRequest next_request(unsigned id) {
    RtlRequest made = request(id, tables.address(), tables.access(), rtl::random_space(dice));
    made.root = tables.root();
    return made;
  }
  WalkOutcome reference(const RtlRequest& asked) {
    return reference_walk(*this->mode, reference_memory, PhysicalAddress(asked.root), VirtualAddress(asked.va),
                          asked.access);
  }
  std::string text(const RtlRequest& asked) const {
    std::ostringstream text;
    text << this->mode->name() << " va 0x" << std::hex << asked.va << " access " << static_cast<int>(asked.access.kind)
         << (asked.access.user ? " user" : " supervisor");
    return text.str();
  }

  Dice& dice;
  RandomTables tables;
  PhysicalMemory reference_memory;
};

/// Slow and unreliable neighbours, each in its own way.
template <class TheCase>
void make_neighbours_difficult(TheCase& with) {
  Dice& dice = with.dice;
  const unsigned slowest = dice.number(1, 30);
  const unsigned memory_busy = dice.number(0, 80);
  const unsigned answers_late = dice.number(0, 80);
  const unsigned request_gap = dice.number(0, 90);
  const unsigned refusals = dice.chance(30) ? 20 : 0;
  with.latency = [&dice, slowest] { return dice.number(1, slowest); };
  with.memory_ready = [&dice, memory_busy] { return !dice.chance(memory_busy); };
  with.answer_ready = [&dice, answers_late] { return !dice.chance(answers_late); };
  with.offers_request = [&dice, request_gap] { return !dice.chance(request_gap); };
  with.retries = [&dice, refusals] { return dice.chance(refusals); };
}

template <class TheCase>
RtlInvalidation random_invalidation(TheCase& with) {
  RtlInvalidation invalidation;
  invalidation.all = with.dice.chance(10);
  if (with.dice.chance(80)) invalidation.asid = rtl::random_space(with.dice);
  if (with.dice.chance(60)) invalidation.va = with.tables.address();
  using Pointers = Invalidation::Pointers;
  invalidation.global = with.dice.chance(50);
  invalidation.pointers = static_cast<Pointers>(with.dice.number(0, 2));
  return invalidation;
}

/// Sends `count` requests, at most sixteen in flight, with invalidations of unchanged entries in between.
template <class TheCase>
void run_together(TheCase& with, std::vector<RtlRequest>& asked, unsigned count) {
  std::array<bool, 16> busy{};
  const unsigned invalidations = with.dice.chance(50) ? with.dice.number(1, 30) : 0;
  std::size_t answered = 0;
  for (unsigned cycles = 0; answered < count && cycles < 200000; ++cycles) {
    const unsigned id = with.dice.number(0, 15);
    if (asked.size() < count && with.requests.size() < 2 && !busy[id]) {
      busy[id] = true;
      asked.push_back(with.next_request(id));
      with.requests.push_back(asked.back());
    }
    // Limited, because a walk that is restarted forever does not end.
    if (cycles < 3000 && with.dice.chance(invalidations)) with.invalidation = random_invalidation(with);
    with.tick();
    for (; answered < with.answers.size(); ++answered) busy[with.answers[answered].id] = false;
  }
  ASSERT_EQ(answered, count) << "not everything was answered";
  ASSERT_TRUE(with.finish());
}

}  // namespace tablewalk::test

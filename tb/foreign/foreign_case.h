#pragma once

#include <cstdint>
#include <string>

namespace tablewalk::test {

/// A foreign walker behind the sockets of a machine: mode, control registers, tables, requests, memory latencies and
/// invalidations at random, all of it decided by the seed. Every answer is held against the reference walk.
struct ForeignCase {
  std::string walker;
  std::uint64_t seed = 1;
  std::uint64_t requests = 1000;
  bool evaluate_every_cycle = false;
};

struct ForeignOutcome {
  std::uint64_t answers = 0;
  std::uint64_t faults = 0;
  std::uint64_t restarts = 0;
  std::uint64_t entry_reads = 0;
  std::uint64_t digest = 0;  ///< of all answers and their cycles
};

/// Once per process. Throws LawViolation if an answer is wrong, missing, or without an account of its cycles. The
/// environment's TABLEWALK_WAVE names an FST file that gets the wires.
ForeignOutcome run_foreign_case(const ForeignCase& the_case);

/// The same in a process of its own.
ForeignOutcome run_foreign_case_apart(const ForeignCase& the_case);

// What any walker is to pass, as Google Test's expectations.

/// In so many cases. Returns the sums.
ForeignOutcome expect_answers_of_the_reference_walk(const std::string& walker, std::uint64_t cases);
/// That `quiet_o` says the truth.
void expect_the_same_when_clocked_in_every_cycle(const std::string& walker, std::uint64_t cases);
/// Random machines on random traces under --check, run ahead and not.
void expect_machines_to_keep_the_laws(const std::string& walker, std::uint64_t machines);

}  // namespace tablewalk::test

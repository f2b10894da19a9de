#pragma once

#include <cstdint>
#include <string>

namespace tablewalk::test {

/// A foreign walker behind the sockets of a machine: random tables, requests, memory latencies and invalidations, all
/// of it decided by the seed. Every answer is held against the reference walk.
struct ForeignCase {
  std::string walker;
  std::string mode;
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

/// Once per process. Throws LawViolation if an answer is wrong, missing, or without an account of its cycles.
ForeignOutcome run_foreign_case(const ForeignCase& the_case);

/// The same in a process of its own.
ForeignOutcome run_foreign_case_apart(const ForeignCase& the_case);

}  // namespace tablewalk::test

#pragma once

#include <cstdint>
#include <string>

namespace tablewalk::test {

/// A foreign walker behind the sockets of a machine, with random mode, control registers, tables, requests, memory
/// latencies and invalidations, determined by the seed. Every response is compared with the reference walk.
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
  std::uint64_t digest = 0;  ///< of all responses and their cycles
};

/// Once per process. Throws LawViolation if a response is wrong or missing, or if its cycles are not accounted for. The
/// environment's TABLEWALK_WAVE names an FST file for the signals.
ForeignOutcome run_foreign_case(const ForeignCase& the_case);

/// The same in a separate process.
ForeignOutcome run_foreign_case_apart(const ForeignCase& the_case);

// Tests that any walker must pass, as Google Test expectations.

/// In that many cases. Returns the sums.
ForeignOutcome expect_answers_of_the_reference_walk(const std::string& walker, std::uint64_t cases);
/// Checks that `quiet_o` is truthful.
void expect_the_same_when_clocked_in_every_cycle(const std::string& walker, std::uint64_t cases);
/// Random machines on random traces under --check, with and without run-ahead.
void expect_machines_to_keep_the_laws(const std::string& walker, std::uint64_t machines);

}  // namespace tablewalk::test

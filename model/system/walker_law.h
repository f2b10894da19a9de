#pragma once

#include <optional>
#include <string>
#include <vector>

#include "paging/translation.h"
#include "stats/linear_fit.h"
#include "system/machine_config.h"

namespace tablewalk {

/// What one walk took, by itself, on a memory that answers every read after the same time.
struct LawSample {
  unsigned levels = 0;           ///< entries read
  std::uint64_t memory = 0;      ///< cycles from a read presented to its answer
  std::uint64_t latency = 0;     ///< cycles from the request taken to its answer standing above
  std::uint64_t next_taken = 0;  ///< cycles from that to the taking of a request that has waited meanwhile
  bool faulted = false;          ///< the last entry read was not present
};

/// How long a walk takes:
///     latency = fixed + memory x levels x (cycles of a read) + level x levels
/// Where all walks read as many entries, `fixed` has the last term too.
struct WalkerLaw {
  std::string walker;  ///< for people
  std::string mode;
  std::vector<LawSample> samples;
  bool tells_levels_apart = true;
  Rational fixed;
  Rational memory;
  Rational level;
  bool exact = false;
  double largest_residual = 0;              ///< cycles
  std::optional<std::int64_t> fault;        ///< what a fault takes more; nothing if it is not always the same
  std::optional<std::uint64_t> next_taken;  ///< the same of a walker of one walk at a time; nothing of others
};

/// Measures the config's walker, alone, with walks of every number of levels that the mode's page sizes give, and cold
/// walk caches, and fits the law to it. Once per process: SystemC elaborates only once. Throws InputError.
WalkerLaw measure_walker(const MachineConfig& config);

}  // namespace tablewalk

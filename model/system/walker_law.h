#pragma once

#include <optional>
#include <string>
#include <vector>

#include "paging/translation.h"
#include "stats/linear_fit.h"
#include "system/machine_config.h"

namespace tablewalk {

/// One walk, alone, on a memory with a fixed latency.
struct LawSample {
  unsigned levels = 0;           ///< entries read
  std::uint64_t memory = 0;      ///< cycles from presenting a read to its response
  std::uint64_t latency = 0;     ///< cycles from accepting the request to the response being valid upstream
  std::uint64_t next_taken = 0;  ///< cycles from then to accepting a request that waited meanwhile
  bool faulted = false;          ///< the last entry read was not present
};

/// The latency of a walk:
///     latency = fixed + memory x levels x (cycles of a read) + level x levels
/// If all walks read the same number of entries, `fixed` includes the last term.
struct WalkerLaw {
  std::string walker;  ///< for display
  std::string mode;
  std::vector<LawSample> samples;
  bool tells_levels_apart = true;
  Rational fixed;
  Rational memory;
  Rational level;
  bool exact = false;
  double largest_residual = 0;              ///< cycles
  std::optional<std::int64_t> fault;        ///< extra cycles of a fault; nothing if not constant
  std::optional<std::uint64_t> next_taken;  ///< of a walker with one walk at a time; nothing for others
};

/// Measures the config's walker, alone and with cold walk caches, with walks of every number of levels that the mode's
/// page sizes allow, and fits the law. Once per process: SystemC elaborates only once. Throws InputError.
WalkerLaw measure_walker(const MachineConfig& config);

}  // namespace tablewalk

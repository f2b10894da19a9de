#pragma once

#include <functional>
#include <string>

#include "observe/walker_shadow.h"

namespace tablewalk::test {

/// A co-simulation of one walker on random tables, random requests and a random memory, with invalidations and changes
/// of the tables in between; determined by the seed.
struct CosimCase {
  std::uint64_t seed = 1;
  std::uint64_t requests = 1000;
  bool evaluate_every_cycle = false;
  std::string wave;  ///< FST file of the RTL's signals; empty: none
  /// Interposed before the shadow, for tests that falsify something.
  std::function<WalkerTap*(WalkerShadow&)> tap;
};

struct CosimOutcome {
  std::string machine;  ///< mode and variant
  CosimCounts counts;
  std::uint64_t restarts = 0;
  std::uint64_t merged = 0;
  std::uint64_t faults = 0;
  std::uint64_t cache_hits = 0;
};

/// Once per process. Throws WalkersDiffer.
CosimOutcome run_cosim_case(const CosimCase& the_case);

/// The same requests with the RTL walker in place of the model: a digest of all responses and their cycles. Once per
/// process.
std::string digest_of_walker(const CosimCase& the_case, WalkerKind kind);

}  // namespace tablewalk::test

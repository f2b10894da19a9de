#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "trace/random_source.h"

namespace tablewalk::test {

/// Random draws for tests: determined by the seed, the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  bool chance(unsigned percent) { return random_.below(100) < percent; }
  /// Uniform in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + random_.below(high - low + 1); }
  std::uint32_t number(std::uint32_t low, std::uint32_t high) { return static_cast<std::uint32_t>(between(low, high)); }
  template <class Choice>
  Choice pick(const std::vector<Choice>& choices) {
    return choices[random_.below(choices.size())];
  }

 private:
  RandomSource random_;
};

/// A number from the environment, or `otherwise`.
inline std::uint64_t setting(const char* variable, std::uint64_t otherwise) {
  const char* given = std::getenv(variable);
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 0);
}

/// How many cases a randomised test has: TABLEWALK_RUNS, or only one of TABLEWALK_FEWER, but 60 at least, since tests
/// expect that enough has happened in them.
inline std::uint64_t cases_of(std::uint64_t usual) {
  const std::uint64_t fewer = usual / std::max<std::uint64_t>(1, setting("TABLEWALK_FEWER", 1));
  return setting("TABLEWALK_RUNS", std::max(fewer, std::min<std::uint64_t>(usual, 60)));
}

/// The seeds of a randomised test, printed: the first from TABLEWALK_SEED, their number from cases_of(). A failing case
/// is reproduced by its seed with TABLEWALK_RUNS=1. Unless one of these is set, those that once found a fault come
/// first.
inline std::vector<std::uint64_t> printed_seeds(std::uint64_t runs,
                                                const std::vector<std::uint64_t>& that_found_faults = {}) {
  std::vector<std::uint64_t> seeds(cases_of(runs));
  const std::uint64_t first = setting("TABLEWALK_SEED", 1);
  for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = first + i;
  std::printf("%zu cases from seed %llu (TABLEWALK_RUNS, TABLEWALK_SEED)\n", seeds.size(),
              static_cast<unsigned long long>(first));
  const bool chosen = std::getenv("TABLEWALK_RUNS") != nullptr || std::getenv("TABLEWALK_SEED") != nullptr;
  if (!chosen) seeds.insert(seeds.begin(), that_found_faults.begin(), that_found_faults.end());
  return seeds;
}

}  // namespace tablewalk::test

#pragma once

#include <string>

#include "system/run.h"

namespace tablewalk::test {

/// What must not change the result: whether cores run ahead, which modules are made first, and whether the run is
/// checked.
struct WithoutEffect {
  bool ahead;
  ConstructionOrder order;
  bool check;
};

template <class Case>
std::string run_with(Case& random, const WithoutEffect& choice) {
  random.config.core.run_ahead = choice.ahead;
  random.options.construction = choice.order;
  random.options.check = choice.check;
  return random.run();
}

/// Runs a machine twice, all of these different: empty if the results are the same, else which of them alone changes
/// the result. Seeds take turns at which order goes with running ahead. `Case` has config, options and run().
template <class Case>
std::string difference_without_effect(Case& random, std::uint64_t seed) {
  const auto order = seed % 2 == 0 ? ConstructionOrder::CoreFirst : ConstructionOrder::MemoryFirst;
  const auto other = seed % 2 == 0 ? ConstructionOrder::MemoryFirst : ConstructionOrder::CoreFirst;
  const std::string first = run_with(random, {true, order, false});
  if (run_with(random, {false, other, true}) == first) return "";
  std::string text = "the result changes";
  if (run_with(random, {true, order, false}) != first) text += ", by repeating the run";
  if (run_with(random, {false, order, false}) != first) text += ", by not running ahead";
  if (run_with(random, {true, other, false}) != first) text += ", by the order in which modules are made";
  if (run_with(random, {true, order, true}) != first) text += ", by checking";
  return text + "\n";
}

}  // namespace tablewalk::test

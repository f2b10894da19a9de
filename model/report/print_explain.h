#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "report/print_options.h"
#include "stats/result.h"

namespace tablewalk {

/// A machine between free translation and the real one: what it adds to the one before it, and its cycles.
struct ExplainedStep {
  std::string name;
  std::string adds;
  std::uint64_t cycles = 0;
};

/// A machine, and where its cost of translation comes from. The first step is free translation, the last one the
/// machine itself; the differences between neighbours add up to the cost.
struct ExplainedMachine {
  std::string label;
  std::vector<ExplainedStep> steps;
  RunResult result;
};

/// The waterfall of the cost as a table: of one machine with bars, of several side by side; under it who causes the
/// walks of each machine. Machines may differ in their steps. JSON and CSV have every step of every machine.
void print_explain(const std::vector<ExplainedMachine>& machines, const PrintOptions& options, std::ostream& out);

}  // namespace tablewalk

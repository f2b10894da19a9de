#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "report/print_options.h"
#include "stats/result.h"

namespace tablewalk {

/// A machine between free translation and the real one: what it adds to the previous one, and its cycles.
struct ExplainedStep {
  std::string name;
  std::string adds;
  std::uint64_t cycles = 0;
};

/// A machine and the breakdown of its cost of translation. The first step is free translation, the last one the machine
/// itself; the differences between steps add up to the cost.
struct ExplainedMachine {
  std::string label;
  std::vector<ExplainedStep> steps;
  RunResult result;
};

/// Prints the cost as a waterfall table: with bars for one machine, side by side for several; then what causes the
/// walks of each machine. Machines may have different steps. JSON and CSV have every step of every machine.
void print_explain(const std::vector<ExplainedMachine>& machines, const PrintOptions& options, std::ostream& out);

}  // namespace tablewalk

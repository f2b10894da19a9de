#pragma once

#include <string>
#include <vector>

#include "system/machine_config.h"

namespace tablewalk {

/// The same machine with free translation (core.free_translation). Keys that cannot matter any more have their
/// defaults, so that machines which differ in those alone are one machine, and are simulated once.
MachineConfig with_free_translation(const MachineConfig& config);

/// A machine on the way from free translation to the real one, and what it adds to the one before it.
struct WaterfallStep {
  std::string name;  ///< for programs: `tlb_lookups`; `free_translation` for the first
  std::string adds;  ///< for people
  MachineConfig config;
};

/// The machines between free translation and `config`, which is the last one. Each adds one cause of cost, so the
/// differences of their cycles add up to the cost of translation. With walker.kind: foreign the number of its walkers
/// is part of the hardware: its step is missing, and waiting for a walker is in the step that adds the walker.
std::vector<WaterfallStep> waterfall_of(const MachineConfig& config);

}  // namespace tablewalk

#pragma once

#include <string>
#include <vector>

#include "system/machine_config.h"

namespace tablewalk {

/// The same machine with free translation (core.free_translation). Keys without effect are reset to their defaults, so
/// that machines differing only in those are equal and simulated once.
MachineConfig with_free_translation(const MachineConfig& config);

/// A machine between free translation and the real one, and what it adds to the previous one.
struct WaterfallStep {
  std::string name;  ///< identifier: `tlb_lookups`; `free_translation` for the first
  std::string adds;  ///< for display
  MachineConfig config;
};

/// The machines between free translation and `config`, which is the last one. Each adds one cause of cost, so the
/// differences of their cycles add up to the cost of translation. With walker.kind: foreign the number of walkers is
/// part of the hardware, so that step is missing and the wait for a walker is in the step that adds the walker.
std::vector<WaterfallStep> waterfall_of(const MachineConfig& config);

}  // namespace tablewalk

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/random_machine.h"
#include "walker/foreign_description.h"

namespace tablewalk::test {

/// The names of the built-in foreign walkers.
inline std::vector<std::string> foreign_walker_names() {
  std::vector<std::string> names;
  for (const ForeignDescription& walker : foreign_walkers()) names.push_back(walker.name);
  return names;
}

/// The foreign walker of that name.
inline const ForeignDescription& foreign_walker(const std::string& name) {
  for (const ForeignDescription& walker : foreign_walkers()) {
    if (walker.name == name) return walker;
  }
  throw std::invalid_argument("no foreign walker " + name);
}

/// As a part of a test name.
inline std::string test_name_of(std::string walker) {
  std::replace(walker.begin(), walker.end(), '-', '_');
  return walker;
}

/// How to rerun a single case of the running test.
inline std::string again(std::uint64_t seed) {
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  return std::string("have it again with TABLEWALK_RUNS=1 TABLEWALK_SEED=") + std::to_string(seed) + " " +
         program_invocation_name + " --gtest_filter='" + test.test_suite_name() + "." + test.name() +
         "'; TABLEWALK_WAVE=walker.fst writes the wires of a walker that is hardware";
}

/// The FST file for signals given by TABLEWALK_WAVE, if set.
inline WaveWindow wanted_wave() {
  const char* path = std::getenv("TABLEWALK_WAVE");
  return {path == nullptr ? "" : path, {}};
}

inline WalkerConfig config_of(const ForeignDescription& walker) {
  WalkerConfig config;
  config.kind = WalkerKind::Foreign;
  config.foreign = walker.name;
  config.walkers = walker.variant.slots;
  return config;
}

/// Sets the control registers required by the walker.
inline void set_required(PagingControls& controls, const ForeignDescription& walker) {
  for (const ForeignDescription::Requirement& required : walker.requirements)
    controls = as_required(controls, required);
}

/// A random machine with that walker: in a mode and with registers that it supports.
inline MachineConfig random_machine_with(const ForeignDescription& walker, Dice& dice) {
  MachineConfig config = random_machine(dice, dice.pick(walker.modes));
  set_required(config.paging, walker);
  // The registers decide which page sizes exist.
  const auto mode = make_paging_mode(config.paging.mode, config.paging);
  const auto is_missing = [&](ByteSize size) { return !mode->find_page_size(size.bytes); };
  if (config.os.page_bytes.bytes != 0 && is_missing(config.os.page_bytes)) config.os.page_bytes = {};
  for (TlbConfig* tlb : {&config.itlb, &config.dtlb, &config.stlb}) {
    for (TlbArrayConfig& array : tlb->arrays) {
      auto& sizes = array.page_sizes;
      sizes.erase(std::remove_if(sizes.begin(), sizes.end(), is_missing), sizes.end());
    }
  }
  config.walker = config_of(walker);
  fit_for_hardware(config);
  config.core.invalidate_cycles = std::max(config.core.invalidate_cycles, Cycles(1));
  return config;
}

}  // namespace tablewalk::test

#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "os/access_check.h"

namespace tablewalk {

/// The command-line options for accesses that fault and cannot be repaired: in the tables of an image, or outside of a
/// program's regions.
struct FaultArguments {
  std::string faults;        ///< `stop` or `count`; empty: not given
  bool skip_faults = false;  ///< the older name of `--faults count`

  /// The option that was given, for messages; nullptr if none was.
  const char* given() const { return !faults.empty() ? "--faults" : skip_faults ? "--skip-faults" : nullptr; }
  /// Stop if none was given. Throws InputError for another word, and if both options are given and differ.
  FaultPolicy policy() const;
};

/// Adds --faults and --skip-faults.
void add_fault_options(CLI::App& command, FaultArguments& arguments);

}  // namespace tablewalk

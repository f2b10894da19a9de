#pragma once

#include "walker/rtl_model.h"

namespace tablewalk {

/// A third-party walker behind an adapter with the ports of rtl/walker_ports.svh (docs/bring-your-own-walker.md).
struct ForeignDescription {
  /// A control register setting that the walker requires.
  struct Requirement {
    std::string key;  ///< dotted, as in a config: `paging.riscv.svadu`
    std::string value;
  };

  std::string name;
  RtlVariant variant;
  std::vector<std::string> modes;
  std::vector<Requirement> requirements;
};

/// The foreign walkers built into the program (CMake setting TABLEWALK_FOREIGN_WALKERS).
const std::vector<ForeignDescription>& foreign_walkers();

/// The control registers with the required value set. Throws InputError if there is no such key or value.
PagingControls as_required(PagingControls controls, const ForeignDescription::Requirement& required);

/// The walker that the config names. Throws InputError if there is none of that name, or if it does not support the
/// machine's settings.
const ForeignDescription& find_foreign_walker(const WalkerConfig& config, const PagingControls& controls,
                                              const PagingMode& mode);

}  // namespace tablewalk

#pragma once

#include "walker/rtl_model.h"

namespace tablewalk {

/// A walker that was made elsewhere, behind an adapter that has the ports of ours (docs/bring-your-own-walker.md).
struct ForeignDescription {
  /// A control register of the machine that it cannot do otherwise.
  struct Requirement {
    std::string key;  ///< dotted, as in a config: `paging.riscv.svadu`
    std::string value;
  };

  std::string name;
  RtlVariant variant;
  std::vector<std::string> modes;
  std::vector<Requirement> requirements;
};

/// Those that are built into the program: the CMake setting TABLEWALK_FOREIGN_WALKERS.
const std::vector<ForeignDescription>& foreign_walkers();

/// The registers, with that one as the walker requires it. Throws InputError if there is no such key or value.
PagingControls as_required(PagingControls controls, const ForeignDescription::Requirement& required);

/// The one that the config names. Throws InputError if there is none of that name, or if it cannot do what the machine
/// asks of it.
const ForeignDescription& find_foreign_walker(const WalkerConfig& config, const PagingControls& controls,
                                              const PagingMode& mode);

}  // namespace tablewalk

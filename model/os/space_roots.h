#pragma once

#include <optional>

#include "os/kernel_half.h"
#include "os/os_config.h"
#include "paging/table_builder.h"

namespace tablewalk {

/// Which tables an address space shares with others, and how many roots it has: os.kernel_half and os.kpti.
///
/// A shared kernel half has one set of tables below the root: every root has a copy of their root entries. With
/// page-table isolation an address space has a second root, for user mode, with a copy of the entries of the user half.
class SpaceRoots {
 public:
  explicit SpaceRoots(const OsConfig& config)
      : shared_(config.kernel_half == KernelHalf::Shared), isolated_(config.kpti) {}

  bool shared() const { return shared_; }
  /// The address space whose tables map `va`.
  AddressSpaceId owner(AddressSpaceId asid, VirtualAddress va) const {
    return shared_ && in_kernel_half(va) ? kernel_half_space : asid;
  }
  /// Whether pages are the kernel half's of that address space.
  bool is_half(AddressSpaceId asid) const { return shared_ && asid == kernel_half_space; }
  /// Whether user mode finds no table for the address.
  bool hides(VirtualAddress va, Access access) const { return isolated_ && access.user && in_kernel_half(va); }
  /// Whether a kernel's page is in every address space, so that its entry may be global.
  bool is_global(AddressSpaceId asid, bool user) const { return is_half(asid) && !isolated_ && !user; }
  /// Makes the roots of a new address space, whose tables are `its`; returns the second one, of user mode, if it has
  /// one. `half`: the tables of a shared kernel half, which is not this one. Throws InputError for an id that the trace
  /// may not use.
  std::optional<PhysicalAddress> connect(AddressSpaceId asid, TableBuilder& its, TableBuilder* half) const;

 private:
  bool shared_;
  bool isolated_;
};

}  // namespace tablewalk

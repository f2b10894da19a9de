#pragma once

#include <optional>

#include "os/space_ids.h"
#include "paging/paging_mode.h"
#include "protocol/invalidation.h"
#include "protocol/kernel.h"

namespace tablewalk {

/// What the kernel's conventions mean for every core's hardware.
struct SpaceServices {
  SpaceIds ids;
  bool isolated = false;     ///< page-table isolation: user mode has a root of its own
  bool shared_half = false;  ///< all address spaces have one kernel half
  Cycles root_cycles;        ///< of a write of the root register at an entry to, or an exit from, an isolated kernel
};

/// The address space that a core runs, as its hardware sees it. Without services, the hardware has the kernel's ids.
class CoreSpaces {
 public:
  explicit CoreSpaces(const PagingMode& mode) : has_ids_(mode.has_asids()) {}

  void use(SpaceServices& services, unsigned core) {
    services_ = &services;
    core_ = core;
    isolated_ = services.isolated;
  }
  /// Whether user mode has a root of its own, so that privilege must not change without a write of the root register.
  bool isolated() const { return isolated_; }
  bool changes_root(bool user) const { return isolated_ && user != user_mode_; }
  bool user_mode() const { return user_mode_; }
  void set_mode(bool user) { user_mode_ = user; }
  /// Whether a write of the root register removes what is not global.
  bool root_writes_flush() const { return !has_ids_; }
  Cycles root_cycles() const { return isolated_ ? services_->root_cycles : Cycles(0); }

  /// The address space runs from now on.
  SpaceIds::Entered enter(AddressSpaceId space);
  /// The running address space's id in the present mode.
  AddressSpaceId id() const { return user_mode_ ? user_id(id_) : id_; }

  /// The invalidation as the kernel means it: of a page of the kernel half in every address space.
  Invalidation meaning_of(const Invalidation& invalidation) const;
  /// Calls `apply` with each invalidation that the core's TLBs must execute for one of the kernel.
  template <class Apply>
  void translate(const Invalidation& invalidation, Apply&& apply) const {
    if (services_ == nullptr || !invalidation.covered().space) return apply(invalidation);
    Invalidation its = invalidation;
    its.asid = services_->ids.id_of(core_, invalidation.asid).value_or(no_id);
    apply(its);
    if (user_id(its.asid) == its.asid) return;
    its.asid = user_id(its.asid);
    apply(its);
  }

 private:
  static constexpr AddressSpaceId no_id = 0;  ///< given to no address space, unless the ids are those of the trace
  static constexpr AddressSpaceId user_bit = 1u << (AsidConfig::id_bits - 1);

  AddressSpaceId user_id(AddressSpaceId id) const {
    return isolated_ && has_ids_ ? static_cast<AddressSpaceId>(id | user_bit) : id;
  }

  SpaceServices* services_ = nullptr;
  unsigned core_ = 0;
  bool has_ids_;
  bool isolated_ = false;
  bool user_mode_ = false;
  AddressSpaceId id_ = 0;
};

}  // namespace tablewalk

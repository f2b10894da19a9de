#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "os/process_config.h"
#include "protocol/invalidation.h"

namespace tablewalk {

/// Which cores may have translations of which address space, and so must take part in an invalidation.
///
/// Lazy, as in Linux on x86: each address space counts its invalidations. A core that does not run it is left alone,
/// and when it switches to it again, and has missed one, it flushes first.
class SpacePresence {
 public:
  SpacePresence(ShootdownKind kind, unsigned cores) : kind_(kind), cores_(cores) {}

  ShootdownKind kind() const { return kind_; }
  /// The core runs the address space from now on; true if it must flush its translations first.
  bool enter(unsigned core, AddressSpaceId space);
  /// The core's TLBs have no translations of it any more, except global ones.
  void leave(unsigned core, AddressSpaceId space);
  /// Nor of any other.
  void leave_all(unsigned core);
  /// The core has nothing left to run.
  void end(unsigned core) { cores_[core].ended = true; }
  /// The other cores that must apply the invalidation of that initiator now, as a bit mask.
  std::uint64_t targets(const Invalidation& invalidation, unsigned initiator);

 private:
  struct Core {
    std::optional<AddressSpaceId> runs;
    bool ended = false;
    std::unordered_map<AddressSpaceId, std::uint64_t> seen;  ///< Lazy: invalidations of each address space
  };

  static std::uint64_t bit(unsigned core) { return std::uint64_t{1} << core; }

  ShootdownKind kind_;
  std::vector<Core> cores_;
  std::unordered_map<AddressSpaceId, std::uint64_t> cores_of_;     ///< bit mask of the cores that have run it
  std::unordered_map<AddressSpaceId, std::uint64_t> generations_;  ///< Lazy: its invalidations so far
};

}  // namespace tablewalk

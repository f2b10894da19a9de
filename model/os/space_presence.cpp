#include "os/space_presence.h"

namespace tablewalk {

bool SpacePresence::enter(unsigned core, AddressSpaceId space) {
  Core& its = cores_[core];
  its.runs = space;
  std::uint64_t& present = cores_of_[space];
  const bool was_here = (present & bit(core)) != 0;
  present |= bit(core);
  if (kind_ != ShootdownKind::Lazy) return false;
  std::uint64_t& seen = its.seen[space];
  const std::uint64_t now = generations_[space];
  const bool missed = was_here && seen != now;
  seen = now;
  return missed;
}

void SpacePresence::leave(unsigned core, AddressSpaceId space) {
  cores_of_[space] &= ~bit(core);
}

void SpacePresence::leave_all(unsigned core) {
  for (auto& [space, cores] : cores_of_) cores &= ~bit(core);
}

std::uint64_t SpacePresence::targets(const Invalidation& invalidation, unsigned initiator) {
  const bool one_space = invalidation.covered().space;
  std::uint64_t targets = one_space ? cores_of_[invalidation.asid] : ~std::uint64_t{0};
  if (kind_ == ShootdownKind::Broadcast) targets = ~std::uint64_t{0};
  targets &= ~bit(initiator);
  if (kind_ != ShootdownKind::Lazy) return targets;
  const std::uint64_t before = one_space ? generations_[invalidation.asid]++ : 0;
  for (unsigned core = 0; core < cores_.size(); ++core) {
    Core& its = cores_[core];
    const bool spared = its.ended || (one_space && its.runs != invalidation.asid);
    if (spared && core != initiator) {
      targets &= ~bit(core);
    } else if (one_space && its.seen[invalidation.asid] == before) {
      ++its.seen[invalidation.asid];
    }
  }
  return targets;
}

}  // namespace tablewalk

#include "os/space_roots.h"

namespace tablewalk {

std::optional<PhysicalAddress> SpaceRoots::connect(AddressSpaceId asid, TableBuilder& its, TableBuilder* half) const {
  if (is_half(asid)) return std::nullopt;
  if (half != nullptr) half->copy_root_half(true, its.root());
  if (!isolated_) return std::nullopt;
  const PhysicalAddress user = its.make_root();
  its.copy_root_half(false, user);
  return user;
}

}  // namespace tablewalk

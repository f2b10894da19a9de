#include "os/core_spaces.h"

#include <fmt/format.h>

#include "base/error.h"
#include "os/kernel_half.h"

namespace tablewalk {

SpaceIds::Entered CoreSpaces::enter(AddressSpaceId space) {
  SpaceIds::Entered entered;
  entered.id = space;
  if (services_ != nullptr && services_->shared_half && space == kernel_half_space) {
    throw InputError(
        fmt::format("address space {}: it is the kernel half's with os.kernel_half: shared; expected one "
                    "below it",
                    space));
  }
  if (services_ != nullptr) entered = services_->ids.enter(core_, space);
  if (isolated_ && has_ids_ && entered.id >= user_bit) {
    throw InputError(
        fmt::format("address space {}: with os.kpti one bit of an id says user or kernel; expected one "
                    "below {}",
                    space, user_bit));
  }
  id_ = entered.id;
  return entered;
}

Invalidation CoreSpaces::meaning_of(const Invalidation& invalidation) const {
  if (services_ == nullptr || !services_->shared_half || invalidation.asid != kernel_half_space ||
      !invalidation.covered().space) {
    return invalidation;
  }
  Invalidation every = invalidation;
  every.scope = invalidation.covered().page ? Invalidation::Scope::PageOfEverySpace : Invalidation::Scope::All;
  return every;
}

}  // namespace tablewalk

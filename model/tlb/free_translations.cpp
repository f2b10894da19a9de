#include "tlb/free_translations.h"

#include "paging/reference_walk.h"

namespace tablewalk {

FreeTranslations::FreeTranslations(const PagingMode& mode, PhysicalMemory& memory, Kernel& kernel)
    : mode_(mode), memory_(memory), kernel_(kernel), known_(places) {}

bool FreeTranslations::walk(Known& known, VirtualAddress va, AddressSpaceId space, AddressSpaceId asid, Access access) {
  kernel_.before_walk(space, va, access);
  const PhysicalAddress root = kernel_.root_for(space, access.user);
  const WalkOutcome walk = reference_walk(mode_, memory_, root, va, access);
  fault_ = walk.fault;
  if (!walk.translated) return false;
  known = {invalidations_, va.value() >> mode_.offset_bits(), asid, access, walk.translation};
  return true;
}

}  // namespace tablewalk

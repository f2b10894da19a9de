#include "os/page_owner.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk {

PageOwner owner_of_first_touch(const PagingMode& mode, VirtualAddress va, Access access) {
  if (access.user) return PageOwner::Program;
  const bool upper_half = (va.value() >> (mode.virtual_bits() - 1) & 1) != 0;
  const Rights user_page;
  const bool data = mode.allows(user_page, {AccessKind::Load, false});
  const bool fetch = access.kind != AccessKind::Fetch || mode.allows(user_page, access);
  return !upper_half && data && fetch ? PageOwner::Shared : PageOwner::Kernel;
}

Invalidation::Scope page_scope(const PagingMode& mode) {
  return mode.architecture() == Architecture::X86 ? Invalidation::Scope::PageAndPointers : Invalidation::Scope::Page;
}

void require_translated(const PagingMode& mode, VirtualAddress va) {
  if (mode.translates(va)) return;
  throw InputError(fmt::format("address 0x{:x} is outside the {}-bit address space of paging mode {}", va.value(),
                               mode.virtual_bits(), mode.name()));
}

}  // namespace tablewalk

#pragma once

#include "paging/paging_mode.h"
#include "protocol/invalidation.h"

namespace tablewalk {

/// Who may use a page.
enum class PageOwner : std::uint8_t {
  Program,
  Kernel,
  Shared,  ///< a page of the program that the kernel touched first, such as a buffer, until the kernel makes a fetch
           ///< from it that is not allowed
};

/// The owner of a page without a known layout of the process, by its first access. A page first touched by the program
/// is the program's. If the kernel touches it first, it is the kernel's, unless it lies in the lower half and the
/// control registers allow the kernel's access to a user page. Kernels read and write user pages but fetch only from
/// their own, so a fetch counts only if user pages make no difference to the kernel.
PageOwner owner_of_first_touch(const PagingMode& mode, VirtualAddress va, Access access);

/// What must be invalidated after the entry of a page was changed: in x86 the scope of INVLPG.
Invalidation::Scope page_scope(const PagingMode& mode);

/// Throws InputError if the mode does not translate the address.
void require_translated(const PagingMode& mode, VirtualAddress va);

}  // namespace tablewalk

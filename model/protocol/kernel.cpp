#include "protocol/kernel.h"

#include "base/error.h"

namespace tablewalk {

void Kernel::handle_call(const KernelEvent&, unsigned, Cycles, KernelWork&) {
  throw InputError("a system call needs a kernel with demand paging; expected os.prefault: false, and no image");
}

}  // namespace tablewalk

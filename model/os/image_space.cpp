#include "os/image_space.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk {

std::optional<FaultRepair> ImageSpace::handle_fault(AddressSpaceId, VirtualAddress va, Access access,
                                                    const Fault& fault) {
  if (skip_faults_) return std::nullopt;
  throw InputError(fmt::format(
      "the {} at {:#x} faults: {}, level {} ({}); expected the image to map it, or --skip-faults",
      to_string(access.kind), va.value(), to_string(fault.reason), fault.level, mode_.level(fault.level).name));
}

void ImageSpace::report(StatSet& figures) const {
  figures.count("image.bytes", image_.bytes, "bytes", "physical memory that the image held");
}

}  // namespace tablewalk

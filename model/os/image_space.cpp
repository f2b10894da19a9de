#include "os/image_space.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"

namespace tablewalk {

std::optional<Cycles> ImageSpace::handle_fault(AddressSpaceId, VirtualAddress va, Access access, const Fault& fault) {
  if (skip_faults_) return std::nullopt;
  constexpr std::array names = {"fetch", "load", "store"};
  throw InputError(
      fmt::format("the {} at {:#x} faults: {}, level {} ({}); expected the image to map it, or --skip-faults",
                  names[static_cast<unsigned>(access.kind)], va.value(), to_string(fault.reason), fault.level,
                  mode_.level(fault.level).name));
}

void ImageSpace::report(StatSet& figures) const {
  figures.count("image.bytes", image_.bytes, "bytes", "physical memory that the image held");
}

}  // namespace tablewalk

#include "os/image_space.h"

#include <fmt/format.h>

#include "base/error.h"
#include "paging/walk_steps.h"

namespace tablewalk {

void ImageSpace::handle_fault(const PageFault& page_fault, KernelWork& work) {
  const VirtualAddress va = page_fault.va;
  const Access access = page_fault.access;
  const Fault& fault = page_fault.fault;
  const std::string outside = outside_of_image(mode_, walk_step_by_step(mode_, memory_, root_, va, access), image_);
  if (!outside.empty()) ++faults_outside_;
  work.then = KernelWork::Then::Skip;
  if (skip_faults_) return;
  if (!outside.empty()) {
    throw InputError(fmt::format("the {} at {:#x}: its walk {}; expected an image with the table, or --skip-faults",
                                 to_string(access.kind), va.value(), outside));
  }
  throw InputError(fmt::format(
      "the {} at {:#x} faults: {}, level {} ({}); expected the image to map it, or --skip-faults",
      to_string(access.kind), va.value(), to_string(fault.reason), fault.level, mode_.level(fault.level).name));
}

void ImageSpace::report(StatSet& figures) const {
  figures.begin(Section::Other);
  figures.count("image.bytes", image_.bytes, "bytes", "physical memory in the image").at_end();
  figures.count("image.faults_outside", faults_outside_, "faults",
                "accesses whose walk read a table outside the image's coverage");
}

}  // namespace tablewalk

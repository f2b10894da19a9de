#pragma once

#include "base/error.h"
#include "os/access_check.h"
#include "protocol/kernel.h"

namespace tablewalk {

/// The run ends at an access that the program has no right to.
struct AccessRefused : InputError {
  AccessRefused(const std::string& what, const PageFault& its_fault, const Violation& its_violation)
      : InputError(what), fault(its_fault), violation(its_violation) {}
  PageFault fault;
  Violation violation;  ///< its region is valid as long as the kernel does nothing more
};

}  // namespace tablewalk

#pragma once

#include <string>

#include "report/print_walk.h"

namespace tablewalk {

/// `tablewalk.walk/1`: the root, and an object for each address. Addresses and entries are hexadecimal text.
std::string walks_to_json(const WalkReport& report);

/// A row for each entry read; the result is in the last row of its address.
std::string walks_to_csv(const WalkReport& report);

}  // namespace tablewalk

#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace tablewalk {

/// An address in a result file: text, because a number of JavaScript has only 53 bits.
inline std::string address_text(std::uint64_t address) {
  return fmt::format("{:#x}", address);
}

}  // namespace tablewalk

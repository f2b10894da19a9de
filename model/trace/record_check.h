#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "trace/stream_reader.h"

namespace tablewalk {

/// Whether (address, size) is an access a program can make: a size from 1 to max_record_size, no end beyond 2^64.
inline bool is_possible_access(std::uint64_t address, std::uint64_t size) {
  return size - 1 < max_record_size && address <= ~std::uint64_t{0} - (size - 1);
}

/// Why is_possible_access() said no, for a message.
inline std::string why_impossible(std::uint64_t address, std::uint64_t size) {
  if (size - 1 >= max_record_size) {
    return fmt::format("an access of {} bytes: expected a size from 1 to {}", size, max_record_size);
  }
  return fmt::format("an access of {} bytes at {:#x} ends beyond 64 bits of address", size, address);
}

}  // namespace tablewalk

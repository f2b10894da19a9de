#pragma once

#include <cstdint>

namespace tablewalk {

/// What the kernel did with huge pages.
struct HugeStats {
  std::uint64_t faults = 0;               ///< first touches that got one
  std::uint64_t fallbacks = 0;            ///< there was no memory for one
  std::uint64_t promotions = 0;           ///< small pages became one
  std::uint64_t demotions = 0;            ///< one was split
  std::uint64_t copied_bytes = 0;         ///< by promotions
  std::uint64_t reservations = 0;         ///< of physical memory for one
  std::uint64_t reservations_broken = 0;  ///< before they were full
  std::uint64_t compactions = 0;
  std::uint64_t compactions_failed = 0;
  std::uint64_t moved_pages = 0;  ///< by compactions
};

}  // namespace tablewalk

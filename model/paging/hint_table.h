#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace tablewalk {

/// A table in memory that tells where a walk may find its page, for caches in the walker. What it tells is only a hint:
/// a walk that does not find its page with hints begins again without, so that outdated ones cost time, and no more.
struct HintTable {
  std::string name;          ///< `pmd`: that of its cache
  unsigned index_shift = 0;  ///< log2 of the bytes that an entry tells about
};

/// As it is in memory.
struct HintEntry {
  static constexpr unsigned bytes = 64;
  std::array<std::uint64_t, bytes / sizeof(std::uint64_t)> words{};
};

}  // namespace tablewalk

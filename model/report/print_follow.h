#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "report/print_options.h"

namespace tablewalk {

/// One translation in words.
struct FollowedTranslation {
  /// Consecutive cycles of it.
  struct Part {
    bool in_kernel = false;
    std::string what;
    std::uint64_t cycles = 0;
  };

  unsigned core = 0;
  std::string access;    ///< load, store, fetch
  unsigned process = 0;  ///< its address space
  std::uint64_t va = 0;
  std::string found_in;  ///< dtlb, itlb, stlb, walk
  std::string reads;     ///< entries read, each with its level and the memory that served it; empty: none
  std::string result;    ///< the physical address, or the fault
  std::uint64_t cycles = 0;
  std::vector<Part> parts;  ///< of `cycles`; none if the kernel did nothing
};

/// Prints one row per translation, and how many more there were. As text, a row for each of its parts too, and the core
/// and the process only if there are several.
void print_follow(const std::vector<FollowedTranslation>& translations, std::uint64_t omitted, OutputFormat format,
                  std::ostream& out);

}  // namespace tablewalk

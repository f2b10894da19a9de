#pragma once

#include <cstdint>
#include <string>

namespace tablewalk {

/// The number of ways per set: 0 ways means fully associative.
inline std::uint32_t ways_of(std::uint32_t entries, std::uint32_t ways) {
  return ways == 0 ? entries : ways;
}
inline std::uint32_t sets_of(std::uint32_t entries, std::uint32_t ways) {
  return entries / ways_of(entries, ways);
}

/// Reports an invalid geometry to a config check: `problem(key, text)`. An array may not be empty.
template <class Problem>
void check_geometry(std::uint32_t entries, std::uint32_t ways, Problem&& problem) {
  if (entries == 0) {
    problem("entries", "0 entries hold nothing; expected at least 1 (leave the array out to have none)");
  } else if (entries % ways_of(entries, ways) != 0) {
    problem("ways", std::to_string(ways) + " ways do not divide " + std::to_string(entries) +
                        " entries; expected a divisor, or 0 for fully associative");
  }
}

}  // namespace tablewalk

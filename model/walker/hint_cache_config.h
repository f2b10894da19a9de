#pragma once

#include <cstdint>
#include <string>

#include "config/largest.h"

namespace tablewalk {

/// The cuckoo walk caches of a walker: entries of the cuckoo walk tables. Fully associative, least recently used first
/// out. Each entry is of 64 sections. The sizes of the two upper ones are those of Skarlatos et al., ASPLOS 2020.
struct HintCacheConfig {
  std::uint32_t pte = 64;
  std::uint32_t pmd = 16;
  std::uint32_t pud = 2;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("pte", pte, "entries", "entries of the walk table of 4K pages, each for 2 MiB; 0: no such cache",
               largest::entries);
    keys.value("pmd", pmd, "entries", "entries of the walk table of 2M pages, each for 1 GiB; 0: no such cache",
               largest::entries);
    keys.value("pud", pud, "entries", "entries of the walk table of 1G pages, each for 512 GiB; 0: no such cache",
               largest::entries);
  }
  template <class Problem>
  void check(Problem&&) const {}

  /// Of the table with that name.
  std::uint32_t entries_of(const std::string& table) const { return table == "pte" ? pte : table == "pmd" ? pmd : pud; }
};

}  // namespace tablewalk

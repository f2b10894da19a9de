#pragma once

#include <cstdint>

#include "base/types.h"
#include "config/schema.h"

namespace tablewalk {

/// Pages that are read before an access needs them.
struct ReadaheadConfig {
  static constexpr std::uint32_t most_pages = 1024;

  std::uint32_t file_pages = 0;
  std::uint32_t first_pages = 4;
  std::uint32_t swap_pages = 0;

  bool any() const { return file_pages != 0 || swap_pages > 1; }

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("file_pages", file_pages, "pages",
               "largest window of a file that is read in order; 0: nothing is read ahead in files (Linux: 32)",
               most_pages);
    keys.value("first_pages", first_pages, "pages", "first window; each further one is twice as large (Linux: 4)",
               most_pages);
    keys.value("swap_pages", swap_pages, "pages",
               "slots of the swap device that are read together, an aligned power of two; 0: only the one needed "
               "(Linux: 8)",
               most_pages);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (first_pages < 1) problem("first_pages", "0 pages; expected from 1 to 1024");
    if (swap_pages != 0 && !is_power_of_two(swap_pages)) {
      problem("swap_pages", "no power of two; expected 0, or a power of two up to 1024");
    }
  }
};

}  // namespace tablewalk

#pragma once

#include <cstddef>
#include <cstdint>

#include "associative/replacement.h"

namespace tablewalk {

/// Which lines of a full set may be evicted if lines with page-table entries are favoured over data. While at most
/// `bound` lines of the set hold entries, they are evicted only if there is no other line. With more of them, all lines
/// are treated alike. The replacement policy chooses among the lines that may go.
class TableWays {
 public:
  TableWays(std::uint32_t bound, std::uint32_t ways) : bound_(bound), candidates_(bound == 0 ? 0 : ways) {}

  bool favoured() const { return bound_ != 0; }

  /// nullptr: any line. `lines`: those of the set.
  template <class Line>
  const Candidates* operator()(const Line* lines) {
    std::uint32_t tables = 0;
    for (std::size_t way = 0; way < candidates_.size(); ++way) {
      candidates_[way] = lines[way].table ? 0 : 1;
      tables += lines[way].table ? 1 : 0;
    }
    return tables <= bound_ && tables < candidates_.size() ? &candidates_ : nullptr;
  }

 private:
  std::uint32_t bound_;
  Candidates candidates_;
};

}  // namespace tablewalk

#pragma once

#include <optional>
#include <vector>

#include "paging/flattened_mode.h"
#include "paging/table_size.h"

namespace tablewalk {

/// Counts the tables of a flattened mode that map runs of pages added in ascending order, if there is memory for every
/// merged table.
class FlattenedCount {
 public:
  explicit FlattenedCount(const FlattenedMode& mode);

  void add(const PageRun& run);
  /// By level.
  const std::vector<std::uint64_t>& tables() const { return tables_; }
  const std::vector<std::uint64_t>& bytes() const { return bytes_; }

 private:
  /// Levels with tables of their own, or two that may be merged, below the root's.
  struct Group {
    unsigned top = 0;
    unsigned bottom = 0;
    unsigned shift = 0;  ///< of the address bits that select one
    std::optional<std::uint64_t> previous;
    bool previous_is_merged = false;
    std::optional<std::uint64_t> previous_lower;  ///< table of the lower level beside an ordinary upper one
  };

  void add(Group& group, const PageRun& run);
  void add_lower(Group& group, const PageRun& run);
  void count(unsigned level, bool merged, std::uint64_t tables);

  const FlattenedMode& mode_;
  std::vector<Group> groups_;
  std::vector<std::uint64_t> tables_;
  std::vector<std::uint64_t> bytes_;
};

}  // namespace tablewalk

#include "paging/flattened_count.h"

#include <algorithm>

namespace tablewalk {

FlattenedCount::FlattenedCount(const FlattenedMode& mode) : mode_(mode), tables_(mode.levels()), bytes_(mode.levels()) {
  for (unsigned level = 0; level < mode.levels(); ++level) {
    Group group;
    group.bottom = level;
    if (mode.is_upper(level + 1)) ++level;
    group.top = level;
    group.shift = mode.level(level).index_shift + mode.level(level).index_bits;
    if (level != mode.root_level()) {
      groups_.push_back(group);
    } else {
      count(group.bottom, group.bottom != group.top, 1);
    }
  }
}

void FlattenedCount::count(unsigned level, bool merged, std::uint64_t tables) {
  const PhysicalAddress any(merged ? 1 : 0);
  tables_[level] += tables;
  bytes_[level] += tables * mode_.bytes_of(any, level);
}

void FlattenedCount::add(const PageRun& run) {
  for (Group& group : groups_) {
    if (run.pages.level <= group.top) add(group, run);
  }
}

void FlattenedCount::add(Group& group, const PageRun& run) {
  const std::uint64_t first = run.first >> group.shift;
  const std::uint64_t last = run.last >> group.shift;
  const bool shared = group.previous == first;
  const std::uint64_t fresh = last - first + (shared ? 0 : 1);
  const bool pair = group.top != group.bottom;
  const bool merged = pair && run.pages.level != group.top;
  if (pair && shared && !group.previous_is_merged && run.pages.level <= group.bottom) add_lower(group, run);
  count(merged ? group.bottom : group.top, merged, fresh);
  if (fresh != 0) group.previous_is_merged = merged;
  group.previous = last;
}

/// The run begins where there is an ordinary table of the upper level.
void FlattenedCount::add_lower(Group& group, const PageRun& run) {
  const unsigned shift = mode_.index_shift(group.top);
  const std::uint64_t end = std::min(run.last, run.first | low_bits(group.shift));
  const std::uint64_t first = run.first >> shift;
  const std::uint64_t last = end >> shift;
  count(group.bottom, false, last - first + (group.previous_lower == first ? 0 : 1));
  group.previous_lower = last;
}

}  // namespace tablewalk

#include "tlb/prefetcher.h"

#include <algorithm>

namespace tablewalk {

void NextPagePrefetcher::missed(const PrefetchCause& cause, std::vector<std::uint64_t>& wanted) {
  for (std::uint64_t ahead = 1; ahead <= degree_; ++ahead) wanted.push_back(cause.page + ahead);
}

void StridePrefetcher::missed(const PrefetchCause& cause, std::vector<std::uint64_t>& wanted) {
  const std::uint64_t instruction = cause.instruction ? cause.instruction->value() : 0;
  Row& row = rows_[instruction % rows_.size()];
  if (!row.valid || row.instruction != instruction || row.asid != cause.asid) {
    row = {true, instruction, cause.asid, cause.page, 0};
    return;
  }
  const std::uint64_t step = cause.page - row.last;
  if (step == 0) return;
  const bool again = step == row.step;
  row.last = cause.page;
  row.step = step;
  for (std::uint64_t ahead = 1; again && ahead <= degree_; ++ahead) {
    const std::uint64_t page = cause.page + ahead * step;
    if (page == cause.page) return;  // it wrapped around
    wanted.push_back(page);
  }
}

void DistancePrefetcher::missed(const PrefetchCause& cause, std::vector<std::uint64_t>& wanted) {
  if (!last_ || asid_ != cause.asid) {
    last_ = cause.page;
    asid_ = cause.asid;
    last_distance_.reset();
    return;
  }
  const std::uint64_t distance = cause.page - *last_;
  if (distance == 0) return;
  if (last_distance_) remember(*last_distance_, distance);
  last_ = cause.page;
  last_distance_ = distance;
  const Row& row = row_of(distance);
  if (!row.valid || row.distance != distance) return;
  for (const std::uint64_t next : row.next) wanted.push_back(cause.page + next);
}

void DistancePrefetcher::remember(std::uint64_t distance, std::uint64_t next) {
  Row& row = row_of(distance);
  if (!row.valid || row.distance != distance) row = {true, distance, {}};
  const auto known = std::find(row.next.begin(), row.next.end(), next);
  if (known != row.next.end()) row.next.erase(known);
  row.next.insert(row.next.begin(), next);
  if (row.next.size() > degree_) row.next.pop_back();
}

std::unique_ptr<Prefetcher> make_prefetcher(const PrefetchConfig& config) {
  switch (config.kind) {
    case PrefetchKind::NextPage:
      return std::make_unique<NextPagePrefetcher>(config.degree);
    case PrefetchKind::Stride:
      return std::make_unique<StridePrefetcher>(config.degree, config.table);
    case PrefetchKind::Distance:
      return std::make_unique<DistancePrefetcher>(config.degree, config.table);
    case PrefetchKind::None:
    case PrefetchKind::Line:
      break;
  }
  return nullptr;
}

}  // namespace tablewalk

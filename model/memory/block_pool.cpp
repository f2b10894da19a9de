#include "memory/block_pool.h"

#include <algorithm>

#include "base/types.h"

namespace tablewalk {

void BlockPool::add(std::uint64_t first, std::uint64_t end) {
  while (first < end) {
    // The largest block allowed by the alignment of its start and by the space left.
    unsigned order = log2_floor(end - first);
    while ((first & low_bits(order)) != 0) --order;
    give_back(first, order);
    first += std::uint64_t{1} << order;
  }
}

std::optional<std::uint64_t> BlockPool::take(unsigned order) {
  unsigned found = order;
  while (found < orders && free_of_order_[found].empty()) ++found;
  if (found == orders) return std::nullopt;
  const std::uint64_t first = free_of_order_[found].back();
  free_of_order_[found].pop_back();
  while (found > order) {
    --found;
    give_back(first + (std::uint64_t{1} << found), found);
  }
  return first;
}

}  // namespace tablewalk

#include "stats/attribution.h"

#include <algorithm>
#include <tuple>

namespace tablewalk {
namespace {

bool is_others(const AttributedWalks& row) {
  return row.name == Attribution::others;
}

}  // namespace

AttributedRows first_rows(const AttributedRows& rows, std::size_t most) {
  AttributedRows first;
  AttributedWalks others;
  others.name = Attribution::others;
  bool any = false;
  for (const AttributedWalks& row : rows) {
    if (!is_others(row) && (most == 0 || first.size() < most)) {
      first.push_back(row);
      continue;
    }
    any = true;
    others.walks += row.walks;
    others.walk_cycles += row.walk_cycles;
  }
  if (any) first.push_back(others);
  return first;
}

void sort_rows(AttributedRows& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const AttributedWalks& a, const AttributedWalks& b) {
    return std::tuple(is_others(a), b.walk_cycles, a.address, a.asid) <
           std::tuple(is_others(b), a.walk_cycles, b.address, b.asid);
  });
}

}  // namespace tablewalk

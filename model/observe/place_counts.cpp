#include "observe/place_counts.h"

#include <algorithm>
#include <tuple>

namespace tablewalk {
namespace {

/// No larger places: what is left are different address spaces.
constexpr unsigned largest_shift = 60;

}  // namespace

void PlaceCounts::Count::add(const Count& other) {
  times += other.times;
  cycles += other.cycles;
  for (unsigned i = 0; i < served_by_count; ++i) served[i] += other.served[i];
}

void PlaceCounts::add(AddressSpaceId asid, std::uint64_t address, const Count& count) {
  counts_[{address >> shift_, asid}].add(count);
  while (counts_.size() > most_ && shift_ < largest_shift) coarsen();
}

void PlaceCounts::coarsen() {
  ++shift_;
  std::unordered_map<Key, Count, KeyHash> coarse;
  for (const auto& [key, count] : counts_) coarse[{key.number >> 1, key.asid}].add(count);
  counts_ = std::move(coarse);
}

void PlaceCounts::reset() {
  counts_.clear();
  shift_ = first_shift_;
}

std::vector<PlaceCounts::Place> PlaceCounts::places() const {
  std::vector<Place> places;
  places.reserve(counts_.size());
  for (const auto& [key, count] : counts_) places.push_back({key.asid, key.number << shift_, count});
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return std::tie(a.asid, a.address) < std::tie(b.asid, b.address); });
  return places;
}

PlaceCounts PlaceCounts::coarser(std::size_t most) const {
  PlaceCounts copy = *this;
  copy.most_ = most;
  while (copy.counts_.size() > most && copy.shift_ < largest_shift) copy.coarsen();
  return copy;
}

}  // namespace tablewalk

#include "tlb/tlb_arrays.h"

#include <algorithm>

namespace tablewalk {

TlbArrays::TlbArrays(const TlbConfig& config, const PagingMode& mode) : mode_(mode), page_shift_(mode.offset_bits()) {
  last_.page_mask = ~low_bits(page_shift_);
  if (!config.enabled) return;
  for (const TlbArrayConfig& array : config.arrays) {
    arrays_.emplace_back(array, page_shifts(mode));
    latencies_.push_back(array.latency_cycles);
    coalesce_ |= arrays_.back().coalesces();
    may_reuse_last_ &= arrays_.back().may_reuse_last();
    miss_latency_ = std::max(miss_latency_, array.latency_cycles);
  }
}

CoalescingStats TlbArrays::coalescing() const {
  CoalescingStats sum;
  for (const TlbArray& array : arrays_) sum += array.coalescing();
  return sum;
}

void TlbArrays::reset_stats() {
  for (TlbArray& array : arrays_) array.reset_stats();
}

TlbArrays::Hit TlbArrays::find(VirtualAddress va, AddressSpaceId asid, Access access) {
  last_.forget();
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    if (const Translation* found = arrays_[i].find(va, asid, access)) return {found, latencies_[i]};
  }
  return {};
}

bool TlbArrays::install(VirtualAddress va, AddressSpaceId asid, const Translation& found) {
  if (!install_in(arrays_, mode_, va, asid, found)) return false;
  last_.forget();
  return true;
}

bool TlbArrays::install_hidden(VirtualAddress va, AddressSpaceId asid, const Translation& found) {
  const auto [array, shift] = array_for(arrays_, found.page_shift);
  if (array == nullptr) return false;
  array->install(va, asid, shift == found.page_shift ? found : part_of(found, va, shift), 0);
  last_.forget();
  return true;
}

const Translation* TlbArrays::find_hidden(VirtualAddress va, AddressSpaceId asid) {
  last_.forget();
  for (TlbArray& array : arrays_) {
    if (const Translation* found = array.find_hidden(va, asid)) return found;
  }
  return nullptr;
}

bool TlbArrays::holds_page(VirtualAddress va, AddressSpaceId asid) const {
  return std::any_of(arrays_.begin(), arrays_.end(), [&](const TlbArray& array) { return array.holds_page(va, asid); });
}

const std::optional<TlbVictim>& TlbArrays::victim(unsigned page_shift) {
  static const std::optional<TlbVictim> none;
  const TlbArray* array = array_for(arrays_, page_shift).first;
  return array == nullptr ? none : array->victim();
}

std::uint64_t TlbArrays::invalidate(const Invalidation& invalidation) {
  last_.forget();
  std::uint64_t taken_out = 0;
  for (TlbArray& array : arrays_) taken_out += array.invalidate(invalidation);
  return taken_out;
}

}  // namespace tablewalk

#include "walker/page_size_cache.h"

#include "paging/hashing_mode.h"

namespace tablewalk {

PageSizeCache::PageSizeCache(const PageSizeCacheConfig& config)
    : region_shift_(log2_floor(config.region_bytes.bytes)), array_(1, config.entries, Replacement::Lru) {}

PageSizeCache::Entry* PageSizeCache::find(VirtualAddress va, AddressSpaceId asid) {
  return array_.find(0, va.value() >> region_shift_, [&](const Entry& entry) { return entry.asid == asid; });
}

std::uint64_t PageSizeCache::look_up(VirtualAddress va, AddressSpaceId asid) {
  ++stats_.lookups;
  const Entry* entry = find(va, asid);
  if (entry == nullptr) return 0;
  ++stats_.hits;
  return std::uint64_t{1} + entry->size;
}

void PageSizeCache::learn(VirtualAddress va, AddressSpaceId asid, unsigned size, std::uint64_t guess) {
  if (guess != 0 && guess != std::uint64_t{1} + size) ++stats_.wrong;
  const Entry learned{asid, static_cast<std::uint8_t>(size)};
  if (Entry* known = find(va, asid)) {
    *known = learned;
  } else {
    array_.insert(0, va.value() >> region_shift_, learned);
  }
}

void PageSizeCache::report(StatSet& figures) const {
  figures.begin(Section::WalkCaches);
  figures.count("walk_cache.size.lookups", stats_.lookups, "lookups", "lookups of a region's page size, one per walk");
  figures.count("walk_cache.size.hits", stats_.hits, "lookups", "lookups that hit");
  figures.count("walk_cache.size.wrong", stats_.wrong, "walks", "walks that found a page of another size");
}

std::unique_ptr<PageSizeCache> make_page_size_cache(const PagingMode& mode, const PageSizeCacheConfig& config) {
  const auto* hashing = dynamic_cast<const HashingMode*>(&mode);
  if (config.entries == 0 || hashing == nullptr || !hashing->searches_sizes()) return nullptr;
  return std::make_unique<PageSizeCache>(config);
}

}  // namespace tablewalk

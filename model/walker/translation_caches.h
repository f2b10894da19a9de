#pragma once

#include "walker/walk_cache.h"
#include "walker/walk_cache_arrays.h"

namespace tablewalk {

/// Pointers tagged by the part of the virtual address that selects them: "split translation cache" with an array per
/// level, as in Intel's processors, or "unified translation cache" with one array for all levels.
class TranslationCaches final : public WalkCaches {
 public:
  TranslationCaches(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode, bool unified);

  std::optional<WalkStart> find(VirtualAddress va, AddressSpaceId asid) override;
  void remember(VirtualAddress va, AddressSpaceId asid, const WalkStart& table) override;
  std::uint64_t invalidate(const Invalidation& invalidation) override;

  static std::uint64_t host_bytes(const WalkCacheConfig& config) { return WalkCacheArrays<Entry>::host_bytes(config); }

 private:
  struct Entry {
    WalkStart table;
    AddressSpaceId asid = 0;
    std::uint8_t index = 0;  ///< of the level
  };
  Entry* look_up(std::size_t index, std::uint64_t prefix, AddressSpaceId asid);

  std::vector<unsigned> shifts_;  ///< by index of the level: of the address bits that select the entry
  WalkCacheArrays<Entry> arrays_;
};

}  // namespace tablewalk

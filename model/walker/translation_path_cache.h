#pragma once

#include <array>

#include "walker/walk_cache.h"
#include "walker/walk_cache_arrays.h"

namespace tablewalk {

/// "Translation path cache": an entry has all pointers on the way to a last-level table, and serves every address that
/// shares a part of the way. Fully associative.
class TranslationPathCache final : public WalkCaches {
 public:
  TranslationPathCache(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode);

  std::optional<WalkStart> find(VirtualAddress va, AddressSpaceId asid) override;
  void remember(VirtualAddress va, AddressSpaceId asid, const WalkStart& table) override;
  std::uint64_t invalidate(const Invalidation& invalidation) override;

  static std::uint64_t host_bytes(const WalkCacheConfig& config) { return WalkCacheArrays<Path>::host_bytes(config); }

 private:
  static constexpr std::size_t most_levels = 7;
  struct Path {
    std::array<WalkStart, most_levels> tables{};  ///< by index of the level
    std::uint8_t known = 0;                       ///< bit i: tables[i]
    AddressSpaceId asid = 0;
  };
  /// The path with the deepest table for `va`, of those that know a table from index `from` on.
  Path* longest(VirtualAddress va, AddressSpaceId asid, std::size_t from, std::size_t& index);
  std::uint64_t key_of(VirtualAddress va) const { return va.value() >> shifts_.front(); }

  std::vector<unsigned> shifts_;  ///< by index of the level
  WalkCacheArrays<Path> arrays_;
};

}  // namespace tablewalk

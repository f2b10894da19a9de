#pragma once

#include <array>
#include <optional>
#include <vector>

#include "associative/set_associative.h"
#include "paging/walk.h"
#include "protocol/invalidation.h"
#include "tlb/tlb_config.h"

namespace tablewalk {

/// One array of a TLB: its translations and their replacement. Pure: no time.
class TlbArray {
 public:
  /// `page_shifts`: log2 of the mode's page sizes, smallest first; the config may limit the array to some of them.
  TlbArray(const TlbArrayConfig& config, const std::vector<unsigned>& page_shifts);

  /// The translation for `va` that allows the access without a walk (a store needs the dirty bit set), if any. Marks it
  /// as used.
  const Translation* find(VirtualAddress va, AddressSpaceId asid, Access access) {
    for (std::uint32_t left = sizes_held_; left != 0; left &= left - 1) {
      const Size& size = sizes_[static_cast<unsigned>(__builtin_ctz(left))];
      const std::uint64_t number = va.value() >> size.shift;
      const Entry* entry = entries_.find(entries_.set_of(number), size.key_of(number), [&](const Entry& candidate) {
        return (candidate.global || candidate.asid == asid) && (candidate.allowed >> code_of(access) & 1) != 0;
      });
      if (entry != nullptr) return &entry->translation;
    }
    return nullptr;
  }

  /// As in SetAssociative.
  bool may_reuse_last() const { return entries_.may_reuse_last(); }
  bool holds(unsigned page_shift) const;
  /// The largest page size (log2) it holds that is at most `page_shift`.
  std::optional<unsigned> largest_shift_within(unsigned page_shift) const {
    const std::uint8_t size = size_within_[page_shift];
    return size == no_size ? std::nullopt : std::optional<unsigned>(sizes_[size].shift);
  }
  /// The accesses that `translation` serves without a walk, as install() takes it. Cached, since most repeat.
  std::uint8_t allowed(const PagingMode& mode, const Translation& translation);
  /// Installs a translation of a size it holds; `allowed`: the accesses it serves (bit code_of(access)).
  void install(VirtualAddress va, AddressSpaceId asid, const Translation& translation, std::uint8_t allowed);
  /// Removes what the invalidation covers; returns the number of translations removed. If a page is held in parts, all
  /// of them are removed.
  std::uint64_t invalidate(const Invalidation& invalidation);

  /// Host memory used, in bytes.
  static std::uint64_t host_bytes(const TlbArrayConfig& config) {
    return SetAssociative<Entry>::host_bytes(config.entries, ways_of(config.entries, config.ways));
  }

  static unsigned code_of(Access access) { return static_cast<unsigned>(access.kind) * 2 + (access.user ? 1 : 0); }

 private:
  struct Entry {
    Translation translation;
    AddressSpaceId asid = 0;
    std::uint8_t allowed = 0;
    bool global = false;
  };
  struct Size {
    unsigned shift;
    std::uint64_t index;
    std::uint64_t held = 0;  ///< entries of that size
    std::uint64_t key_of(std::uint64_t number) const { return number | index << 60; }
  };
  static std::size_t index_in(std::uint64_t key) { return key >> 60; }
  void count_in(std::size_t size) {
    if (sizes_[size].held++ == 0) sizes_held_ |= std::uint32_t{1} << size;
  }
  void count_out(std::size_t size) {
    if (--sizes_[size].held == 0) sizes_held_ &= ~(std::uint32_t{1} << size);
  }

  static constexpr std::uint8_t no_size = 0xff;

  std::vector<Size> sizes_;
  std::array<std::uint8_t, 65> size_within_{};  ///< [log2 of bytes]: the largest of sizes_ that is not larger
  std::uint32_t sizes_held_ = 0;  ///< bit i: there are entries of sizes_[i]; other sizes are not looked up
  SetAssociative<Entry> entries_;

  /// The last result of allowed(), with its arguments.
  struct Allowed {
    const PagingMode* mode = nullptr;
    Rights rights;
    bool dirty = false;
    std::uint8_t accesses = 0;
  };
  Allowed last_allowed_;
};

/// Installs a walk's result in the array for its page size; if no array holds that size, the part of the page with the
/// address goes into the array with the next smaller size. False if no array holds any part of it.
bool install_in(std::vector<TlbArray>& arrays, const PagingMode& mode, VirtualAddress va, AddressSpaceId asid,
                const Translation& found);

/// The accesses that a translation serves without a walk, in TlbArray's encoding.
std::uint8_t allowed_accesses(const PagingMode& mode, const Translation& translation);

}  // namespace tablewalk

#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "associative/set_associative.h"
#include "paging/walk.h"
#include "protocol/invalidation.h"
#include "tlb/tlb_config.h"

namespace tablewalk {

/// What coalescing did in an array. A neighbour is a page that came with another page's translation.
struct CoalescingStats {
  std::uint64_t fills = 0;            ///< translations installed
  std::uint64_t extended = 0;         ///< of these, added to an entry with pages of their group
  std::uint64_t neighbours = 0;       ///< neighbours installed
  std::uint64_t used_neighbours = 0;  ///< of these, hit at least once
  std::uint64_t pages = 0;            ///< summed over fills: pages in the entry after the fill

  CoalescingStats& operator+=(const CoalescingStats& other);
};

/// An entry that an installation evicted.
struct TlbVictim {
  std::uint64_t number = 0;  ///< of the page, or of its group
  unsigned shift = 0;        ///< log2 of the page size
  AddressSpaceId asid = 0;
  bool hidden = false;  ///< it served no access
};

/// One array of a TLB: its translations and their replacement. Pure: no time.
///
/// With `coalesce`, an entry holds pages of one size in an aligned group of that many, whose frames are at the same
/// distance from their addresses and which are equal in everything else. The set is chosen by the group's number. A
/// page is in one entry at most; pages of a group that differ are in different entries.
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
    return groups_held_ == 0 ? nullptr : find_in_groups(va, asid, access);
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
  /// Whether it has the page, also in an entry that serves no access.
  bool holds_page(VirtualAddress va, AddressSpaceId asid) const;
  /// The translation of a page whose entry serves no access, marked as used. Not with `coalesce`.
  const Translation* find_hidden(VirtualAddress va, AddressSpaceId asid);
  /// What the last installation evicted.
  const std::optional<TlbVictim>& victim() const { return victim_; }
  /// Removes what the invalidation covers; returns the number of translations removed. If a page is held in parts, all
  /// of them are removed.
  std::uint64_t invalidate(const Invalidation& invalidation);

  bool coalesces() const { return group_bits_ != 0; }
  const CoalescingStats& coalescing() const { return coalescing_; }
  void reset_stats() { coalescing_ = {}; }

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
    // With `coalesce`: the pages it holds, by their place in the group. `translation` is then that of place 0, held or
    // not; its address may be below 0.
    std::uint16_t pages = 0;
    std::uint16_t asked_for = 0;  ///< of these, those installed or hit by a request of their own
  };
  struct Size {
    unsigned shift;
    std::uint64_t index;
    std::uint64_t held = 0;  ///< entries of that size
    std::uint64_t key_of(std::uint64_t number) const { return number | index << 60; }
  };
  static std::size_t index_in(std::uint64_t key) { return key >> 60; }
  std::uint32_t& held() { return coalesces() ? groups_held_ : sizes_held_; }
  void count_in(std::size_t size) {
    if (sizes_[size].held++ == 0) held() |= std::uint32_t{1} << size;
  }
  void count_out(std::size_t size) {
    if (--sizes_[size].held == 0) held() &= ~(std::uint32_t{1} << size);
  }
  void insert(const Size& size, std::uint64_t number, const Entry& entry);

  // With `coalesce`, in tlb_groups.cpp.
  const Translation* find_in_groups(VirtualAddress va, AddressSpaceId asid, Access access);
  void install_in_group(const Size& size, std::uint64_t number, const Entry& page);
  void drop_pages(const Size& size, std::uint64_t group, const Entry& newer);
  std::uint64_t invalidate_groups(const Invalidation& invalidation);
  unsigned place_of(std::uint64_t number) const { return static_cast<unsigned>(number & low_bits(group_bits_)); }

  static constexpr std::uint8_t no_size = 0xff;

  std::vector<Size> sizes_;
  std::array<std::uint8_t, 65> size_within_{};  ///< [log2 of bytes]: the largest of sizes_ that is not larger
  std::uint32_t sizes_held_ = 0;   ///< bit i: there are entries of sizes_[i]; other sizes are not looked up
  std::uint32_t groups_held_ = 0;  ///< the same of an array with `coalesce`, whose sizes_held_ stays 0
  unsigned group_bits_ = 0;        ///< log2 of `coalesce`
  SetAssociative<Entry> entries_;

  /// The last result of allowed(), with its arguments.
  struct Allowed {
    const PagingMode* mode = nullptr;
    Rights rights;
    bool dirty = false;
    std::uint8_t accesses = 0;
  };
  Allowed last_allowed_;

  std::optional<TlbVictim> victim_;
  CoalescingStats coalescing_;
  Translation found_;  ///< the result of the last find_in_groups()
};

/// log2 of the mode's page sizes, smallest first.
std::vector<unsigned> page_shifts(const PagingMode& mode);

/// The part of a larger page around `va` that an array with parts of 2^shift bytes holds. Its neighbours are the other
/// parts.
Translation part_of(const Translation& page, VirtualAddress va, unsigned shift);

/// Installs a walk's result in the array for its page size; if no array holds that size, the part of the page with the
/// address goes into the array with the next smaller size. False if no array holds any part of it.
bool install_in(std::vector<TlbArray>& arrays, const PagingMode& mode, VirtualAddress va, AddressSpaceId asid,
                const Translation& found);
/// The array that holds the largest part of a page of that size, and log2 of the part's size; nullptr if none does.
std::pair<TlbArray*, unsigned> array_for(std::vector<TlbArray>& arrays, unsigned page_shift);

/// The accesses that a translation serves without a walk, in TlbArray's encoding.
std::uint8_t allowed_accesses(const PagingMode& mode, const Translation& translation);

}  // namespace tablewalk

#pragma once

#include "paging/x86_entry.h"

namespace tablewalk {

/// 4-level and 5-level paging (Intel SDM volume 3, 4.5): 9 bits a level, 8-byte entries, pages of 4 KiB, 2 MiB and 1
/// GiB. IA32_EFER.NXE is set, CR4.PKE and PKS are not (bits 62:59 are ignored).
class X8664Mode final : public x86::Mode {
 public:
  /// `levels`: 4 or 5 (LA57). `physical_bits`: MAXPHYADDR, at most 52; frame bits above it are reserved.
  X8664Mode(std::string name, unsigned levels, unsigned physical_bits = 52);
  /// Canonical: all bits above the highest translated one equal it.
  bool translates(VirtualAddress va) const override;
  EntryView decode(std::uint64_t entry, unsigned at_level) const override;
  std::uint64_t encode_pointer(PhysicalAddress table, unsigned at_level) const override;
  std::uint64_t encode_leaf(PhysicalAddress frame, unsigned at_level, const LeafSpec& spec) const override;

 private:
  static std::vector<LevelShape> shape(unsigned levels);

  static constexpr unsigned page_shift = 12;
  static constexpr unsigned highest_leaf_level = 2;  ///< 1 GiB pages
  static constexpr std::uint64_t frame_mask = low_bits(52) & ~low_bits(page_shift);

  std::uint64_t reserved_address_bits_;  ///< MAXPHYADDR to 51
};

inline bool X8664Mode::translates(VirtualAddress va) const {
  const std::uint64_t upper = va.value() >> (virtual_bits() - 1);
  return upper == 0 || upper == low_bits(64 - virtual_bits() + 1);
}

inline EntryView X8664Mode::decode(std::uint64_t entry, unsigned at_level) const {
  if ((entry & x86::present) == 0) return {};
  if ((entry & reserved_address_bits_) != 0) return reserved_bit_set();
  if (at_level > highest_leaf_level && (entry & x86::page_size) != 0) return reserved_bit_set();
  if (at_level == 0 || !is_leaf(entry, at_level)) return view(entry, at_level, entry & frame_mask);
  const std::uint64_t below_frame = low_bits(level(at_level).index_shift) & frame_mask;
  if ((entry & below_frame & ~x86::large_pat) != 0) return reserved_bit_set();
  return view(entry, at_level, entry & frame_mask & ~below_frame);
}

}  // namespace tablewalk

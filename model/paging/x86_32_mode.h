#pragma once

#include "paging/x86_entry.h"

namespace tablewalk {

/// 32-bit paging without PAE (Intel SDM volume 3, 4.3): 10/10/12 bits, 4-byte entries, 4 MiB pages by the PS bit.
/// Tables and 4 KiB pages lie below 4 GiB; 4 MiB pages below 1 TiB (PSE-36, physical addresses of 40 bits). It has no
/// no-execute bit: every page may be executed.
class X8632Mode final : public x86::Mode {
 public:
  X8632Mode();
  bool translates(VirtualAddress va) const override;
  EntryView decode(std::uint64_t entry, unsigned at_level) const override;
  std::uint64_t encode_pointer(PhysicalAddress table, unsigned at_level) const override;
  std::uint64_t encode_leaf(PhysicalAddress frame, unsigned at_level, const LeafSpec& spec) const override;

 private:
  static constexpr std::uint64_t frame_mask = 0xFFFFF000;        ///< of a pointer and of a PTE
  static constexpr std::uint64_t large_frame_mask = 0xFFC00000;  ///< of a 4 MiB leaf: physical bits 31:22
  static constexpr unsigned high_frame_shift = 13;               ///< PSE-36: bits 20:13 are physical bits 39:32
  static constexpr std::uint64_t high_frame_mask = 0xFF << high_frame_shift;
  static constexpr std::uint64_t large_reserved = 1u << 21;  ///< with 40 physical bits (table 4-4)
};

inline bool X8632Mode::translates(VirtualAddress va) const {
  return va.value() <= low_bits(32);
}

inline EntryView X8632Mode::decode(std::uint64_t entry, unsigned at_level) const {
  if ((entry & x86::present) == 0) return {};
  if (at_level == 0 || !is_leaf(entry, at_level)) return view(entry, at_level, entry & frame_mask);
  if ((entry & large_reserved) != 0) return reserved_bit_set();
  const std::uint64_t high = (entry & high_frame_mask) >> high_frame_shift;
  return view(entry, at_level, (entry & large_frame_mask) | high << 32);
}

}  // namespace tablewalk

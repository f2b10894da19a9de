#include <algorithm>

#include "paging/x86_entry.h"

namespace tablewalk {
namespace {

/// 32-bit paging without PAE (Intel SDM volume 3, 4.3): 10/10/12 bits, 4-byte entries, 4 MiB pages by the PS bit if
/// CR4.PSE is set. Tables and 4 KiB pages are below 4 GiB; 4 MiB pages below 1 TiB (PSE-36), or below MAXPHYADDR if
/// that is less. There is no no-execute bit: every page may be executed.
class X8632Mode final : public WalkingMode<X8632Mode, x86::Mode> {
 public:
  explicit X8632Mode(const X86Controls& controls)
      : WalkingMode("x86-32", {{12, 10, true, "PT"}, {22, 10, controls.pse, "PD"}}, 4, physical_bits_of(controls),
                    x86::Features{}, controls),
        large_reserved_(reserved_bits(controls)) {}

  std::uint64_t memory_limit() const override { return std::uint64_t{1} << 32; }
  bool translates(VirtualAddress va) const override { return va.value() <= low_bits(32); }

  EntryView decode(std::uint64_t entry, unsigned at_level) const override {
    if ((entry & x86::present) == 0) return {};
    if (at_level == 0) return leaf(entry, 0, entry & frame_mask);
    if (!is_leaf(entry, at_level)) return pointer(entry, at_level, entry & frame_mask);
    if ((entry & large_reserved_) != 0) return reserved_bit_set();
    const std::uint64_t high = (entry & high_frame_mask) >> high_frame_shift;
    return leaf(entry, at_level, (entry & large_frame_mask) | high << 32);
  }

  std::uint64_t encode_pointer(PhysicalAddress table, unsigned) const override {
    return (table.value() & frame_mask) | pointer_flags;
  }

  std::uint64_t encode_leaf(PhysicalAddress frame, const PageSize& size, const LeafSpec& spec) const override {
    const std::uint64_t flags = leaf_flags(size.level, spec);
    if (size.level == 0) return (frame.value() & frame_mask) | flags;
    const std::uint64_t high = (frame.value() >> 32 << high_frame_shift) & high_frame_mask;
    return (frame.value() & large_frame_mask) | high | flags;
  }

  std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const override {
    std::vector<BitField> fields = Mode::entry_fields(entry, at_level);
    if (at_level > 0 && is_leaf(entry, at_level)) {
      fields.insert(fields.begin() + 1, {"frame 39:32", 20, high_frame_shift, "PSE-36: address bits 39:32"});
    }
    return fields;
  }

 private:
  /// M of table 4-4: PSE-36 has at most 40 bits.
  static unsigned physical_bits_of(const X86Controls& controls) { return std::min(controls.maxphyaddr, 40u); }
  /// Bits 21:(M - 19) of a 4 MiB leaf: address bits beyond PSE-36 or MAXPHYADDR.
  static std::uint64_t reserved_bits(const X86Controls& controls) {
    return low_bits(22) & ~low_bits(physical_bits_of(controls) - 32 + high_frame_shift);
  }

  static constexpr std::uint64_t frame_mask = 0xFFFFF000;        ///< of a pointer and of a PTE
  static constexpr std::uint64_t large_frame_mask = 0xFFC00000;  ///< of a 4 MiB leaf: physical bits 31:22
  static constexpr unsigned high_frame_shift = 13;               ///< PSE-36: bits 20:13 are physical bits 39:32
  static constexpr std::uint64_t high_frame_mask = 0xFF << high_frame_shift;

  std::uint64_t large_reserved_;
};

}  // namespace

std::shared_ptr<const PagingMode> make_x86_32(const PagingControls& controls) {
  return std::make_shared<X8632Mode>(controls.x86);
}

}  // namespace tablewalk

#include "paging/x86_entry.h"

namespace tablewalk {
namespace {

constexpr const char* table_names[] = {"PT", "PD", "PDPT", "PML4", "PML5"};

/// 4-level and 5-level paging (Intel SDM volume 3, 4.5): 9 bits per level, 8-byte entries, pages of 4 KiB, 2 MiB and,
/// if supported, 1 GiB.
class X8664Mode final : public WalkingMode<X8664Mode, x86::Mode> {
 public:
  /// `levels`: 4 or 5 (LA57).
  X8664Mode(std::string name, unsigned levels, const X86Controls& controls)
      : WalkingMode(std::move(name), shape(levels, controls), 8, controls.maxphyaddr, x86::Features{true, true, true},
                    controls),
        reserved_(low_bits(52) & ~low_bits(controls.maxphyaddr)),
        highest_leaf_level_(controls.page1gb ? 2 : 1),
        translated_bits_(virtual_bits()) {
    if (!controls.nxe) reserved_ |= x86::no_execute;
  }

  /// Canonical: all bits above the highest translated one equal it.
  bool translates(VirtualAddress va) const override {
    const auto upper = static_cast<std::int64_t>(va.value()) >> (translated_bits_ - 1);
    return upper == 0 || upper == -1;
  }

  [[gnu::always_inline]] EntryView decode(std::uint64_t entry, unsigned at_level) const override {
    if ((entry & x86::present) == 0) return {};
    if ((entry & reserved_) != 0) return reserved_bit_set();
    if (at_level > highest_leaf_level_ && (entry & x86::page_size) != 0) return reserved_bit_set();
    if (at_level == 0) return leaf(entry, 0, entry & frame_mask);
    if ((entry & x86::page_size) == 0) return pointer(entry, at_level, entry & frame_mask);
    const std::uint64_t below_frame = low_bits(page_shift + at_level * index_bits) & frame_mask;
    if ((entry & below_frame & ~x86::large_pat) != 0) return reserved_bit_set();
    return leaf(entry, at_level, entry & frame_mask & ~below_frame);
  }

  std::uint64_t encode_pointer(PhysicalAddress table, unsigned) const override {
    return (table.value() & frame_mask) | pointer_flags;
  }

  std::uint64_t encode_leaf(PhysicalAddress frame, const PageSize& size, const LeafSpec& spec) const override {
    return (frame.value() & frame_mask) | leaf_flags(size.level, spec);
  }

 private:
  static std::vector<LevelShape> shape(unsigned levels, const X86Controls& controls) {
    std::vector<LevelShape> shape;
    for (unsigned level = 0; level < levels; ++level) {
      const bool leaf_allowed = level < 2 || (level == 2 && controls.page1gb);
      shape.push_back({page_shift + level * index_bits, index_bits, leaf_allowed, table_names[level]});
    }
    return shape;
  }

  static constexpr unsigned page_shift = 12;
  static constexpr unsigned index_bits = 9;
  static constexpr std::uint64_t frame_mask = low_bits(52) & ~low_bits(page_shift);

  std::uint64_t reserved_;  ///< of every present entry: MAXPHYADDR to 51, and 63 without EFER.NXE
  unsigned highest_leaf_level_;
  unsigned translated_bits_;
};

}  // namespace

std::shared_ptr<const PagingMode> make_x86_64(const PagingControls& controls) {
  return std::make_shared<X8664Mode>("x86-64", 4, controls.x86);
}

std::shared_ptr<const PagingMode> make_x86_64_la57(const PagingControls& controls) {
  return std::make_shared<X8664Mode>("x86-64-la57", 5, controls.x86);
}

}  // namespace tablewalk

#include <fmt/format.h>

#include "paging/x86_entry.h"

namespace tablewalk {
namespace {

/// PAE paging (Intel SDM volume 3, 4.4): 2/9/9/12 bits, 8-byte entries, 2 MiB pages. CR3 points to a table of 32 bytes
/// whose four pointers have no rights and no accessed bit. Processors keep them in registers loaded by a move to CR3;
/// here a walk reads them like any entry, and a walk cache of level 2 with 4 entries models those registers.
class X86PaeMode final : public WalkingMode<X86PaeMode, x86::Mode> {
 public:
  explicit X86PaeMode(const X86Controls& controls)
      : WalkingMode("x86-pae", {{12, 9, true, "PT"}, {21, 9, true, "PD"}, {30, 2, false, "PDPT"}}, 8,
                    controls.maxphyaddr, x86::Features{true, false, false}, controls),
        reserved_(low_bits(63) & ~low_bits(controls.maxphyaddr)) {
    if (!controls.nxe) reserved_ |= x86::no_execute;
  }

  bool translates(VirtualAddress va) const override { return va.value() <= low_bits(32); }

  EntryView decode(std::uint64_t entry, unsigned at_level) const override {
    if ((entry & x86::present) == 0) return {};
    if (at_level == pointers_level) return decode_pdpte(entry);
    if ((entry & reserved_) != 0) return reserved_bit_set();
    if (at_level == 0) return leaf(entry, 0, entry & frame_mask);
    if (!is_leaf(entry, at_level)) return pointer(entry, at_level, entry & frame_mask);
    if ((entry & below_large_frame & ~x86::large_pat) != 0) return reserved_bit_set();
    return leaf(entry, at_level, entry & frame_mask & ~below_large_frame);
  }

  std::uint64_t encode_pointer(PhysicalAddress table, unsigned at_level) const override {
    return (table.value() & frame_mask) | (at_level == pointers_level ? x86::present : pointer_flags);
  }

  std::uint64_t encode_leaf(PhysicalAddress frame, const PageSize& size, const LeafSpec& spec) const override {
    return (frame.value() & frame_mask) | leaf_flags(size.level, spec);
  }

  std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const override {
    if (at_level != pointers_level) return Mode::entry_fields(entry, at_level);
    return {{"reserved", 63, physical_bits(), "must be 0"},
            {"table", static_cast<std::uint8_t>(physical_bits() - 1), 12, "address of the table"},
            {"ignored", 11, 9, "no meaning"},
            {"reserved", 8, 5, "must be 0"},
            {"PCD", 4, 4, "not cached"},
            {"PWT", 3, 3, "written through"},
            {"reserved", 2, 1, "must be 0"},
            {"P", 0, 0, "present"}};
  }

  /// A move to CR3 checks the pointers that are present (4.4.1).
  std::string root_refusal(const PhysicalMemory& memory, PhysicalAddress root) const override;

 private:
  static constexpr unsigned pointers_level = 2;
  static constexpr std::uint64_t frame_mask = low_bits(52) & ~low_bits(12);
  static constexpr std::uint64_t below_large_frame = low_bits(21) & frame_mask;

  /// Table 4-8: bits 2:1, 8:5, and all from MAXPHYADDR up.
  std::uint64_t pdpte_reserved() const { return 0x1E6 | ~low_bits(physical_bits()); }

  /// Grants everything. A walk ignores reserved bits: the processor checked them when CR3 was loaded.
  EntryView decode_pdpte(std::uint64_t entry) const {
    EntryView view;
    view.kind = EntryView::Kind::Pointer;
    view.target = PhysicalAddress(entry & frame_mask & ~pdpte_reserved());
    view.accessed = true;
    return view;
  }

  std::uint64_t reserved_;
};

std::string X86PaeMode::root_refusal(const PhysicalMemory& memory, PhysicalAddress root) const {
  std::string pointers;
  for (unsigned i = 0; i < 4; ++i) {
    const std::uint64_t entry = memory.read(root + i * std::uint64_t{8}, 8);
    const std::uint64_t reserved = entry & pdpte_reserved();
    if ((entry & x86::present) == 0 || reserved == 0) continue;
    std::vector<unsigned> bits;
    for (unsigned bit = 0; bit < 64; ++bit) {
      if ((reserved >> bit & 1) != 0) bits.push_back(bit);
    }
    pointers += fmt::format("{}entry {} ({:#018x}) has bit{} {}", pointers.empty() ? "" : ", ", i, entry,
                            bits.size() == 1 ? "" : "s", fmt::join(bits, " "));
  }
  if (pointers.empty()) return {};
  return fmt::format("reserved bits are set in the PDPT at {:#x}: {}; a processor refuses to load this CR3 (#GP)",
                     root.value(), pointers);
}

}  // namespace

std::shared_ptr<const PagingMode> make_x86_pae(const PagingControls& controls) {
  return std::make_shared<X86PaeMode>(controls.x86);
}

}  // namespace tablewalk

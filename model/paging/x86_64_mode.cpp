#include "paging/x86_64_mode.h"

namespace tablewalk {

std::vector<LevelShape> X8664Mode::shape(unsigned levels) {
  constexpr unsigned index_bits = 9;
  std::vector<LevelShape> shape;
  for (unsigned level = 0; level < levels; ++level) {
    shape.push_back({page_shift + level * index_bits, index_bits, level <= highest_leaf_level});
  }
  return shape;
}

X8664Mode::X8664Mode(std::string name, unsigned levels, unsigned physical_bits)
    : Mode(std::move(name), shape(levels), 8, std::uint64_t{1} << physical_bits, true),
      reserved_address_bits_(low_bits(52) & ~low_bits(physical_bits)) {}

std::uint64_t X8664Mode::encode_pointer(PhysicalAddress table, unsigned) const {
  return (table.value() & frame_mask) | pointer_flags;
}

std::uint64_t X8664Mode::encode_leaf(PhysicalAddress frame, unsigned at_level, const LeafSpec& spec) const {
  return (frame.value() & frame_mask) | leaf_flags(at_level, spec);
}

}  // namespace tablewalk

#include "paging/radix_mode.h"

#include <algorithm>

namespace tablewalk {
namespace {

std::vector<LevelShape> shape_of(const std::vector<unsigned>& index_bits, unsigned offset_bits) {
  std::vector<LevelShape> shape;
  unsigned shift = offset_bits;
  for (auto bits = index_bits.rbegin(); bits != index_bits.rend(); ++bits) {
    shape.push_back({shift, *bits, true});
    shift += *bits;
  }
  return shape;
}

}  // namespace

RadixMode::RadixMode(std::string name, const std::vector<unsigned>& index_bits, unsigned offset_bits,
                     unsigned entry_bytes)
    : PagingMode(std::move(name), shape_of(index_bits, offset_bits), entry_bytes,
                 limit_of(index_bits, offset_bits, entry_bytes)) {
  for (unsigned at_level = 1; at_level < levels(); ++at_level) {
    pointer_shift_[at_level] =
        static_cast<std::uint8_t>(pointer_shift(level(at_level - 1).index_bits, offset_bits, entry_bytes));
  }
}

unsigned RadixMode::pointer_shift(unsigned table_index_bits, unsigned offset_bits, unsigned entry_bytes) {
  return std::min(table_index_bits + log2_floor(entry_bytes), offset_bits);
}

/// What the number field can express, with the smallest unit that any level counts in.
std::uint64_t RadixMode::limit_of(const std::vector<unsigned>& index_bits, unsigned offset_bits, unsigned entry_bytes) {
  unsigned unit_shift = offset_bits;
  for (std::size_t i = 1; i < index_bits.size(); ++i) {  // nothing points to the root
    unit_shift = std::min(unit_shift, pointer_shift(index_bits[i], offset_bits, entry_bytes));
  }
  return std::uint64_t{1} << std::min(physical_bits_max, 8 * entry_bytes - number_shift + unit_shift);
}

std::uint64_t RadixMode::encode_pointer(PhysicalAddress table, unsigned at_level) const {
  // As kernels do it: a pointer grants everything and the leaf decides; accessed is set beforehand.
  constexpr std::uint64_t flags = present | writable | executable | user | accessed;
  return (table.value() >> pointer_shift_[at_level] << number_shift) | flags;
}

std::uint64_t RadixMode::encode_leaf(PhysicalAddress frame, unsigned, const LeafSpec& spec) const {
  std::uint64_t flags = present | leaf;
  if (spec.rights.write) flags |= writable;
  if (spec.rights.execute) flags |= executable;
  if (spec.rights.user) flags |= user;
  if (spec.accessed) flags |= accessed;
  if (spec.dirty) flags |= dirty;
  if (spec.global) flags |= global;
  return (frame.value() >> offset_bits() << number_shift) | flags;
}

}  // namespace tablewalk

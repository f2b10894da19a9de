#include "paging/radix_mode.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace tablewalk {
namespace {

std::vector<LevelShape> shape_of(const std::vector<unsigned>& index_bits, unsigned offset_bits) {
  std::vector<LevelShape> shape;
  unsigned shift = offset_bits;
  for (auto bits = index_bits.rbegin(); bits != index_bits.rend(); ++bits) {
    shape.push_back({shift, *bits, true, fmt::format("level {}", shape.size())});
    shift += *bits;
  }
  return shape;
}

}  // namespace

RadixMode::RadixMode(std::string name, const std::vector<unsigned>& index_bits, unsigned offset_bits,
                     unsigned entry_bytes)
    : WalkingMode(std::move(name), shape_of(index_bits, offset_bits), entry_bytes,
                  physical_bits_of(index_bits, offset_bits, entry_bytes)) {
  for (unsigned at_level = 1; at_level < levels(); ++at_level) {
    pointer_shift_[at_level] =
        static_cast<std::uint8_t>(pointer_shift(level(at_level - 1).index_bits, offset_bits, entry_bytes));
  }
}

unsigned RadixMode::pointer_shift(unsigned table_index_bits, unsigned offset_bits, unsigned entry_bytes) {
  return std::min(table_index_bits + log2_floor(entry_bytes), offset_bits);
}

/// The range of the number field, in the smallest unit of any level.
unsigned RadixMode::physical_bits_of(const std::vector<unsigned>& index_bits, unsigned offset_bits,
                                     unsigned entry_bytes) {
  unsigned unit_shift = offset_bits;
  for (std::size_t i = 1; i < index_bits.size(); ++i) {  // nothing points to the root
    unit_shift = std::min(unit_shift, pointer_shift(index_bits[i], offset_bits, entry_bytes));
  }
  return std::min(physical_bits_max, 8 * entry_bytes - number_shift + unit_shift);
}

std::uint64_t RadixMode::encode_pointer(PhysicalAddress table, unsigned at_level) const {
  return (table.value() >> pointer_shift_[at_level] << number_shift) | own_entry::pointer_flags;
}

std::uint64_t RadixMode::encode_leaf(PhysicalAddress frame, const PageSize&, const LeafSpec& spec) const {
  const std::uint64_t flags = own_entry::leaf_flags(spec) | leaf | (spec.global ? global : 0);
  return (frame.value() >> offset_bits() << number_shift) | flags;
}

RootRegister RadixMode::decode_root(std::uint64_t value) const {
  const std::uint64_t alignment = std::min(table_bytes(root_level()), page_bytes());
  if (value % alignment != 0 || value >= physical_limit()) {
    throw InputError(fmt::format("{}: root {:#x}: expected a multiple of {} below {:#x}", name(), value, alignment,
                                 physical_limit()));
  }
  return {PhysicalAddress(value), 0};
}

std::vector<BitField> RadixMode::entry_fields(std::uint64_t entry, unsigned at_level) const {
  const bool is_leaf = (entry & leaf) != 0 || at_level == 0;
  const auto highest = static_cast<std::uint8_t>(8 * entry_bytes() - 1);
  std::vector<BitField> fields{is_leaf ? BitField{"frame", highest, number_shift, "number of the frame"}
                                       : BitField{"table", highest, number_shift, "number of the table"},
                               {"leaf", 7, 7, "maps a page"}};
  if (is_leaf) fields.push_back({"G", 6, 6, "global: in every address space"});
  if (is_leaf) fields.push_back({"D", 5, 5, "dirty: was written"});
  fields.push_back({"A", 4, 4, "accessed: was used by a walk"});
  fields.push_back({"U", 3, 3, "user mode may use it"});
  fields.push_back({"X", 2, 2, "may be executed"});
  fields.push_back({"W", 1, 1, "may be written"});
  fields.push_back({"P", 0, 0, "present"});
  return fields;
}

std::shared_ptr<const PagingMode> make_flat32(const PagingControls&) {
  return make_radix_mode("flat32", "20/12@4");
}

std::shared_ptr<const PagingMode> make_flat48(const PagingControls&) {
  return make_radix_mode("flat48", "36/12@8");
}

}  // namespace tablewalk

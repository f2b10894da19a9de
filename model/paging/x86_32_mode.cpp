#include "paging/x86_32_mode.h"

namespace tablewalk {

X8632Mode::X8632Mode() : Mode("x86-32", {{12, 10, true}, {22, 10, true}}, 4, std::uint64_t{1} << 32, false) {}

std::uint64_t X8632Mode::encode_pointer(PhysicalAddress table, unsigned) const {
  return (table.value() & frame_mask) | pointer_flags;
}

std::uint64_t X8632Mode::encode_leaf(PhysicalAddress frame, unsigned at_level, const LeafSpec& spec) const {
  const std::uint64_t flags = leaf_flags(at_level, spec);
  if (at_level == 0) return (frame.value() & frame_mask) | flags;
  const std::uint64_t high = (frame.value() >> 32 << high_frame_shift) & high_frame_mask;
  return (frame.value() & large_frame_mask) | high | flags;
}

}  // namespace tablewalk

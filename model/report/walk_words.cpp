#include "report/walk_words.h"

#include <fmt/format.h>

#include "base/units.h"

namespace tablewalk {

std::string hex(std::uint64_t value) {
  return fmt::format("{:#x}", value);
}

std::string hex_entry(const PagingMode& mode, std::uint64_t entry) {
  return fmt::format("{:#0{}x}", entry, 2 + 2 * mode.entry_bytes());
}

std::vector<AddressPart> split_address(const PagingMode& mode, VirtualAddress va) {
  const auto part = [&](const std::string& name, unsigned high, unsigned low) {
    return AddressPart{name, high, low, va.value() >> low & low_bits(high - low + 1)};
  };
  std::vector<AddressPart> parts;
  const unsigned bits = mode.virtual_bits();
  if (bits < 64 && (bits != 32 || va.value() >> 32 != 0)) parts.push_back(part("high", 63, bits));
  const std::vector<LevelShape> shapes = mode.address_parts();
  for (std::size_t level = shapes.size(); level-- > 0;) {
    const LevelShape& shape = shapes[level];
    parts.push_back(part(shape.name, shape.index_shift + shape.index_bits - 1, shape.index_shift));
  }
  parts.push_back(part("offset", mode.offset_bits() - 1, 0));
  return parts;
}

std::string bits_text(unsigned high, unsigned low) {
  return high == low ? std::to_string(low) : fmt::format("{}:{}", high, low);
}

std::string value_text(const BitField& field, std::uint64_t value) {
  const unsigned bits = field.high - field.low + 1U;
  return bits <= 8 ? std::to_string(field.of(value)) : hex(field.of(value));
}

std::uint64_t other_bits(const std::vector<BitField>& fields, std::uint64_t value) {
  for (const BitField& field : fields) value &= ~(low_bits(field.high - field.low + 1U) << field.low);
  return value;
}

const char* privilege_name(bool user) {
  return user ? "user" : "supervisor";
}

const char* kind_name(EntryView::Kind kind) {
  switch (kind) {
    case EntryView::Kind::Absent:
      return "absent";
    case EntryView::Kind::Pointer:
      return "pointer";
    case EntryView::Kind::Leaf:
      return "leaf";
    case EntryView::Kind::Other:
      return "other";
    case EntryView::Kind::Malformed:
      break;
  }
  return "malformed";
}

std::vector<std::string> allowed_accesses(const PagingMode& mode, Rights rights, bool user) {
  std::vector<std::string> allowed;
  for (const AccessKind kind : {AccessKind::Load, AccessKind::Store, AccessKind::Fetch}) {
    if (mode.allows(rights, {kind, user})) allowed.emplace_back(to_string(kind));
  }
  return allowed;
}

std::string place_text(const PagingMode& mode, const WalkStep& step) {
  if (mode.is_radix()) {
    return fmt::format("{} entry {} at {}: {}", mode.level(step.level).name, step.index,
                       hex(step.entry_address.value()), hex_entry(mode, step.entry));
  }
  const std::string place = fmt::format("{}, {}: {}", mode.level(step.level).name, step.place, step.holds);
  if (step.view.kind != EntryView::Kind::Leaf) return place;
  return fmt::format("{}; entry at {}: {}", place, hex(step.entry_address.value()), hex_entry(mode, step.entry));
}

std::vector<std::string> marks(const PagingMode& mode, const WalkStep& step) {
  std::vector<std::string> names;
  for (const BitField& field : mode.entry_fields(step.entry, step.level)) {
    if (field.of(step.entry) != field.of(step.updated)) names.emplace_back(field.name);
  }
  return names;
}

std::string consequence(const PagingMode& mode, const WalkStep& step) {
  if (!step.follows.empty()) return step.follows;
  switch (step.view.kind) {
    case EntryView::Kind::Absent:
      return "not present: the walk ends";
    case EntryView::Kind::Malformed:
      return fmt::format("{}: the walk ends", to_string(step.view.malformed));
    case EntryView::Kind::Pointer:
      return fmt::format("table {} at {}", mode.level(step.level - 1).name, hex(step.view.target.value()));
    case EntryView::Kind::Other:
      return "the walk reads on";
    case EntryView::Kind::Leaf:
      break;
  }
  return fmt::format("page of {} at {}", humane_byte_size(std::uint64_t{1} << step.view.page_shift),
                     hex(step.view.target.value()));
}

}  // namespace tablewalk

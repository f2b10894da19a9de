#include "paging/paging_mode.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/units.h"
#include "paging/flattened_mode.h"
#include "paging/radix_mode.h"
#include "paging/radix_tables.h"

/// Every named mode: its name, and the function that creates it, in the mode's own file.
#define TABLEWALK_PAGING_MODES(MODE)          \
  MODE("x86-64", make_x86_64)                 \
  MODE("x86-64-la57", make_x86_64_la57)       \
  MODE("x86-pae", make_x86_pae)               \
  MODE("x86-32", make_x86_32)                 \
  MODE("sv32", make_sv32)                     \
  MODE("sv39", make_sv39)                     \
  MODE("sv48", make_sv48)                     \
  MODE("sv57", make_sv57)                     \
  MODE("arm64-4k", make_arm64_4k)             \
  MODE("arm64-16k", make_arm64_16k)           \
  MODE("arm64-64k", make_arm64_64k)           \
  MODE("flat32", make_flat32)                 \
  MODE("flat48", make_flat48)                 \
  MODE("flattened", make_flattened)           \
  MODE("hashed", make_hashed)                 \
  MODE("hashed-chained", make_hashed_chained) \
  MODE("cuckoo", make_cuckoo)                 \
  MODE("inverted", make_inverted)

namespace tablewalk {

#define TABLEWALK_DECLARE(name, make) std::shared_ptr<const PagingMode> make(const PagingControls& controls);
TABLEWALK_PAGING_MODES(TABLEWALK_DECLARE)
#undef TABLEWALK_DECLARE

namespace {

struct NamedMode {
  const char* name;
  std::shared_ptr<const PagingMode> (*make)(const PagingControls& controls);
};

#define TABLEWALK_LIST(name, make) {name, make},
constexpr NamedMode named_modes[] = {TABLEWALK_PAGING_MODES(TABLEWALK_LIST)};
#undef TABLEWALK_LIST

constexpr std::string_view radix_prefix = "radix:";
constexpr std::string_view flattened_prefix = "flattened:";

std::vector<PageSize> sizes_of(const std::vector<LevelShape>& shape, const std::vector<PageSize>& further) {
  std::vector<PageSize> sizes = further;
  for (unsigned level = 0; level < shape.size(); ++level) {
    if (shape[level].leaf_allowed) sizes.push_back({shape[level].index_shift, level, 1});
  }
  std::sort(sizes.begin(), sizes.end(), [](const PageSize& a, const PageSize& b) { return a.shift < b.shift; });
  return sizes;
}

}  // namespace

const char* to_string(FaultReason reason) {
  switch (reason) {
    case FaultReason::None:
      return "no fault";
    case FaultReason::NonCanonical:
      return "address outside the translated range";
    case FaultReason::NotPresent:
      return "not present";
    case FaultReason::Reserved:
      return "reserved bit set";
    case FaultReason::Misaligned:
      return "misaligned large page";
    case FaultReason::PointerAtLeaf:
      return "pointer at the last level";
    case FaultReason::Permission:
      return "not permitted";
    case FaultReason::ProtectionKey:
      return "not permitted by the protection key";
    case FaultReason::NotAccessed:
      return "accessed bit clear";
    case FaultReason::NotDirty:
      return "dirty bit clear";
    case FaultReason::OutOfMemory:
      return "beyond physical memory";
    case FaultReason::PageFault:
      return "page fault";
    case FaultReason::NoSegment:
      return "no segment";
    case FaultReason::SegmentType:
      return "not allowed by the segment's type";
    case FaultReason::SegmentPrivilege:
      return "not allowed by the segment's privilege";
    case FaultReason::SegmentAbsent:
      return "segment not present";
    case FaultReason::SegmentLimit:
      return "outside the segment's limit";
  }
  return "unknown";
}

PagingMode::PagingMode(std::string name, std::vector<LevelShape> shape, unsigned entry_bytes, unsigned physical_bits,
                       const std::vector<PageSize>& further)
    : name_(std::move(name)),
      shape_(std::move(shape)),
      page_sizes_(sizes_of(shape_, further)),
      entry_bytes_(entry_bytes),
      physical_bits_(static_cast<std::uint8_t>(physical_bits)),
      virtual_bits_(static_cast<std::uint8_t>(shape_.back().index_shift + shape_.back().index_bits)),
      root_entry_shift_(static_cast<std::uint8_t>(shape_.back().index_shift)) {
  for (const LevelShape& level : shape_) index_.push_back({level.index_shift, low_bits(level.index_bits)});
}

PagingMode::PagingMode(std::string name, const Rows& rows, unsigned entry_bytes, unsigned physical_bits)
    : name_(std::move(name)),
      page_sizes_(rows.page_sizes),
      entry_bytes_(entry_bytes),
      physical_bits_(static_cast<std::uint8_t>(physical_bits)),
      virtual_bits_(static_cast<std::uint8_t>(rows.virtual_bits)),
      root_entry_shift_(static_cast<std::uint8_t>(rows.page_sizes.back().shift)) {
  for (const std::string& row : rows.names) {
    shape_.push_back({rows.offset_bits, 0, false, row});
    index_.push_back({rows.offset_bits, 0});
  }
}

std::unique_ptr<PageTables> PagingMode::make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                                    FrameAllocator& frames, AddressSpaceId space) const {
  return std::make_unique<RadixTables>(std::move(self), memory, frames, space);
}

PhysicalAddress PagingMode::further_read(const Walk&, unsigned) const {
  throw LawViolation(name_ + " makes one read at a time");
}

std::string PagingMode::describe_root(RootRegister root) const {
  return fmt::format("the root table, {}, is at {:#x}", level(root_level()).name, root.table.value());
}

const PageSize* PagingMode::find_page_size(std::uint64_t bytes) const {
  const auto found =
      std::find_if(page_sizes_.begin(), page_sizes_.end(), [&](const PageSize& size) { return size.bytes() == bytes; });
  return found == page_sizes_.end() ? nullptr : &*found;
}

std::shared_ptr<const PagingMode> make_paging_mode(const std::string& name, const PagingControls& controls) {
  for (const NamedMode& mode : named_modes) {
    if (name == mode.name) return mode.make(controls);
  }
  if (name.compare(0, radix_prefix.size(), radix_prefix) == 0) {
    return make_radix_mode(name, name.substr(radix_prefix.size()));
  }
  if (name.compare(0, flattened_prefix.size(), flattened_prefix) == 0) {
    return make_flattened_mode(name, name.substr(flattened_prefix.size()));
  }
  throw InputError(fmt::format(
      "unknown page-table mode '{}': expected {}, radix:B1,B2,.../OFFSET@ENTRYBYTES or flattened:B1+B2,.../OFFSET@8{}",
      name, fmt::join(paging_mode_names(), ", "), did_you_mean(name, paging_mode_names())));
}

void require_radix(const PagingMode& mode, const std::string& what) {
  if (mode.is_radix()) return;
  throw InputError(fmt::format("{} with paging mode {}: expected a mode whose tables are a tree, such as x86-64", what,
                               mode.name()));
}

std::string page_sizes_text(const PagingMode& mode) {
  std::string sizes;
  for (const PageSize& size : mode.page_sizes()) {
    sizes += (sizes.empty() ? "" : ", ") + format_byte_size({size.bytes()});
  }
  return sizes;
}

std::vector<std::string> paging_mode_names() {
  std::vector<std::string> names;
  for (const NamedMode& mode : named_modes) names.emplace_back(mode.name);
  return names;
}

}  // namespace tablewalk

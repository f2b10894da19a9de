#include "report/segv_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "paging/walk_steps.h"
#include "report/walk_words.h"

namespace tablewalk {
namespace {

constexpr std::ptrdiff_t regions_around = 2;  ///< shown on each side of the address

std::string name_of(const Region& region) {
  if (!region.kind.label.empty()) return printable(region.kind.label);
  if (region.kind.file) return "a file";
  return region.kind.shared ? "shared memory" : "anonymous memory";
}

std::string range_of(const Region& region) {
  return fmt::format("{:#x}-{:#x}", region.range.first.value(), region.range.last.value());
}

const char* wanted_right(AccessKind kind) {
  switch (kind) {
    case AccessKind::Fetch:
      return "executed";
    case AccessKind::Store:
      return "written";
    case AccessKind::Load:
      break;
  }
  return "read";
}

std::string below_text(const Region& region, VirtualAddress va) {
  return fmt::format("{:#x} bytes below {}", region.range.first - va, name_of(region));
}

std::string behind_text(const Region& region, VirtualAddress va) {
  const std::uint64_t bytes = va - region.range.last - 1;
  return bytes == 0 ? fmt::format("just behind {}", name_of(region))
                    : fmt::format("{:#x} bytes behind {}", bytes, name_of(region));
}

/// Where the address is, seen from the nearest region.
std::string place_of(const Regions& regions, const Violation& violation, const RefusedAccess& refused) {
  if (violation.region != nullptr) {
    const Region& region = *violation.region;
    const bool private_to_kernel = refused.access.user && !region.kind.rights.user;
    return fmt::format("in {}, which may not be {}", name_of(region),
                       private_to_kernel ? "used by the program" : wanted_right(refused.access.kind));
  }
  const Region* below = regions.below(refused.va);
  const Region* above = regions.above(refused.va);
  if (below == nullptr && above == nullptr) return "no region is reserved";
  const bool nearer_above =
      below == nullptr || (above != nullptr && above->range.first - refused.va < refused.va - below->range.last);
  return nearer_above ? below_text(*above, refused.va) : behind_text(*below, refused.va);
}

std::string access_text(const RefusedAccess& refused) {
  return fmt::format("{} of {} byte{} at {:#x}", to_string(refused.access.kind), refused.bytes,
                     refused.bytes == 1 ? "" : "s", refused.va.value());
}

/// ` (/bin/a + 0x1151)`: the place in the file that the instruction is from.
std::string place_in_file(const Regions& regions, VirtualAddress instruction) {
  const Region* region = regions.find(instruction);
  if (region == nullptr) return "";
  const std::uint64_t offset = instruction - region->range.first + (region->kind.file ? region->file_offset : 0);
  return fmt::format(" ({} + {:#x})", name_of(*region), offset);
}

/// The regions around the address, and the address itself at its place.
std::string regions_text(const Regions& regions, VirtualAddress va) {
  const auto next =
      std::find_if(regions.begin(), regions.end(), [&](const Region& region) { return va <= region.range.last; });
  const bool inside = next != regions.end() && next->range.contains(va);
  const auto first = next - std::min(regions_around, next - regions.begin());
  const auto last = next + std::min(regions_around + (inside ? 1 : 0), regions.end() - next);
  std::size_t width = 0;
  for (auto region = first; region != last; ++region) width = std::max(width, range_of(*region).size());
  const std::string here = fmt::format("  > {:#x}\n", va.value());
  std::string text;
  for (auto region = first; region != last; ++region) {
    if (region == next && !inside) text += here;
    text += fmt::format("    {}  {}  {}\n", pad_right(range_of(*region), width), rights_text(region->kind.rights),
                        name_of(*region));
    if (region == next && inside) text += here;
  }
  return next == last && !inside ? text + here : text;
}

std::string walk_text(const RefusingTables& tables, const RefusedAccess& refused) {
  const PagingMode& mode = tables.mode;
  const WalkSteps walk = walk_step_by_step(mode, tables.memory, tables.root, refused.va, refused.access);
  const std::string from = mode.is_radix() ? mode.level(mode.root_level()).name : "root";
  std::string text = fmt::format("walk of {}, from the {} at {:#x}:\n", mode.name(), from, tables.root.value());
  for (const WalkStep& step : walk.steps) {
    text += fmt::format("    {} -> {}\n", place_text(mode, step), consequence(mode, step));
  }
  if (walk.steps.empty()) text += "    no entry is read\n";
  if (walk.outcome.translated) {
    return text + fmt::format("    the tables allow it, at {:#x}; the kernel does not\n",
                              walk.outcome.translation.physical(refused.va).value());
  }
  const std::string manual = mode.describe_fault(walk.outcome.fault, refused.access);
  return text + fmt::format("fault: {}{}\n", to_string(walk.outcome.fault.reason), manual.empty() ? "" : "; " + manual);
}

}  // namespace

std::string segv_line(const Regions& regions, const Violation& violation, const RefusedAccess& refused) {
  return fmt::format("SIGSEGV ({}): the {}, {}", to_string(violation.code), access_text(refused),
                     place_of(regions, violation, refused));
}

std::string segv_text(const RefusingTables& tables, const Regions& regions, const Violation& violation,
                      const RefusedAccess& refused) {
  std::string text = fmt::format("SIGSEGV, segmentation fault: {} ({})\n", to_string(violation.code),
                                 violation.code == SegvCode::MapErr ? "address not mapped" : "access not permitted");
  text += fmt::format("  {} at {} privilege", access_text(refused), privilege_name(refused.access.user));
  if (refused.instruction) {
    text += fmt::format(", by the instruction at {:#x}{}", refused.instruction->value(),
                        place_in_file(regions, *refused.instruction));
  }
  text += fmt::format("\n  record {} of {}, address space {}\n", refused.record + 1, printable(refused.trace),
                      refused.asid);
  text += fmt::format("  {}\n", place_of(regions, violation, refused));
  text += "regions around it:\n" + regions_text(regions, refused.va);
  return text + walk_text(tables, refused);
}

}  // namespace tablewalk

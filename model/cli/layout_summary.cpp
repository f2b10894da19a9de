#include "cli/layout_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/units.h"
#include "report/segv_text.h"
#include "report/text_table.h"
#include "trace/record.h"

namespace tablewalk {
namespace {

Access access_of(const Record& record) {
  AccessKind kind = AccessKind::Load;
  if (record.kind == RecordKind::Fetch) kind = AccessKind::Fetch;
  if (record.kind == RecordKind::Store || record.kind == RecordKind::Modify) kind = AccessKind::Store;
  return {kind, record.privilege == Privilege::User};
}

}  // namespace

std::size_t LayoutSummary::read(Record* records, std::size_t capacity) {
  const std::size_t count = reader_.read(records, capacity);
  const Layout& layout = reader_.description().layout;
  if (layout.empty()) {
    records_ += count;
    return count;
  }
  for (std::size_t i = 0; i < count; ++i, ++records_) {
    follower_.advance(layout, records_);
    if (is_event(records[i].kind) || allowed(records[i])) continue;
    if (violations_++ == 0) first_violation_ = records_ + 1;
  }
  return count;
}

bool LayoutSummary::allowed(const Record& record) {
  Regions* regions = follower_.of(record.asid);
  if (regions == nullptr) return true;
  const Access access = access_of(record);
  // An access that crosses the lower end of a stack extends it at its first byte.
  for (const VirtualAddress va : {record.address, record.address + (record.size - 1U)}) {
    const std::optional<Violation> violation = grow_and_check(*regions, va, access);
    if (!violation) continue;
    if (violations_ == 0) {
      first_text_ = segv_line(*regions, *violation, {va, record.size, access, {}, records_, record.asid, {}});
    }
    return false;
  }
  return true;
}

nlohmann::ordered_json layout_json(const LayoutSummary& summary) {
  nlohmann::ordered_json layout;
  layout["changes"] = summary.description().layout.size();
  layout["violations"] = summary.violations();
  if (summary.violations() != 0) {
    layout["first_violation"] = {{"record", summary.first_violation()}, {"text", summary.first_text()}};
  }
  layout["regions"] = nlohmann::ordered_json::array();
  for (const auto& [asid, space] : summary.spaces()) {
    for (const Region& region : space) {
      layout["regions"].push_back({{"address_space", asid},
                                   {"first", region.range.first.value()},
                                   {"last", region.range.last.value()},
                                   {"rights", rights_text(region.kind.rights)},
                                   {"file", region.kind.file},
                                   {"shared", region.kind.shared},
                                   {"grows_down", region.kind.grows_down},
                                   {"page_bytes", region.kind.page_bytes},
                                   {"label", printable(region.kind.label)}});
    }
  }
  return layout;
}

std::string layout_text(const LayoutSummary& summary, std::size_t top) {
  if (!summary.given()) return {};
  std::vector<std::pair<AddressSpaceId, const Region*>> regions;
  std::uint64_t bytes = 0;
  for (const auto& [asid, space] : summary.spaces()) {
    for (const Region& region : space) regions.emplace_back(asid, &region);
    bytes += space.reserved_bytes();
  }
  std::string text = fmt::format("\nlayout: {} changes; at the end {} regions, {}; ",
                                 with_thousands(summary.description().layout.size()), with_thousands(regions.size()),
                                 humane_byte_size(bytes));
  text += summary.violations() == 0
              ? "every access is within its rights\n"
              : fmt::format(
                    "{} not within their rights; the first, record {}: {}\n",
                    summary.violations() == 1 ? "1 access is" : with_thousands(summary.violations()) + " accesses are",
                    with_thousands(summary.first_violation()), summary.first_text());
  const std::size_t shown = std::min(top, regions.size());
  std::stable_sort(regions.begin(), regions.end(),
                   [](const auto& a, const auto& b) { return a.second->range.bytes() > b.second->range.bytes(); });
  regions.resize(shown);
  std::sort(regions.begin(), regions.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, a.second->range.first) < std::pair(b.first, b.second->range.first);
  });
  const bool several = summary.spaces().size() > 1;
  TextTable table({"region", "size", "rights", several ? "space, backing" : "backing"}, 0);
  for (const auto& [asid, region] : regions) {
    std::string backing = several ? fmt::format("@{} ", asid) : "";
    if (region->kind.shared) backing += "shared ";
    backing += !region->kind.label.empty() ? printable(region->kind.label) : region->kind.file ? "a file" : "anonymous";
    table.add_row({fmt::format("{:#x}-{:#x}", region->range.first.value(), region->range.last.value()),
                   humane_byte_size(region->range.bytes()), rights_text(region->kind.rights), backing});
  }
  return text + table.text(160);
}

}  // namespace tablewalk

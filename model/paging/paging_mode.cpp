#include "paging/paging_mode.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/units.h"
#include "paging/radix_mode.h"
#include "paging/x86_32_mode.h"
#include "paging/x86_64_mode.h"

namespace tablewalk {
namespace {

constexpr std::string_view radix_prefix = "radix:";

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
  }
  return "unknown";
}

int PagingMode::level_of_page(std::uint64_t page_bytes_wanted) const {
  for (unsigned at_level = 0; at_level < levels(); ++at_level) {
    if (shape_[at_level].leaf_allowed && page_bytes(at_level) == page_bytes_wanted) return static_cast<int>(at_level);
  }
  return -1;
}

std::shared_ptr<const PagingMode> make_paging_mode(const std::string& name) {
  if (name == "x86-64") return std::make_shared<X8664Mode>(name, 4);
  if (name == "x86-64-la57") return std::make_shared<X8664Mode>(name, 5);
  if (name == "x86-32") return std::make_shared<X8632Mode>();
  if (name == "flat32") return make_radix_mode(name, "20/12@4");
  if (name == "flat48") return make_radix_mode(name, "36/12@8");
  if (name.compare(0, radix_prefix.size(), radix_prefix) == 0) {
    return make_radix_mode(name, name.substr(radix_prefix.size()));
  }
  throw InputError(fmt::format("unknown page-table mode '{}': expected {} or radix:B1,B2,.../OFFSET@ENTRYBYTES{}", name,
                               fmt::join(paging_mode_names(), ", "), did_you_mean(name, paging_mode_names())));
}

std::string page_sizes_text(const PagingMode& mode) {
  std::string sizes;
  for (unsigned level = 0; level < mode.levels(); ++level) {
    if (!mode.level(level).leaf_allowed) continue;
    sizes += (sizes.empty() ? "" : ", ") + format_byte_size({mode.page_bytes(level)});
  }
  return sizes;
}

std::vector<std::string> paging_mode_names() {
  return {"x86-64", "x86-64-la57", "x86-32", "flat32", "flat48"};
}

}  // namespace tablewalk

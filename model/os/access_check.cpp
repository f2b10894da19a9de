#include "os/access_check.h"

namespace tablewalk {
namespace {

bool allows(const Rights& rights, AccessKind kind) {
  switch (kind) {
    case AccessKind::Fetch:
      return rights.execute;
    case AccessKind::Store:
      return rights.write;
    case AccessKind::Load:
      break;
  }
  return rights.read;
}

}  // namespace

const char* to_string(SegvCode code) {
  return code == SegvCode::MapErr ? "SEGV_MAPERR" : "SEGV_ACCERR";
}

std::optional<Violation> check_access(const Regions& regions, VirtualAddress va, Access access) {
  const Region* region = regions.find(va);
  if (region == nullptr) {
    if (!access.user) return std::nullopt;
    return Violation{SegvCode::MapErr, nullptr};
  }
  const Rights& rights = region->kind.rights;
  if (allows(rights, access.kind) && (rights.user || !access.user)) return std::nullopt;
  return Violation{SegvCode::AccErr, region};
}

std::optional<Violation> grow_and_check(Regions& regions, VirtualAddress va, Access access) {
  const std::optional<Violation> violation = check_access(regions, va, access);
  if (!violation || violation->region != nullptr || !regions.grow_down(va)) return violation;
  return check_access(regions, va, access);
}

void LayoutFollower::apply(const Layout& layout, std::uint64_t record) {
  for (; next_ < layout.size() && layout[next_].record <= record; ++next_) {
    const auto space = spaces_.try_emplace(layout[next_].asid, page_bytes_).first;
    apply_change(layout[next_], space->second);
  }
}

}  // namespace tablewalk

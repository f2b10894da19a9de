#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/types.h"

namespace tablewalk {

/// A virtual page of an address space. Its number is its address divided by the page size.
struct PageKey {
  AddressSpaceId asid = 0;
  std::uint64_t number = 0;

  friend bool operator==(PageKey a, PageKey b) { return a.asid == b.asid && a.number == b.number; }
  friend bool operator!=(PageKey a, PageKey b) { return !(a == b); }
};

struct PageKeyHash {
  std::size_t operator()(PageKey page) const noexcept {
    return std::hash<std::uint64_t>{}((page.number ^ std::uint64_t{page.asid} << 48) * 0x9E3779B97F4A7C15u);
  }
};

}  // namespace tablewalk

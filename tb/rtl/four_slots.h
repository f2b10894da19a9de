#pragma once

#include <utility>

#include "Vwalker4.h"
#include "rtl/small_tables.h"
#include "rtl/walker_bench.h"

namespace tablewalk::test {

constexpr std::uint64_t page_a = 0x40001000;
constexpr std::uint64_t page_b = 0x40002000;
constexpr std::uint64_t frame_a = 0xA00000;
constexpr std::uint64_t frame_b = 0xB00000;

/// Four slots; walk caches of levels 1 and 2.
struct FourSlots : WalkerBench<Vwalker4> {
  explicit FourSlots(const std::string& mode_name = "x86-64", const PagingControls& controls = {})
      : WalkerBench(mode_name, controls), tables(*mode, memory) {
    tables.map(page_a, frame_a);
    tables.map(page_b, frame_b);
  }
  void ask_later(unsigned id, std::uint64_t va, Access access = {}, std::uint16_t asid = 0) {
    requests.push_back(request(id, va, access, asid));
  }
  const RtlAnswer* answer_to(unsigned id) const {
    for (const RtlAnswer& answer : answers) {
      if (answer.id == id) return &answer;
    }
    return nullptr;
  }
  SmallTables tables;
};

/// Access to the page fault code of another access.
constexpr unsigned permission = 4;
constexpr Access load{AccessKind::Load, true};
constexpr Access store{AccessKind::Store, true};

}  // namespace tablewalk::test

#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "dram/dram.h"
#include "module/script.h"
#include "module/translation_client.h"
#include "paging/table_builder.h"
#include "walker/walker.h"

namespace tablewalk {

constexpr std::uint64_t page_a = 0x40001000;
constexpr std::uint64_t page_b = 0x40002000;
constexpr std::uint64_t line_bytes = 64;
/// A closed row, no refresh, nothing but the column: every read of an idle memory takes 10.
constexpr std::uint64_t memory_cycles = 10;
constexpr std::uint64_t service = 4 * (memory_cycles + 1) + 2;

inline DramConfig constant_memory() {
  DramConfig config;
  config.t_rcd_ns = config.t_rp_ns = config.t_ras_ns = config.t_ccd_ns = config.t_rtp_ns = config.t_wr_ns = 0;
  config.t_cl_ns = config.t_cwl_ns = 4;
  config.burst_ns = 1;
  config.controller_ns = 5;
  config.t_refi_ns = config.t_rfc_ns = 0;
  return config;
}

inline WalkerConfig walkers(std::uint32_t count, const std::vector<std::uint32_t>& cached_levels = {}) {
  WalkerConfig config;
  config.walkers = count;
  for (std::uint32_t level : cached_levels) {
    WalkCacheConfig cache;
    cache.level = level;
    config.walk_caches.push_back(cache);
  }
  return config;
}

/// A walker on x86-64 tables with two neighbours above.
struct Bench : WalkObserver {
  explicit Bench(const WalkerConfig& config = walkers(2))
      : mode(make_paging_mode("x86-64")),
        frames(std::uint64_t{1} << 31, 4096, {}),
        tables(mode, memory, frames),
        walker("walker", config, *mode, 2),
        dram("dram", constant_memory(), 1000, line_bytes, memory, 1),
        first("first"),
        second("second"),
        script("script") {
    first.translator_side.socket.bind(walker.tlb_side(0));
    second.translator_side.socket.bind(walker.tlb_side(1));
    walker.memory_side.socket.bind(dram.cpu_side(0));
    first.root = second.root = tables.root();
    walker.observe(this);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void map(std::uint64_t va, const LeafSpec& spec = {}) {
    tables.map(VirtualAddress(va), PhysicalAddress(va + 0x1000000), 4096, spec);
  }
  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    for (const TranslationClient* client : {&first, &second}) {
      for (const auto& asked : client->all()) EXPECT_TRUE(asked.answered.has_value());
    }
    std::sort(walks.begin(), walks.end(), [](const WalkRecord& a, const WalkRecord& b) { return a.id < b.id; });
  }
  std::uint64_t answered(std::size_t index) const { return first.all()[index].answered.value_or(0); }
  const Answer& answer(std::size_t index) const { return first.all()[index].request.answer; }
  void walk_finished(const WalkRecord& walk) override { walks.push_back(walk); }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  FrameAllocator frames;
  TableBuilder tables;
  Walker walker;
  Dram dram;
  TranslationClient first;
  TranslationClient second;
  Script script;
  std::vector<WalkRecord> walks;
};

}  // namespace tablewalk

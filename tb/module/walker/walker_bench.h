#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "module/script.h"
#include "module/translation_client.h"
#include "paging/table_builder.h"
#include "walker/systemc_walker.h"

namespace tablewalk {

constexpr std::uint64_t page_a = 0x40001000;
constexpr std::uint64_t page_b = 0x40002000;
constexpr std::uint64_t line_bytes = 64;
constexpr std::uint64_t memory_cycles = 10;
constexpr std::uint64_t service = 4 * (memory_cycles + 1) + 2;

/// Responds to every access `memory_cycles` after its arrival, or later.
class ConstantMemory : public TimedModule {
 public:
  ConstantMemory(sc_core::sc_module_name name, PhysicalMemory& memory)
      : TimedModule(name), memory_(memory), port_("cpu_side", *this, 0) {}

  tlm::tlm_target_socket<64>& cpu_side() { return port_.socket; }
  /// Further cycles, by address.
  std::map<PhysicalAddress, std::uint64_t> delays;

  bool receive_access(unsigned, MemoryAccess& access, Cycles& cycle) {
    arrivals_.push(cycle, &access);
    wake_at(cycle);
    return false;
  }

 private:
  void on_cycle() override {
    while (arrivals_.due(now())) {
      MemoryAccess& access = *arrivals_.front();
      arrivals_.pop();
      access.info.served_by = ServedBy::Dram;
      if (access.wants_entry()) access.transfer_entry(memory_);
      const auto delay = delays.find(access.physical());
      port_.respond(access, now() + Cycles(memory_cycles + (delay == delays.end() ? 0 : delay->second)));
    }
    if (!arrivals_.empty()) wake_at(arrivals_.next_visible());
  }

  PhysicalMemory& memory_;
  AccessTargetPort<ConstantMemory> port_;
  Inbox<MemoryAccess*> arrivals_;
};

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

/// A walker with two upstream neighbours, on x86-64 tables or others.
struct Bench : WalkObserver {
  explicit Bench(const WalkerConfig& config = walkers(2), const std::string& mode_name = "x86-64",
                 const PagingControls& controls = {})
      : mode(make_paging_mode(mode_name, controls)),
        frames(std::uint64_t{1} << 31, 4096, {}),
        tables(mode, memory, frames),
        walker("walker", config, *mode, 2),
        dram("dram", memory),
        first("first"),
        second("second"),
        script("script") {
    first.translator_side.socket.bind(walker.tlb_side(0));
    second.translator_side.socket.bind(walker.tlb_side(1));
    walker.memory_side.socket.bind(dram.cpu_side());
    first.root = second.root = tables.root();
    walker.observe(*this);
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
  void prefetch_finished(const WalkRecord& walk) override { prefetches.push_back(walk); }
  /// Of the walker, as reported.
  std::uint64_t figure(const std::string& name) const {
    StatSet figures;
    walker.report(figures);
    return static_cast<std::uint64_t>(figures.find(name)->value());
  }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  FrameAllocator frames;
  TableBuilder tables;
  SystemCWalker walker;
  ConstantMemory dram;
  TranslationClient first;
  TranslationClient second;
  Script script;
  std::vector<WalkRecord> walks;
  std::vector<WalkRecord> prefetches;
};

}  // namespace tablewalk

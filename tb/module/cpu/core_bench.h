#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "cpu/request_port.h"
#include "module/fake_memory.h"
#include "module/fake_translator.h"
#include "support/listed_trace.h"

namespace tablewalk {

constexpr std::uint64_t tlb_latency = 10;
constexpr std::uint64_t memory_latency = 20;
constexpr std::uint64_t fault_cycles = 100;

/// A kernel that records its calls.
class NotingKernel final : public Kernel {
 public:
  explicit NotingKernel(bool on_demand = false) : on_demand_(on_demand) {}

  PhysicalAddress root(AddressSpaceId) override { return PhysicalAddress(0x1000); }
  void before_walk(AddressSpaceId, VirtualAddress va, Access) override {
    walks.push_back(va.value());
    unmapped.erase(va.value() >> 12);
  }
  bool is_mapped(AddressSpaceId, VirtualAddress va) override { return unmapped.count(va.value() >> 12) == 0; }
  void handle_fault(const PageFault& fault, KernelWork& work) override {
    faults.push_back(fault.va.value());
    if (on_fault) on_fault();
    if (passes_over) {
      work.then = KernelWork::Then::Skip;
      return;
    }
    if (changes_page) work.invalidate({Invalidation::Scope::Page, fault.va, fault.asid}, true);
    if (cleared_bytes != 0) work.write(cleared, cleared_bytes, KernelTask::ClearMemory);
    if (device_cycles != 0) work.wait_until(fault.now + Cycles(device_cycles), KernelTask::AwaitRead);
    work.compute(Cycles(fault_cycles));
  }
  void before_invalidation(const Invalidation& invalidation) override { invalidations.push_back(invalidation); }
  bool pages_on_demand() const override { return on_demand_; }
  bool would_fault(AddressSpaceId, VirtualAddress va, Access access) override {
    return faulting.count({va.value() >> 12, access.kind}) != 0;
  }
  std::set<std::uint64_t> unmapped;  ///< numbers of pages
  std::vector<std::uint64_t> walks;
  std::vector<std::uint64_t> faults;
  bool passes_over = false;
  bool changes_page = false;
  PhysicalAddress cleared;  ///< when it handles a fault
  std::uint64_t cleared_bytes = 0;
  std::uint64_t device_cycles = 0;                          ///< of a device, for which it waits when it handles a fault
  std::set<std::pair<std::uint64_t, AccessKind>> faulting;  ///< numbers of pages, and how
  std::function<void()> on_fault;
  std::vector<Invalidation> invalidations;

 private:
  bool on_demand_;
};

inline CoreConfig core(std::uint32_t in_flight, std::uint32_t window = 1000, std::uint32_t width = 1) {
  CoreConfig config;
  config.issue_width = width;
  config.accesses_in_flight = in_flight;
  config.window = window;
  config.fetch_queue = 0;
  return config;
}
inline CoreConfig blocking() {
  CoreConfig config = core(8);
  config.blocking = true;
  return config;
}

inline CoreNeighbours neighbours() {
  CoreNeighbours result;
  result.tlb_hit_latency = {Cycles(1), Cycles(1)};
  result.cache_at_once = {false, false};
  return result;
}

inline Record load(std::uint64_t address, std::uint32_t size = 8) {
  return {VirtualAddress(address), size, RecordKind::Load};
}
inline Record fetch(std::uint64_t address) {
  return {VirtualAddress(address), 4, RecordKind::Fetch};
}

inline Record invalidate(std::uint64_t address, AddressSpaceId asid = 0) {
  return {VirtualAddress(address), 0, RecordKind::InvalidatePage, Privilege::User, asid};
}

/// A core on translators and memories of fixed latency: a request sent in t is answered in t + 1 + latency.
struct Bench {
  Bench(const CoreConfig& config, std::vector<Record> records,
        std::shared_ptr<const PagingMode> of_mode = make_paging_mode("sv48"), bool chained = false,
        bool on_demand = false)
      : mode(std::move(of_mode)),
        trace(std::move(records)),
        source(trace, 0, 0, chained),
        kernel(on_demand),
        port("port", config, neighbours(), *mode, kernel),
        itlb("itlb", Cycles(tlb_latency)),
        dtlb("dtlb", Cycles(tlb_latency)),
        icache("icache", memory_latency, 256),
        dcache("dcache", memory_latency, 256) {
    port.itlb_side.socket.bind(itlb.tlb_side());
    port.dtlb_side.socket.bind(dtlb.tlb_side());
    port.icache_side.socket.bind(icache.cpu_side());
    port.dcache_side.socket.bind(dcache.cpu_side());
  }
  void run() {
    RequestPort::Job job;
    job.source = &source;
    port.run(std::move(job));
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    EXPECT_TRUE(port.finished());
    EXPECT_EQ(port.stats().translations_requested, port.stats().translations_answered);
  }
  std::vector<std::uint64_t> loads_at() const {
    std::vector<std::uint64_t> cycles;
    for (const auto& arrival : dtlb.arrivals()) cycles.push_back(arrival.cycle);
    return cycles;
  }

  std::shared_ptr<const PagingMode> mode;
  test::ListedTrace trace;
  RecordSource source;
  NotingKernel kernel;
  RequestPort port;
  FakeTranslator itlb;
  FakeTranslator dtlb;
  FakeMemory icache;
  FakeMemory dcache;
};
using Starts = std::vector<std::uint64_t>;

/// A translation requested in t arrives in t + 10; memory sees the access one cycle later and responds in 20.
constexpr std::uint64_t whole_access = tlb_latency + 1 + memory_latency;

}  // namespace tablewalk

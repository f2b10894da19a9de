#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "links/timed_module.h"
#include "links/translate_link.h"
#include "links/upstream_ports.h"
#include "segment/segment_table.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// lookups = direct + paged + faults.
struct SegmentStats {
  std::uint64_t lookups = 0;
  std::uint64_t direct = 0;  ///< base + offset was the physical address
  std::uint64_t paged = 0;   ///< sent to the TLB
  std::uint64_t faults = 0;
};

/// The segment unit of a core, between the core and its first-level TLBs (or free translators): port 0 for fetches,
/// port 1 for data. It checks an access and adds base and offset inside the call. A direct address is answered with the
/// latency of a first-level TLB hit; a linear address goes to the TLB, and the answer comes back for the trace's
/// address. It has no state besides its segments, so any number of accesses can pass in a cycle.
class SegmentUnit final : public TimedModule {
 public:
  struct Timing {
    std::array<Cycles, 2> hit_latency;  ///< of the first-level TLBs, by port
    Cycles add;                         ///< for the check and the addition
  };

  /// `page_shift`: log2 of the smallest page; the core splits accesses at its multiples.
  SegmentUnit(sc_core::sc_module_name name, const SegmentTable& segments, const Timing& timing, unsigned page_shift);

  TranslateTargetSocket& cpu_side(unsigned port) { return cpu_side_.port(port).socket; }
  TranslateInitiatorPort<SegmentUnit> itlb_side;
  TranslateInitiatorPort<SegmentUnit> dtlb_side;

  const SegmentStats& stats() const { return stats_; }
  void reset_stats() { stats_ = {}; }
  void report(const std::string& prefix, StatSet& figures) const;

 private:
  /// Tells the ports apart: look_up() has no request.
  class Port;

  void on_cycle() override {}
  const Translation* look_up(unsigned port, VirtualAddress va, AddressSpaceId asid, Access access, Cycles& cycle);
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle);
  void refuse(unsigned port, TranslationRequest& request, FaultReason fault, Cycles cycle);
  bool forward(unsigned port, TranslationRequest& request, std::uint64_t linear, Cycles& cycle);
  void receive_invalidation(unsigned port, const Invalidation& invalidation, Cycles cycle);
  void receive_translation(unsigned port, TranslationRequest& request, Cycles visible);
  void restore(TranslationRequest& request) const;
  Translation for_trace_address(VirtualAddress va, std::uint64_t physical, const Translation& found) const;
  TranslateInitiatorPort<SegmentUnit>& tlb(unsigned port) { return port == 0 ? itlb_side : dtlb_side; }

  friend class TranslateInitiatorPort<SegmentUnit>;

  const SegmentTable& segments_;
  Timing timing_;
  unsigned page_shift_;
  UpstreamPorts<TranslateTarget, TranslationRequest> cpu_side_;
  Translation answer_;  ///< of the last look_up()
  SegmentStats stats_;
};

}  // namespace tablewalk

#pragma once

#include <memory>
#include <vector>

#include "protocol/miss_registers.h"
#include "protocol/timed_module.h"
#include "protocol/translate_link.h"
#include "protocol/upstream_ports.h"
#include "stats/stat_set.h"
#include "tlb/tlb_array.h"
#include "tlb/tlb_config.h"

namespace tablewalk {

/// A miss is counted when it is known how it ended: misses = sent_down + merged_misses + found_after_wait.
struct TlbStats {
  std::uint64_t lookups = 0;  ///< one for each request
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t sent_down = 0;         ///< misses that were sent to the next translator
  std::uint64_t merged_misses = 0;     ///< misses that another request's answer served
  std::uint64_t found_after_wait = 0;  ///< misses that waited for a free register and then found their page
  std::uint64_t resent = 0;            ///< requests sent down again, because an invalidation overtook their answer
  std::uint64_t miss_cycles = 0;       ///< of all misses, from the first lookup until the neighbour sees the answer
  std::uint64_t fills = 0;
  std::uint64_t invalidated = 0;   ///< translations that invalidations took out
  std::uint64_t switched_out = 0;  ///< translations that switches of the address space took out
};

/// One level of TLB: any number of arrays looked up in parallel; misses go to the next translator, one for each page.
class Tlb : public TimedModule {
 public:
  /// How it is asked. A core's own first-level TLB answers hits inside the call, in the middle of a cycle; a further
  /// level is on a registered link.
  enum class Service : std::uint8_t { AtOnce, Registered };

  /// `ports`: how many neighbours it has above.
  Tlb(sc_core::sc_module_name name, Service service, const TlbConfig& config, const PagingMode& mode, unsigned ports);

  TranslateTargetSocket& cpu_side(unsigned port) { return cpu_side_.port(port).socket; }

  TranslateInitiatorPort<Tlb> walker_side;

  const TlbStats& stats() const { return stats_; }
  void reset_stats() { stats_ = {}; }
  /// Adds this TLB's figures under `prefix`.
  void report(const std::string& prefix, StatSet& figures) const;

  // Called by the ports.
  const Translation* look_up(VirtualAddress va, AddressSpaceId asid, Access access, Cycles& cycle);
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle);
  void receive_invalidation(const Invalidation& invalidation, Cycles cycle);
  void receive_translation(unsigned port, TranslationRequest& request, Cycles visible);

 private:
  /// The page of an address space, in units of the mode's smallest.
  struct Page {
    std::uint64_t number = 0;
    AddressSpaceId asid = 0;
    bool operator==(const Page& other) const { return number == other.number && asid == other.asid; }
    std::uint64_t value() const { return number ^ std::uint64_t{asid} << 48; }
  };
  struct Hit {
    const Translation* translation = nullptr;
    std::size_t array = 0;  ///< the one that holds it
  };
  /// The hit that was the last thing to happen to the arrays, and what it serves.
  struct LastHit {
    Hit hit;
    Page page;
    Access access;
    bool serves(const Page& its_page, Access its_access) const {
      return hit.translation != nullptr && page == its_page && access.kind == its_access.kind &&
             access.user == its_access.user;
    }
  };

  void on_cycle() override;
  void take_answers(Cycles cycle);
  void ask_again(TranslationRequest& request, Cycles cycle);
  void answer_waiting(WaitingRequests waiting, const Answer& answer, Cycles cycle);
  void retry_stalled(Cycles cycle);
  void look_up_arrivals(Cycles cycle);
  bool finish_lookup(unsigned port, TranslationRequest& request, Cycles cycle);
  void sleep(Cycles cycle);

  void miss(unsigned port, TranslationRequest& request, Cycles cycle);
  void count_miss(std::uint64_t& how_it_ended) {
    ++stats_.lookups;
    ++stats_.misses;
    ++how_it_ended;
  }
  const Translation* count_hit(const Hit& hit, Cycles& cycle) {
    ++stats_.lookups;
    ++stats_.hits;
    cycle += latencies_[hit.array];
    return hit.translation;
  }
  Hit find(VirtualAddress va, AddressSpaceId asid, Access access);
  Hit find(const TranslationRequest& request) { return find(request.va, request.asid, request.access); }
  void start_or_stall(TranslationRequest& request, Cycles sent);
  bool start_miss(TranslationRequest& request, Cycles sent);
  void install(const TranslationRequest& request);
  void respond(TranslationRequest& request, Cycles cycle);
  Page page_of(VirtualAddress va, AddressSpaceId asid) const { return {va.value() >> page_shift_, asid}; }
  Page page_of(const TranslationRequest& request) const { return page_of(request.va, request.asid); }

  Service service_;
  const PagingMode& mode_;
  unsigned page_shift_;  ///< log2 of the mode's smallest page
  std::vector<TlbArray> arrays_;
  std::vector<Cycles> latencies_;
  Cycles miss_latency_;  ///< a miss is known when the slowest array has answered
  std::uint32_t lookups_per_cycle_;

  UpstreamPorts<TranslateTargetPort<Tlb>, TranslationRequest> cpu_side_;
  MissRegisters<Page, WaitingRequests> registers_;
  Inbox<TranslationRequest*> answers_;
  Inbox<TranslationRequest*> stalled_;                   ///< misses that found no free register
  bool blocked_ = false;                                 ///< the oldest arrival missed and found no free register
  Cycles blocked_since_;                                 ///< when that arrival was looked up first
  const TranslationRequest* blocked_arrival_ = nullptr;  ///< looked up before, and next again
  bool may_reuse_last_ = true;                           ///< what the arrays found last
  LastHit again_;
  bool looked_up_ = false;  ///< look_up() has just missed, so that the request which follows misses too
  TlbStats stats_;
};

}  // namespace tablewalk

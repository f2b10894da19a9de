#pragma once

#include <memory>

#include "links/timed_module.h"
#include "links/translate_link.h"
#include "links/upstream_ports.h"
#include "protocol/miss_registers.h"
#include "protocol/observers.h"
#include "stats/stat_set.h"
#include "tlb/prefetch_unit.h"
#include "tlb/tlb_arrays.h"

namespace tablewalk {

class RangeUnit;

/// A miss is counted when its outcome is known: misses = sent_down + merged_misses + found_after_wait + range_hits.
struct TlbStats {
  std::uint64_t lookups() const { return hits + misses; }  ///< one per request

  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t sent_down = 0;         ///< misses sent to the next translator
  std::uint64_t merged_misses = 0;     ///< misses served by another request's response
  std::uint64_t found_after_wait = 0;  ///< misses that waited for a free register and then hit
  std::uint64_t range_hits = 0;        ///< misses answered by a range TLB beside this one
  std::uint64_t resent = 0;            ///< requests resent because an invalidation overtook their response
  std::uint64_t miss_cycles =
      0;  ///< of all misses, from the first lookup until the response is visible to the requester
  std::uint64_t fills = 0;
  std::uint64_t invalidated = 0;   ///< translations removed by invalidations
  std::uint64_t switched_out = 0;  ///< translations removed by switches of the address space
};

/// One level of TLB: any number of arrays looked up in parallel; misses go to the next translator, one per page. This
/// is the part common to both kinds: the outstanding misses. FirstLevelTlb and RegisteredTlb implement how requests are
/// accepted and looked up.
class Tlb : public TimedModule {
 public:
  TranslateTargetSocket& cpu_side(unsigned port) { return cpu_side_.port(port).socket; }

  TranslateInitiatorPort<Tlb> walker_side;

  /// For warming without time.
  TlbArrays& arrays() { return arrays_; }

  void observe(MissObserver& observer) { observer_ = &observer; }
  const TlbStats& stats() const { return stats_; }
  /// Of a TLB that prefetches.
  const PrefetchStats& prefetches() const { return prefetch_->stats(); }
  virtual void reset_stats() {
    stats_ = {};
    arrays_.reset_stats();
    if (prefetch_ != nullptr) prefetch_->stats() = {};
  }
  /// Adds this TLB's figures under `prefix`.
  virtual void report(const std::string& prefix, StatSet& figures) const;
  /// The range TLB beside this one; nullptr: none.
  virtual RangeUnit* ranges() { return nullptr; }

  // Called by the ports.
  void receive_invalidation(const Invalidation& invalidation, Cycles cycle);
  void receive_translation(unsigned port, TranslationRequest& request, Cycles visible);

 protected:
  /// `misses_explained`: the explanation of a miss for a newcomer.
  Tlb(sc_core::sc_module_name name, const TlbConfig& config, const PagingMode& mode, const char* misses_explained);

  // The stages of a wake, in order.
  bool take_answers(Cycles cycle);
  bool has_due_retry(Cycles cycle) const { return stalled_.due(cycle); }
  void retry_stalled(Cycles cycle);
  void sleep_until_retry(Cycles cycle);

  TlbArrays::Hit find(const TranslationRequest& request, Cycles cycle) {
    const TlbArrays::Hit hit = arrays_.find(request.va, request.asid, request.access);
    return hit.translation != nullptr || prefetch_ == nullptr ? hit : find_prefetched(request, cycle);
  }
  TlbArrays::Hit find_prefetched(const TranslationRequest& request, Cycles cycle);
  void count_hit() { ++stats_.hits; }
  void count_miss(const TranslationRequest& request, std::uint64_t& how_it_ended) {
    if (request.prefetch) return;
    ++stats_.misses;
    ++how_it_ended;
  }
  /// Whether a miss on the request's page must wait for a register.
  bool must_wait(const TranslationRequest& request) const {
    return registers_.full() && !registers_.has(page_of(request));
  }
  void start_or_stall(TranslationRequest& request, Cycles sent);
  bool start_miss(TranslationRequest& request, Cycles sent);
  void respond(TranslationRequest& request, Cycles visible);
  void respond_to_miss(TranslationRequest& request, Cycles visible);

  void refuse_prefetch(TranslationRequest& request, Cycles visible);

  TlbArrays arrays_;
  std::unique_ptr<PrefetchUnit> prefetch_;  ///< nullptr without one
  UpstreamPorts<TranslateTarget, TranslationRequest> cpu_side_;
  TlbStats stats_;

 private:
  /// Requests that wait for a page, and the prefetch that they wait for, if it is one.
  struct Waiting : WaitingRequests {
    TranslationRequest* prefetch = nullptr;
    bool late = false;  ///< the prefetch: an access waits for it
    const WaitingRequests& requests() const { return *this; }
  };

  // With prefetches, of this TLB or of one above it, in tlb_prefetch.cpp.
  void prefetch_after(const TranslationRequest& cause, Cycles sent);
  void join_prefetch(Waiting& waiting, const TranslationRequest& request, Cycles sent);
  void take_prefetch(TranslationRequest& answered, WaitingRequests waiting, Cycles cycle);
  void send_waiting(WaitingRequests waiting, Cycles cycle);
  void note_answer(TranslationRequest& answered);

  void ask_again(TranslationRequest& request, Cycles cycle);
  void answer_waiting(WaitingRequests waiting, const Answer& answer, Cycles cycle);
  TlbPage page_of(const TranslationRequest& request) const { return arrays_.page_of(request.va, request.asid); }
  bool may_concern(const Invalidation& invalidation, const TranslationRequest& answered) const;
  void report_coalescing(const std::string& prefix, StatSet& figures) const;

  const PagingMode& mode_;
  const char* misses_explained_;
  MissObserver* observer_ = nullptr;
  MissRegisters<TlbPage, Waiting> registers_;
  Inbox<TranslationRequest*> answers_;
  Inbox<TranslationRequest*> stalled_;  ///< misses without a free register
};

}  // namespace tablewalk

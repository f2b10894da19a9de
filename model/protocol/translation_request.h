#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/types.h"
#include "paging/walk.h"

namespace tablewalk {

/// Where a memory access found its data, nearest first.
enum class ServedBy : std::uint8_t { L1, L2, Llc, Dram };
constexpr unsigned served_by_count = 4;
inline const char* to_string(ServedBy place) {
  constexpr std::array names = {"l1", "l2", "llc", "dram"};
  return names[static_cast<unsigned>(place)];
}

/// The deepest page table any mode has.
constexpr unsigned max_levels = 8;

/// Where the cycles of one translation went. Every cycle from the request to its answer is counted in exactly one.
struct LatencyBreakdown {
  std::uint64_t queue = 0;              ///< waiting: for a lookup port, a walker, or another walk of the same page
  std::uint64_t tlb_lookup = 0;         ///< in TLBs that missed, and in the one that hit
  std::uint64_t walk_cache_lookup = 0;  ///< in the walker, before its first read
  std::array<std::array<std::uint64_t, served_by_count>, max_levels> memory{};  ///< [level][served by], entry reads
  std::uint64_t entry_writeback = 0;                                            ///< updates of accessed and dirty bits
  std::uint64_t fault = 0;                                                      ///< in the kernel's fault handler
  std::uint64_t fill = 0;  ///< the answer's way back through the TLBs

  std::uint64_t memory_total() const {
    std::uint64_t sum = 0;
    for (const auto& level : memory) {
      for (std::uint64_t cycles : level) sum += cycles;
    }
    return sum;
  }
  std::uint64_t total() const {
    return queue + tlb_lookup + walk_cache_lookup + memory_total() + entry_writeback + fault + fill;
  }
  void add(const LatencyBreakdown& other) {
    queue += other.queue;
    tlb_lookup += other.tlb_lookup;
    walk_cache_lookup += other.walk_cache_lookup;
    for (unsigned level = 0; level < max_levels; ++level) {
      for (unsigned place = 0; place < served_by_count; ++place) memory[level][place] += other.memory[level][place];
    }
    entry_writeback += other.entry_writeback;
    fault += other.fault;
    fill += other.fill;
  }
};

/// What a translation came to.
struct Answer {
  bool faulted = false;
  Fault fault;              ///< if faulted
  Translation translation;  ///< if not
};

/// The payload of the translate link: one question, and its answer when the response comes back. The initiator owns it
/// and leaves it alone between request and response; translators pass the same object on and note where its time goes.
struct TranslationRequest {
  // The question.
  VirtualAddress va;
  PhysicalAddress root;  ///< of the address space's tables, as CR3 holds it
  AddressSpaceId asid = 0;
  Access access;
  /// Of the trace's newest fetch record: the instruction whose fetch or data it is. None before the first fetch.
  std::optional<VirtualAddress> instruction;

  Answer answer;
  bool overtaken = false;  ///< an invalidation came while the answer was on its way: it is asked for again

  // The account. `accounted` is the cycle up to which every cycle is in `cycles`.
  bool accounting = false;  ///< cleared by the initiator of a fresh request; a repeated one goes on with its account
  Cycles accounted;
  LatencyBreakdown cycles;

  // The way back, and who waits with it: used by the translators on the way.
  /// A request can be in this many translators at once: TLBs of five levels and a walker.
  static constexpr std::size_t most_translators = 6;
  std::array<std::uint8_t, most_translators> route{};
  std::array<Cycles, most_translators>
      looked_up{};  ///< when the translator of that place in the route looked it up first
  std::uint8_t route_depth = 0;
  TranslationRequest* next = nullptr;
  std::uint32_t tag = 0;  ///< the initiator's own

  void answer_with(const Translation& found) {
    answer.translation = found;
    answer.faulted = false;
  }
  /// The first translator that cannot answer at once opens the account.
  void begin_account(Cycles cycle) {
    if (accounting) return;
    accounting = true;
    cycles = {};
    accounted = cycle;
  }
  /// Counts the cycles from `accounted` to `until` in one part of the breakdown.
  void account(std::uint64_t& part, Cycles until) {
    part += (until - accounted).count();
    accounted = until;
  }
  /// Notes through which port of a translator the request came, for the way back. Throws LawViolation beyond
  /// most_translators.
  void push_route(unsigned port, Cycles first_lookup = Cycles(0)) {
    if (route_depth == most_translators) refuse_deeper_route();
    looked_up[route_depth] = first_lookup;
    route[route_depth++] = static_cast<std::uint8_t>(port);
  }
  unsigned pop_route() { return route[--route_depth]; }
  /// When the translator that noted its port last looked it up first.
  Cycles first_lookup() const { return looked_up[route_depth - 1U]; }

 private:
  [[noreturn]] static void refuse_deeper_route();
};

/// Requests that wait for another's answer, in order of arrival. A request waits in one place at a time.
class WaitingRequests {
 public:
  void add(TranslationRequest& request) {
    request.next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = &request;
    last_ = &request;
  }
  /// nullptr when nobody waits any more.
  TranslationRequest* take() {
    TranslationRequest* request = first_;
    if (request != nullptr) {
      first_ = request->next;
      if (first_ == nullptr) last_ = nullptr;
    }
    return request;
  }
  bool empty() const { return first_ == nullptr; }

 private:
  TranslationRequest* first_ = nullptr;
  TranslationRequest* last_ = nullptr;
};

/// Gives `waiting` the answer that another request for its page got, unless that does not settle it: the translation
/// does not allow its access, or the fault was about the other's access. False if it must ask for itself.
bool share_answer(const PagingMode& mode, const Answer& answer, TranslationRequest& waiting);

}  // namespace tablewalk

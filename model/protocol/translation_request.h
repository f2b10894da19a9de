#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/types.h"
#include "paging/walk.h"

namespace tablewalk {

/// The memory that served an access, nearest first.
enum class ServedBy : std::uint8_t { L1, L2, Llc, Dram };
constexpr unsigned served_by_count = 4;
inline const char* to_string(ServedBy place) {
  constexpr std::array names = {"l1", "l2", "llc", "dram"};
  return names[static_cast<unsigned>(place)];
}

/// The deepest page table of any mode.
constexpr unsigned max_levels = 8;

/// Where the cycles of one translation went. Every cycle from request to response is counted in exactly one part.
struct LatencyBreakdown {
  std::uint64_t queue = 0;              ///< waiting for a lookup port, a walker, or another walk of the same page
  std::uint64_t tlb_lookup = 0;         ///< lookups in TLBs that missed, and in the one that hit
  std::uint64_t walk_cache_lookup = 0;  ///< lookups of walk caches, and the wait for them
  std::array<std::array<std::uint64_t, served_by_count>, max_levels> memory{};  ///< [level][served by], entry reads
  std::uint64_t entry_writeback = 0;                                            ///< updates of accessed and dirty bits
  std::uint64_t fault = 0;                                                      ///< in the kernel's fault handler
  std::uint64_t fill = 0;  ///< the response's way back through the TLBs

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

/// Identifies a translation that missed the first level, in the whole machine and run.
class TranslationId {
 public:
  /// None.
  constexpr TranslationId() = default;
  /// `serial`: among those of the core.
  constexpr TranslationId(unsigned core, std::uint64_t serial)
      : value_(valid | std::uint64_t{core} << core_shift | serial) {}
  constexpr bool is_valid() const { return value_ != 0; }
  constexpr unsigned core() const { return static_cast<unsigned>((value_ & ~valid) >> core_shift); }
  /// Not 0 if it is valid.
  constexpr std::uint64_t value() const { return value_; }

 private:
  static constexpr unsigned core_shift = 48;
  static constexpr std::uint64_t valid = std::uint64_t{1} << 63U;
  std::uint64_t value_ = 0;
};

/// The result of a translation.
struct Answer {
  bool faulted = false;
  Fault fault;              ///< if faulted
  Cycles walk_began;        ///< of a walk, for the law checker: it was taken, or restarted last; it read nothing before
  Translation translation;  ///< if not
};

/// The payload of the translate link: request fields, and the answer when the response returns. The initiator owns it
/// and must not change it between request and response; translators forward the same object and account for their
/// cycles in it.
struct TranslationRequest {
  // Request.
  VirtualAddress va;
  PhysicalAddress root;      ///< root table of the address space, as in CR3
  AddressSpaceId asid = 0;   ///< the hardware's id, which tags TLB entries
  AddressSpaceId space = 0;  ///< the kernel's id of the address space
  Access access;
  std::uint32_t bytes = 1;  ///< size of the access within its page; 1 for a block that the front end fetches ahead
  TranslationId id{0, 0};   ///< its own if its first translator cannot respond at once
  /// The trace's newest fetch: the instruction that makes the access. None before the first fetch.
  std::optional<VirtualAddress> instruction;

  Answer answer;
  bool prefetch = false;            ///< made by a TLB's prefetcher: nothing waits for it, and it never faults
  LinePages* line = nullptr;        ///< where the walker puts the pages of the leaf's line; the TLB's that wants them
  bool overtaken = false;           ///< an invalidation overtook the response: it must be requested again
  Cycles urgent = Cycles::never();  ///< of a prefetch: from when on an access waits for it

  std::uint64_t displacement = 0;  ///< of a segment unit, below which `va` is this much higher

  // Accounting: all cycles up to `accounted` are in `cycles`.
  bool accounting = false;  ///< cleared by the initiator of a new request; a repeated request continues its account
  Cycles accounted;
  LatencyBreakdown cycles;

  // Return route, and requests waiting with it: for use by the translators on the way.
  /// Levels that a request can be in at once: five levels of TLBs and a walker.
  static constexpr std::size_t most_translators = 6;
  std::array<std::uint8_t, most_translators> route{};
  std::array<Cycles, most_translators> looked_up{};  ///< first lookup in the translator at that position
  std::uint8_t route_depth = 0;
  TranslationRequest* next = nullptr;
  std::uint32_t tag = 0;  ///< for the initiator's own use

  bool is_urgent(Cycles cycle) const { return urgent <= cycle; }
  void answer_with(const Translation& found) {
    answer.translation = found;
    answer.faulted = false;
  }
  /// Called by the first translator that cannot respond at once.
  void begin_account(Cycles cycle) {
    if (accounting) return;
    accounting = true;
    cycles = {};
    accounted = cycle;
  }
  /// Accounts for the cycles from `accounted` to `until` in one part of the breakdown.
  void account(std::uint64_t& part, Cycles until) {
    part += (until - accounted).count();
    accounted = until;
  }
  /// Records the port through which the request entered a translator, for the way back. Throws LawViolation beyond
  /// most_translators.
  void push_route(unsigned port, Cycles first_lookup = Cycles(0)) {
    if (route_depth == most_translators) refuse_deeper_route();
    looked_up[route_depth] = first_lookup;
    route[route_depth++] = static_cast<std::uint8_t>(port);
  }
  unsigned pop_route() { return route[--route_depth]; }
  /// First lookup in the translator that recorded its port last.
  Cycles first_lookup() const { return looked_up[route_depth - 1U]; }

 private:
  [[noreturn]] static void refuse_deeper_route();
};

/// Requests that wait for another one's response, in order of arrival. A request waits in one list at a time.
class WaitingRequests {
 public:
  void add(TranslationRequest& request) {
    request.next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = &request;
    last_ = &request;
  }
  /// nullptr if no request is left.
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

/// Gives `waiting` the answer for another request of its page, unless it does not apply: the translation does not allow
/// its access, or the fault was specific to the other access. False if it must send its own request.
bool share_answer(const PagingMode& mode, const Answer& answer, TranslationRequest& waiting);

}  // namespace tablewalk

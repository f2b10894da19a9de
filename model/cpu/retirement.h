#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/types.h"
#include "protocol/kernel_work.h"

namespace tablewalk {

/// Where a core's cycles went. Every cycle is in exactly one part.
struct CoreCycles {
  std::uint64_t issue = 0;              ///< starting accesses, and first-level hits
  std::uint64_t translation_stall = 0;  ///< the oldest access waited for its translation, beyond a first-level TLB hit
  std::uint64_t memory_stall = 0;       ///< the oldest access waited for its data, beyond a first-level cache hit
  std::uint64_t invalidation = 0;       ///< in invalidate events
  std::uint64_t switching = 0;          ///< in switches of the address space
  std::uint64_t interrupts = 0;         ///< in the handlers of shootdowns started by other cores
  std::uint64_t shootdown_wait = 0;     ///< waiting for other cores to acknowledge an invalidate event
  std::array<std::uint64_t, kernel_parts> kernel{};  ///< by KernelPart: handling faults
  std::uint64_t in_kernel() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t cycles : kernel) sum += cycles;
    return sum;
  }
  std::uint64_t total() const {
    return issue + translation_stall + memory_stall + invalidation + switching + interrupts + shootdown_wait +
           in_kernel();
  }
};

/// The milestones of one access.
struct AccessTimes {
  Cycles issued;
  Cycles tlb_hit_until;    ///< when a first-level TLB hit would have returned the translation
  Cycles translated;       ///< when the translation arrived
  Cycles cache_hit_until;  ///< when a first-level cache hit would have returned the data, after the translation
  Cycles done;
};

/// Retires accesses in program order and attributes every cycle between two retirements to what the oldest access was
/// doing, so the parts add up to the run's cycles, and the stall cycles to the sum over the accesses.
class Retirement {
 public:
  Cycles last() const { return last_; }
  const CoreCycles& cycles() const { return cycles_; }

  /// Retires the oldest access: not before `times.done`, not before older ones.
  Cycles retire(const AccessTimes& times) {
    if (times.done <= last_) return last_;
    const std::uint64_t translation = overlap(times.tlb_hit_until, times.translated);
    const std::uint64_t memory = overlap(times.cache_hit_until, times.done);
    const std::uint64_t advance = (times.done - last_).count();
    cycles_.translation_stall += translation;
    cycles_.memory_stall += memory;
    cycles_.issue += advance - translation - memory;
    last_ = times.done;
    return last_;
  }
  /// With everything retired, an event takes `cost` cycles from `from` on, not before the last retirement. `part`: the
  /// CoreCycles part it counts in.
  Cycles pass_event(Cycles from, Cycles cost, std::uint64_t CoreCycles::*part) {
    cycles_.issue += (from - last_).count();
    cycles_.*part += cost.count();
    last_ = from + cost;
    return last_;
  }
  /// The oldest access has faulted and is taken by the kernel in `cycle`, with everything older retired.
  void fault(Cycles tlb_hit_until, Cycles cycle) {
    if (cycle <= last_) return;
    const std::uint64_t translation = overlap(tlb_hit_until, cycle);
    cycles_.translation_stall += translation;
    cycles_.issue += (cycle - last_).count() - translation;
    last_ = cycle;
  }
  /// The kernel runs for `cost` cycles from `from`.
  void pass_kernel(Cycles from, Cycles cost, KernelPart part) {
    cycles_.issue += (from - last_).count();
    cycles_.kernel[static_cast<unsigned>(part)] += cost.count();
    last_ = from + cost;
  }
  /// Resets the counts.
  void restart() { cycles_ = {}; }
  /// With everything retired, the core is idle until `cycle`; these cycles count in no part.
  void pause_until(Cycles cycle) { last_ = std::max(last_, cycle); }

 private:
  /// The cycles of (from, to] after the last retirement.
  std::uint64_t overlap(Cycles from, Cycles to) const {
    const Cycles begin = std::max(from, last_);
    return to > begin ? (to - begin).count() : 0;
  }

  Cycles last_;
  CoreCycles cycles_;
};

}  // namespace tablewalk

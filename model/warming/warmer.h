#pragma once

#include <array>
#include <optional>

#include "trace/record.h"
#include "warming/warm_translation.h"

namespace tablewalk {

/// How a core fetches and accesses, as far as it decides what is looked up.
struct WarmCore {
  bool fetches_ahead = false;  ///< by fetch blocks; else instruction by instruction
  bool prefetches = false;     ///< the line after each block
  unsigned line_shift = 6;     ///< log2 of the cache line, bytes
  unsigned page_shift = 12;    ///< log2 of the smallest page, bytes
};

/// What one side of a core accesses. `cache`: nullptr without one.
struct WarmSide {
  WarmTranslation translation;
  WarmCache* cache = nullptr;
};

/// Functional warming: executes records without time. Pages are mapped by first touch, accessed and dirty bits are set,
/// and TLBs, walk caches and caches, including their lines of page tables, change as in program order.
class Warmer {
 public:
  Warmer(const WarmCore& core, WarmSide instructions, WarmSide data);

  /// What follows does not continue what was executed before.
  void begin() { run_end_.reset(); }
  /// Executes the accesses of [first, last) in order, up to the first one that it leaves to the timed machine: an
  /// event, another address space, or an access that faults. Returns how many. `only_user`: the privilege of the
  /// running root register, with page-table isolation.
  std::size_t execute(const Record* first, const Record* last, RunningSpace running, std::optional<bool> only_user);

  /// Whether an instruction fetch was among the records.
  bool saw_fetches() const { return saw_fetches_; }

 private:
  bool fetch(const Record& record);
  bool fetch_block(VirtualAddress start, bool user);
  bool access(WarmSide& side, VirtualAddress address, std::uint32_t size, Access access, bool write);
  void access_lines(WarmCache& cache, PhysicalAddress address, std::uint32_t size, bool write) const;

  WarmCore core_;
  WarmSide instructions_;
  WarmSide data_;
  RunningSpace running_;
  bool saw_fetches_ = false;
  std::optional<VirtualAddress> run_end_;  ///< address of the next instruction if it continues the fetch block
  std::uint64_t line_ = 0;                 ///< line number of that block
  bool user_ = true;                       ///< its privilege
};

}  // namespace tablewalk

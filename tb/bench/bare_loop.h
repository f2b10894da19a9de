#pragma once

#include <array>
#include <cstdint>

#include "cache/cache_array.h"
#include "cpu/access_splitter.h"
#include "cpu/record_source.h"
#include "system/machine_config.h"
#include "tlb/tlb_array.h"

namespace tablewalk {

/// The minimum that any simulator of this machine must do for a trace: read it, split accesses that cross pages and
/// lines, look up the first-level TLB and cache, and fill them on a miss. No time, no statistics, no kernel, no
/// sockets. The machine's hit path is compared with it.
class BareLoop {
 public:
  explicit BareLoop(const MachineConfig& config)
      : tlbs_{TlbArray(config.itlb.arrays.front(), {page_shift}), TlbArray(config.dtlb.arrays.front(), {page_shift})},
        caches_{CacheArray(config.l1i, config.memory.line_bytes), CacheArray(config.l1d, config.memory.line_bytes)},
        line_shift_(log2_floor(config.memory.line_bytes)) {}

  /// Runs the whole trace; returns the number of hits, so that the compiler keeps the lookups.
  std::uint64_t run(RecordSource& source) {
    std::uint64_t hits = 0;
    while (source.read_batch()) {
      while (const Record* record = source.next()) {
        VirtualAddress address = record->address;
        std::uint32_t left = record->size;
        while (left != 0) hits += access(*record, take_part(address, left, page_shift));
      }
    }
    return hits;
  }

 private:
  static constexpr unsigned page_shift = 12;

  std::uint64_t access(const Record& record, PagePart part) {
    const unsigned side = record.kind == RecordKind::Fetch ? 0 : 1;
    const bool write = record.kind >= RecordKind::Store;
    const Access kind{side == 0 ? AccessKind::Fetch : write ? AccessKind::Store : AccessKind::Load, true};
    const Translation* found = tlbs_[side].find(part.address, record.asid, kind);
    std::uint64_t hits = found != nullptr ? 1 : 0;
    Translation translation;
    if (found != nullptr) {
      translation = *found;
    } else {
      translation.page = PhysicalAddress(part.address.value() >> page_shift << page_shift);
      translation.page_shift = page_shift;
      tlbs_[side].install(part.address, record.asid, translation, all_accesses);
    }
    VirtualAddress place(translation.physical(part.address).value());
    while (part.size != 0) {
      const PagePart line = take_part(place, part.size, line_shift_);
      const PhysicalAddress physical(line.address.value());
      if (CacheArray::Line* held = caches_[side].find(physical)) {
        held->dirty |= write;
        ++hits;
      } else {
        caches_[side].install(physical, {write, false});
      }
    }
    return hits;
  }

  static constexpr std::uint8_t all_accesses = 0x3f;
  std::array<TlbArray, 2> tlbs_;
  std::array<CacheArray, 2> caches_;
  unsigned line_shift_;
};

}  // namespace tablewalk

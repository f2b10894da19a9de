#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "config/largest.h"
#include "config/schema.h"
#include "segment/segment_descriptor.h"

namespace tablewalk {

/// What a segment unit does with an address.
enum class SegmentationKind : std::uint8_t {
  None,       ///< there is no segment unit
  BaseLimit,  ///< base + offset is the physical address: no TLB, no page table
  Paged,      ///< base + offset is the linear address, which is paged (386)
  Direct,     ///< segments are contiguous in physical memory and bypass the TLB; everything else is paged
};

template <>
struct EnumNames<SegmentationKind> {
  static constexpr std::array names = {
      std::pair{"none", SegmentationKind::None}, std::pair{"base_limit", SegmentationKind::BaseLimit},
      std::pair{"paged", SegmentationKind::Paged}, std::pair{"direct", SegmentationKind::Direct}};
};

/// The unit of a segment's limit: the G flag of a descriptor.
enum class LimitUnit : std::uint8_t { Byte, Page };

template <>
struct EnumNames<LimitUnit> {
  static constexpr std::array names = {std::pair{"byte", LimitUnit::Byte}, std::pair{"page", LimitUnit::Page}};
};

/// The accesses that use a segment.
enum class SegmentUse : std::uint8_t { Any, Fetch, Data };

template <>
struct EnumNames<SegmentUse> {
  static constexpr std::array names = {std::pair{"any", SegmentUse::Any}, std::pair{"fetch", SegmentUse::Fetch},
                                       std::pair{"data", SegmentUse::Data}};
};

/// One segment, and the addresses of the trace that use it.
struct SegmentConfig {
  std::string name;
  SegmentUse used_by = SegmentUse::Any;
  std::uint64_t from = 0;
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t origin = 0;
  std::uint64_t base = 0;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  LimitUnit granularity = LimitUnit::Byte;
  std::uint32_t offset_bits = 64;
  SegmentType type = SegmentType::Data;
  bool readable = true;
  bool writable = true;
  bool expand_down = false;
  bool stack = false;
  bool present = true;
  std::uint32_t privilege = 3;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("name", name, "", "name in messages");
    keys.value("used_by", used_by, "", "the accesses that use the segment");
    keys.value("from", from, "", "first trace address that uses the segment");
    keys.value("to", to, "", "last trace address that uses the segment");
    keys.value(
        "origin", origin, "",
        "trace address of offset 0: offset = trace address - origin; for expand_down the address above the segment");
    keys.value("base", base, "", "added to the offset; 0 for a direct segment, which the kernel places");
    keys.value("limit", limit, "", "last valid offset in units of granularity; for expand_down the last invalid one");
    keys.value("granularity", granularity, "",
               "unit of the limit (G flag): byte, or page: the limit is limit x 4096 + 4095");
    keys.value("offset_bits", offset_bits, "bits",
               "16 or 32 (B/D flag): linear addresses wrap at 4 GiB; 64: for traces of 64-bit programs", 64);
    keys.value("type", type, "", "code can be fetched, data loaded and stored");
    keys.value("readable", readable, "", "true: loads from this code segment are allowed");
    keys.value("writable", writable, "", "true: stores to this data segment are allowed");
    keys.value("expand_down", expand_down, "", "true: the valid offsets of this data segment are above its limit");
    keys.value("stack", stack, "", "true: used through SS; needs its own privilege level, and faults are #SS");
    keys.value("present", present, "", "false: every access faults");
    keys.value("privilege", privilege, "", "DPL: 0 (kernel) to 3 (user)", 3);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (to < from) problem("to", fmt::format("{:#x} is below from, {:#x}; expected a range", to, from));
    if (offset_bits != 16 && offset_bits != 32 && offset_bits != 64) {
      problem("offset_bits", fmt::format("{}; expected 16, 32 or 64", offset_bits));
      return;
    }
    const std::uint64_t most = low_bits(offset_bits) >> (granularity == LimitUnit::Page ? 12 : 0);
    if (limit > most) {
      problem("limit", fmt::format("{:#x} is more than offsets of {} bits reach; expected at most {:#x}", limit,
                                   offset_bits, most));
    }
    if (offset_bits != 64 && base > low_bits(32)) {
      problem("base", fmt::format("{:#x} is beyond 4 GiB; expected a 32-bit address, or offset_bits: 64", base));
    }
    const bool code = type == SegmentType::Code;
    if (code && expand_down) problem("expand_down", "true for code; expected type: data");
    if (expand_down && to - from > low_bits(offset_bits)) {
      problem("to", fmt::format("from and to span more than offsets of {} bits reach; expected the addresses of the "
                                "expand-down segment",
                                offset_bits));
    }
    if (code && stack) problem("stack", "true for code; expected type: data");
  }

  /// Below its origin an expand-down segment has the highest offsets.
  std::uint64_t offset_of(std::uint64_t address) const {
    const std::uint64_t offset = address - origin;
    return expand_down ? offset & low_bits(offset_bits) : offset;
  }
  std::uint64_t effective_limit() const { return granularity == LimitUnit::Page ? limit << 12 | 0xfff : limit; }
  SegmentDescriptor descriptor() const {
    return {base, effective_limit(), offset_bits, type, readable, writable, expand_down, stack, present, privilege};
  }
};

struct SegmentationConfig {
  static constexpr std::size_t most_segments = 256;

  SegmentationKind kind = SegmentationKind::None;
  Cycles add_cycles{0};
  bool skip_faults = false;
  std::vector<SegmentConfig> segments;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("kind", kind, "",
               "none: no segment unit; base_limit: base + offset is the physical address, without paging; paged: it is "
               "the linear address, which is paged; direct: the segments bypass TLBs and page tables, everything else "
               "is paged");
    keys.value("add_cycles", add_cycles, "cycles",
               "added to every translation for the check and the addition; 0: in parallel with address generation",
               largest::latency_cycles);
    keys.value("skip_faults", skip_faults, "",
               "false: the first segment fault ends the run; true: the access is skipped");
    keys.list("segments", segments,
              "segments; an access uses the first one for its address and kind that its privilege allows");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (segments.size() > most_segments) {
      problem("segments", fmt::format("{} segments; expected at most {}", segments.size(), most_segments));
    }
    if (kind == SegmentationKind::None) return;
    if (segments.empty()) problem("segments", "none; expected at least one, or segmentation.kind: none");
    if (kind != SegmentationKind::Direct) return;
    for (std::size_t i = 0; i < segments.size(); ++i) check_direct(segments[i], fmt::format("segments.{}", i), problem);
  }

 private:
  template <class Problem>
  static void check_direct(const SegmentConfig& segment, const std::string& name, Problem&& problem) {
    if (segment.base != 0) {
      problem(name + ".base", fmt::format("{:#x}, but the kernel places a direct segment; expected 0", segment.base));
    }
    if (segment.to - segment.from >= std::uint64_t{1} << 48) {
      problem(name + ".to", "the direct segment is larger than 256 TiB; expected from and to around it");
    }
    if (segment.expand_down) problem(name + ".expand_down", "true for a direct segment; expected false");
  }
};

}  // namespace tablewalk

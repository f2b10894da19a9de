#pragma once

#include <cstdint>
#include <string>

#include "base/types.h"
#include "config/schema.h"
#include "paging/translation.h"

namespace tablewalk {

enum class SegmentType : std::uint8_t { Code, Data };

template <>
struct EnumNames<SegmentType> {
  static constexpr std::array names = {std::pair{"code", SegmentType::Code}, std::pair{"data", SegmentType::Data}};
};

/// The x86 exception raised by a segment fault.
enum class SegmentException : std::uint8_t {
  NotPresent = 11,         ///< #NP
  Stack = 12,              ///< #SS
  GeneralProtection = 13,  ///< #GP
};
/// `#NP`, `#SS` or `#GP`.
const char* to_string(SegmentException exception);

/// A segment and its checks: Intel SDM volume 3A, 3.4.5 (descriptors), 5.3 (limit), 5.4 (type), 5.5 to 5.7 (privilege),
/// without conforming code segments. Offsets and linear addresses have 64 bits here if `offset_bits` is 64, for traces
/// of 64-bit programs; no x86 mode has such segments.
struct SegmentDescriptor {
  std::uint64_t base = 0;
  std::uint64_t limit = ~std::uint64_t{0};  ///< the effective limit in bytes, granularity applied
  unsigned offset_bits = 64;                ///< 16 or 32 (the B/D flag), or 64
  SegmentType type = SegmentType::Data;
  bool readable = true;      ///< of a code segment; a data segment can always be read
  bool writable = true;      ///< of a data segment; a code segment can never be written
  bool expand_down = false;  ///< a data segment whose valid offsets are above its limit
  bool stack = false;        ///< used through the stack segment register
  bool present = true;
  unsigned privilege = 3;  ///< DPL: 0 (kernel) to 3 (user)

  /// Lowest and highest valid offset; none is valid if the lowest is above the highest.
  std::uint64_t lowest() const { return expand_down ? limit + 1 : 0; }
  std::uint64_t highest() const { return expand_down ? low_bits(offset_bits) : limit; }
  bool empty() const { return expand_down && limit >= low_bits(offset_bits); }

  /// base + offset; it wraps at 4 GiB, or at 2^64 if offsets have 64 bits.
  std::uint64_t linear(std::uint64_t offset) const { return (base + offset) & low_bits(offset_bits == 64 ? 64 : 32); }
};

/// Why the access to `bytes` bytes (at least 1) from `offset` on is refused; None if it is allowed. The order is that
/// of the processor: loading a segment register checks type, privilege and presence; the access then checks its type
/// and the limit. A user access has privilege level 3, any other level 0.
FaultReason check_segment(const SegmentDescriptor& segment, std::uint64_t offset, std::uint64_t bytes, Access access);
/// The checks that do not depend on the offset.
FaultReason check_segment_rights(const SegmentDescriptor& segment, Access access);
/// Whether all bytes are within the limit. An access that wraps around is outside.
bool within_limit(const SegmentDescriptor& segment, std::uint64_t offset, std::uint64_t bytes);
/// Whether the privilege rules allow the access.
bool privilege_allows(const SegmentDescriptor& segment, Access access);

/// The exception raised for the reason. `stack`: through the stack segment register.
SegmentException exception_of(FaultReason reason, bool stack);

}  // namespace tablewalk

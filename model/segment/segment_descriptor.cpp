#include "segment/segment_descriptor.h"

namespace tablewalk {
namespace {

/// Whether a segment register that serves the access can hold the segment (SDM 5.4.1): CS only code, SS only writable
/// data, the others data or readable code.
bool type_can_be_loaded(const SegmentDescriptor& segment, Access access) {
  const bool code = segment.type == SegmentType::Code;
  if (access.kind == AccessKind::Fetch) return code;
  if (segment.stack) return !code && segment.writable;
  return !code || segment.readable;
}

bool type_allows(const SegmentDescriptor& segment, Access access) {
  return access.kind != AccessKind::Store || (segment.type == SegmentType::Data && segment.writable);
}

}  // namespace

const char* to_string(SegmentException exception) {
  switch (exception) {
    case SegmentException::NotPresent:
      return "#NP";
    case SegmentException::Stack:
      return "#SS";
    case SegmentException::GeneralProtection:
      return "#GP";
  }
  return "unknown";
}

/// A non-conforming code segment, and the stack, only at their own level (SDM 5.7, 5.8.1.1); data at their level or a
/// more privileged one (5.6).
bool privilege_allows(const SegmentDescriptor& segment, Access access) {
  const unsigned current = access.user ? 3 : 0;
  const bool own_level = access.kind == AccessKind::Fetch || segment.stack;
  return own_level ? segment.privilege == current : segment.privilege >= current;
}

bool within_limit(const SegmentDescriptor& segment, std::uint64_t offset, std::uint64_t bytes) {
  if (segment.empty() || offset < segment.lowest() || offset > segment.highest()) return false;
  return bytes - 1 <= segment.highest() - offset;
}

FaultReason check_segment_rights(const SegmentDescriptor& segment, Access access) {
  if (!type_can_be_loaded(segment, access)) return FaultReason::SegmentType;
  if (!privilege_allows(segment, access)) return FaultReason::SegmentPrivilege;
  if (!segment.present) return FaultReason::SegmentAbsent;
  return type_allows(segment, access) ? FaultReason::None : FaultReason::SegmentType;
}

FaultReason check_segment(const SegmentDescriptor& segment, std::uint64_t offset, std::uint64_t bytes, Access access) {
  const FaultReason rights = check_segment_rights(segment, access);
  if (rights != FaultReason::None) return rights;
  return within_limit(segment, offset, bytes) ? FaultReason::None : FaultReason::SegmentLimit;
}

SegmentException exception_of(FaultReason reason, bool stack) {
  const bool absent = reason == FaultReason::SegmentAbsent;
  if (stack && (absent || reason == FaultReason::SegmentLimit)) return SegmentException::Stack;
  return absent ? SegmentException::NotPresent : SegmentException::GeneralProtection;
}

}  // namespace tablewalk

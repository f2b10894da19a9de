#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// A program's wish about huge pages (madvise).
enum class HugePages : std::uint8_t {
  Default,  ///< the kernel's setting decides
  Yes,
  No,
};

/// What a program asks the kernel to do with a range of its address space.
enum class LayoutOperation : std::uint8_t {
  Reserve,
  Unmap,
  Protect,
  Remap,
  Advise,
  Discard,  ///< madvise(MADV_DONTNEED): the range stays reserved, but its content is given back
  Fork,     ///< a new address space, a copy of this one
  Exit,     ///< the address space ends
};
/// Whether it concerns a range rather than a whole address space.
constexpr bool has_range(LayoutOperation operation) {
  return operation < LayoutOperation::Fork;
}

/// One change of a program's address space: what is reserved from here on, and with which rights. Fields that do not
/// apply to the operation have their default. A trace with a layout begins with the regions that exist at its start.
struct LayoutChange {
  LayoutOperation operation = LayoutOperation::Reserve;
  AddressSpaceId asid = 0;
  std::uint64_t record = 0;  ///< takes effect before this record of the trace, counted from 0
  VirtualAddress first;
  std::uint64_t bytes = 0;  ///< at least 1 if it has a range

  // Reserve, which replaces what was there, and Protect
  bool read = false;
  bool write = false;
  bool execute = false;
  bool user = true;

  // Reserve
  bool shared = false;            ///< else private
  bool grows_down = false;        ///< a stack
  bool file = false;              ///< else anonymous memory
  std::uint64_t file_offset = 0;  ///< of the first byte, if backed by a file
  std::uint64_t page_bytes = 0;   ///< the fixed page size; 0: the kernel's choice
  std::string label;              ///< a file's path, `[heap]`; printable, without line ends

  HugePages huge_pages = HugePages::Default;  ///< Reserve and Advise

  // Remap
  VirtualAddress to;
  std::uint64_t to_bytes = 0;

  AddressSpaceId child = 0;  ///< Fork: the new address space

  VirtualAddress last() const { return first + (bytes - 1); }
};

/// Longer ones are not read. Longer than any path of Linux.
constexpr std::size_t longest_label = 1 << 14;

using Layout = std::vector<LayoutChange>;

bool operator==(const LayoutChange& a, const LayoutChange& b);

/// The change as one line, without its record:
///
///     [@ASID] reserve 0xADDRESS 0xBYTES rwxu [shared] [stack] [file 0xOFFSET] [page 0xBYTES] [huge|no-huge] [: LABEL]
///     [@ASID] unmap 0xADDRESS 0xBYTES
///     [@ASID] protect 0xADDRESS 0xBYTES rwxu
///     [@ASID] remap 0xADDRESS 0xBYTES 0xADDRESS 0xBYTES
///     [@ASID] advise 0xADDRESS 0xBYTES huge|no-huge|default
///     [@ASID] discard 0xADDRESS 0xBYTES
///     [@ASID] fork @CHILD
///     [@ASID] exit
///
/// A hyphen replaces the letter of a missing right.
std::string to_text(const LayoutChange& change);
/// Throws InputError that says what was expected, without a place.
LayoutChange parse_layout_change(std::string_view text);

}  // namespace tablewalk

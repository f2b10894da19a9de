#pragma once

#include <string>
#include <vector>

#include "paging/walk_steps.h"

namespace tablewalk {

/// `0x1f`, or padded to all digits of an entry, `0x0000001f`.
std::string hex(std::uint64_t value);
std::string hex_entry(const PagingMode& mode, std::uint64_t entry);

/// A part of an address, highest bits first: the bits above the translated ones, an index per level, and the offset in
/// the smallest page.
struct AddressPart {
  std::string name;  ///< `high`, a table's name, or `offset`
  unsigned high = 0;
  unsigned low = 0;
  std::uint64_t value = 0;
};
/// Addresses of 32 bits have no `high` part unless one of those bits is set.
std::vector<AddressPart> split_address(const PagingMode& mode, VirtualAddress va);

/// `63:48`, `5`.
std::string bits_text(unsigned high, unsigned low);
/// A field's value: decimal up to 8 bits, else hexadecimal.
std::string value_text(const BitField& field, std::uint64_t value);
/// The set bits that are in no named field.
std::uint64_t other_bits(const std::vector<BitField>& fields, std::uint64_t value);

const char* privilege_name(bool user);
const char* kind_name(EntryView::Kind kind);

/// The kinds of access allowed by those rights at that privilege under the mode's control registers.
std::vector<std::string> allowed_accesses(const PagingMode& mode, Rights rights, bool user);
/// What follows from the entry: `table PT at 0x3000`, `page of 4 KiB at 0x5000`, `not present: the walk ends`.
std::string consequence(const PagingMode& mode, const WalkStep& step);
/// What was read: `PT entry 5 at 0x3028: 0x000000000000a007`.
std::string place_text(const PagingMode& mode, const WalkStep& step);
/// The fields that the walk would set in the entry: `A`, `D`.
std::vector<std::string> marks(const PagingMode& mode, const WalkStep& step);

}  // namespace tablewalk

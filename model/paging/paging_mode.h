#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// What a mapping allows. Read is implied by present in x86.
struct Rights {
  bool read = true;
  bool write = true;
  bool execute = true;
  bool user = true;

  friend constexpr bool operator==(Rights a, Rights b) {
    return a.read == b.read && a.write == b.write && a.execute == b.execute && a.user == b.user;
  }
};

/// One access as permission checks see it.
struct Access {
  AccessKind kind = AccessKind::Load;
  bool user = true;  ///< made at user privilege
};

enum class FaultReason : std::uint8_t {
  None,
  NonCanonical,   ///< the address is outside what the mode translates (x86: #GP and no walk)
  NotPresent,     ///< an entry on the way is not present
  Reserved,       ///< an entry has a reserved bit set or a reserved encoding
  Misaligned,     ///< a large page's frame is not aligned to its size
  PointerAtLeaf,  ///< the last level holds a pointer
  Permission,     ///< the rights do not allow the access
};
/// For people: `not present`, `reserved bit set`...
const char* to_string(FaultReason reason);

struct Fault {
  FaultReason reason = FaultReason::None;
  std::uint8_t level = 0;        ///< of the entry that faulted; the root's level if none was read
  std::uint32_t error_code = 0;  ///< as the architecture reports it (x86: the #PF error code); 0 where it has none
};

/// What one table entry says, whatever its format.
struct EntryView {
  enum class Kind : std::uint8_t { Absent, Pointer, Leaf, Malformed };
  Kind kind = Kind::Absent;
  FaultReason malformed = FaultReason::None;  ///< why, if Malformed
  PhysicalAddress target;                     ///< the next table, or the first byte of the page
  Rights rights;
  bool accessed = false;
  bool dirty = false;
  bool global = false;
};

/// What an entry is to say; the builder's side of EntryView.
struct LeafSpec {
  Rights rights;
  bool accessed = true;
  bool dirty = true;
  bool global = false;
};

/// The index of one level: which bits of the virtual address select the entry.
struct LevelShape {
  unsigned index_shift = 0;
  unsigned index_bits = 0;
  bool leaf_allowed = false;  ///< an entry of this level may map a page of 2^index_shift bytes
  std::uint64_t table_bytes(unsigned entry_bytes) const { return (std::uint64_t{1} << index_bits) * entry_bytes; }
};

/// A page-table organisation: its shape as data, its entry encoding as pure functions. Level 0 is the last one (the
/// smallest page); the root's level is `levels() - 1`. One object serves any number of walks; it has no state.
class PagingMode {
 public:
  virtual ~PagingMode() = default;

  const std::string& name() const { return name_; }
  unsigned levels() const { return static_cast<unsigned>(shape_.size()); }
  const LevelShape& level(unsigned level) const { return shape_[level]; }
  unsigned root_level() const { return levels() - 1; }
  unsigned entry_bytes() const { return entry_bytes_; }
  /// Bits of the offset within the smallest page.
  unsigned offset_bits() const { return shape_.front().index_shift; }
  std::uint64_t page_bytes(unsigned at_level = 0) const { return std::uint64_t{1} << shape_[at_level].index_shift; }
  std::uint64_t table_bytes(unsigned at_level) const { return shape_[at_level].table_bytes(entry_bytes_); }
  /// Bits of a virtual address that are translated, offset included.
  unsigned virtual_bits() const { return shape_.back().index_shift + shape_.back().index_bits; }
  /// Physical addresses at or above this many bytes do not fit an entry.
  std::uint64_t physical_limit() const { return physical_limit_; }
  /// The level whose pages have that size, leaf allowed there; -1 if none.
  int level_of_page(std::uint64_t page_bytes) const;

  /// Where the entry for `va` stands in the table of that level at `table`.
  PhysicalAddress entry_address(unsigned at_level, PhysicalAddress table, VirtualAddress va) const {
    const LevelShape& shape = shape_[at_level];
    return table + ((va.value() >> shape.index_shift) & low_bits(shape.index_bits)) * entry_bytes_;
  }

  /// False for addresses that the mode never translates (x86-64: not canonical).
  virtual bool translates(VirtualAddress va) const = 0;
  virtual EntryView decode(std::uint64_t entry, unsigned at_level) const = 0;
  virtual std::uint64_t encode_pointer(PhysicalAddress table, unsigned at_level) const = 0;
  virtual std::uint64_t encode_leaf(PhysicalAddress frame, unsigned at_level, const LeafSpec& spec) const = 0;
  /// The entry with its accessed (and, if asked, dirty) bit set.
  virtual std::uint64_t mark_used(std::uint64_t entry, bool dirty) const = 0;
  /// Rights of a whole path from those of the levels above and of the entry below.
  virtual Rights combine(Rights above, Rights entry) const = 0;
  /// Whether effective rights allow the access.
  virtual bool allows(Rights effective, Access access) const = 0;
  /// True if a walk sets the accessed bit in pointer entries too (x86 does, RISC-V does not).
  virtual bool marks_pointers() const = 0;
  /// The architecture's code for a fault (x86: #PF error code, manual volume 3, 4.7).
  virtual std::uint32_t error_code(FaultReason reason, Access access) const = 0;

 protected:
  PagingMode(std::string name, std::vector<LevelShape> shape, unsigned entry_bytes, std::uint64_t physical_limit)
      : name_(std::move(name)), shape_(std::move(shape)), entry_bytes_(entry_bytes), physical_limit_(physical_limit) {}

 private:
  std::string name_;
  std::vector<LevelShape> shape_;  ///< [0] is the last level
  unsigned entry_bytes_;
  std::uint64_t physical_limit_;
};

/// The mode of that name: `x86-32`, `x86-64`, `x86-64-la57`, `flat32`, `flat48`, or any split as
/// `radix:B1,B2,.../OFFSET@ENTRYBYTES` (index bits from the root down, offset bits, 4 or 8). Throws InputError that
/// names what is wrong with it and the nearest known name.
std::shared_ptr<const PagingMode> make_paging_mode(const std::string& name);
/// `4K, 2M, 1G`: the sizes of page that the mode has, for messages.
std::string page_sizes_text(const PagingMode& mode);
/// The fixed names, for help texts and error messages.
std::vector<std::string> paging_mode_names();

}  // namespace tablewalk

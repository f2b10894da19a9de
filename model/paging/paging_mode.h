#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/types.h"
#include "paging/paging_controls.h"
#include "paging/translation.h"

namespace tablewalk {

class PhysicalMemory;
template <class Mode>
class BasicWalk;
using Walk = BasicWalk<class PagingMode>;

/// What one table entry says, whatever its format.
struct EntryView {
  enum class Kind : std::uint8_t { Absent, Pointer, Leaf, Malformed };
  Kind kind = Kind::Absent;
  FaultReason malformed = FaultReason::None;  ///< why, if Malformed
  std::uint8_t page_shift = 0;                ///< of a leaf: log2 of its page in bytes
  PhysicalAddress target;                     ///< the next table, or the first byte of the page
  Rights rights;
  bool accessed = false;  ///< or the walk has no accessed bit to set there
  bool dirty = false;
  bool global = false;  ///< of a pointer: everything below it is
};

/// Whose manual a mode follows.
enum class Architecture : std::uint8_t { Generic, X86, Riscv, Arm };

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
  std::string name;           ///< the architecture's, of the table: `PML4`, `VPN[2]`, `level 1`
  std::uint64_t table_bytes(unsigned entry_bytes) const { return (std::uint64_t{1} << index_bits) * entry_bytes; }
};

/// A size of page: 2^shift bytes, mapped by one entry of the level, or by several equal ones side by side.
struct PageSize {
  unsigned shift = 0;
  unsigned level = 0;
  unsigned entries = 1;
  std::uint64_t bytes() const { return std::uint64_t{1} << shift; }
};

/// One field of an entry, of a register or of an address, for people.
struct BitField {
  const char* name;
  std::uint8_t high;  ///< bits, both included
  std::uint8_t low;
  const char* meaning;  ///< of one bit: what it says when set
  std::uint64_t of(std::uint64_t value) const { return value >> low & low_bits(high - low + 1U); }
};

/// What the register that points to the root holds.
struct RootRegister {
  PhysicalAddress table;
  AddressSpaceId asid = 0;
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
  /// log2 of the bytes that one entry of the root maps.
  unsigned root_entry_shift() const { return level(root_level()).index_shift; }
  unsigned entry_bytes() const { return entry_bytes_; }
  /// Bits of the offset within the smallest page.
  unsigned offset_bits() const { return shape_.front().index_shift; }
  std::uint64_t page_bytes(unsigned at_level = 0) const { return std::uint64_t{1} << shape_[at_level].index_shift; }
  std::uint64_t table_bytes(unsigned at_level) const { return shape_[at_level].table_bytes(entry_bytes_); }
  /// Bits of a virtual address that are translated, offset included.
  unsigned virtual_bits() const { return shape_.back().index_shift + shape_.back().index_bits; }
  /// Physical addresses at or above this many bytes do not exist.
  std::uint64_t physical_limit() const { return std::uint64_t{1} << physical_bits_; }
  /// log2 of physical_limit().
  std::uint8_t physical_bits() const { return physical_bits_; }
  /// Those below this many fit every entry (x86-32: only 4 MiB pages lie above 4 GiB).
  virtual std::uint64_t memory_limit() const { return physical_limit(); }
  /// Every size of page, smallest first.
  const std::vector<PageSize>& page_sizes() const { return page_sizes_; }
  /// The page size of that many bytes; nullptr if the mode has none.
  const PageSize* find_page_size(std::uint64_t bytes) const;

  /// Where the entry for `va` stands in the table of that level at `table`.
  PhysicalAddress entry_address(unsigned at_level, PhysicalAddress table, VirtualAddress va) const {
    const Index& index = index_[at_level];
    return table + ((va.value() >> index.shift) & index.mask) * entry_bytes_;
  }

  /// As level(at_level).index_shift says, for walks.
  unsigned index_shift(unsigned at_level) const { return index_[at_level].shift; }

  /// Whose instructions invalidate translations.
  virtual Architecture architecture() const { return Architecture::Generic; }
  /// Whether TLBs tell address spaces apart: without, a write of the root's register drops what is not global.
  virtual bool has_asids() const { return true; }
  /// False for addresses that the mode never translates (x86-64: not canonical).
  virtual bool translates(VirtualAddress va) const = 0;
  virtual EntryView decode(std::uint64_t entry, unsigned at_level) const = 0;
  virtual std::uint64_t encode_pointer(PhysicalAddress table, unsigned at_level) const = 0;
  /// The entry, or each of the entries, that maps a page of that size.
  virtual std::uint64_t encode_leaf(PhysicalAddress frame, const PageSize& size, const LeafSpec& spec) const = 0;
  /// The entry with its accessed (and, if asked, dirty) bit set.
  virtual std::uint64_t mark_used(std::uint64_t entry, bool dirty) const = 0;
  /// True: a walk sets accessed and dirty bits where they are needed; false: it faults instead.
  virtual bool marks_entries() const { return true; }
  /// Rights of a whole path from those of the levels above and of the entry below.
  virtual Rights combine(Rights above, Rights entry) const = 0;
  /// Why effective rights forbid the access; None if they allow it.
  virtual FaultReason forbids(Rights effective, Access access) const = 0;
  bool allows(Rights effective, Access access) const { return forbids(effective, access) == FaultReason::None; }
  /// The architecture's code for a fault at that level (x86: #PF error code, SDM volume 3, 4.7; RISC-V: exception
  /// cause; Arm: fault status code); 0 where it has none.
  virtual std::uint32_t error_code(FaultReason reason, unsigned at_level, Access access) const = 0;

  /// The fault as the architecture reports it, for people: exception, code, and what the code says. Empty where no
  /// architecture has such a fault.
  virtual std::string describe_fault(const Fault& /*fault*/, Access /*access*/) const { return {}; }

  /// Table and address-space id from the register that points to the root (CR3, satp). Throws InputError if the
  /// register does not fit the mode.
  virtual RootRegister decode_root(std::uint64_t value) const = 0;
  virtual std::uint64_t encode_root(RootRegister root) const = 0;
  /// Why a processor refuses to load the root's register, because of what the root table holds; empty if it does not.
  /// Walks do not look at it.
  virtual std::string root_refusal(const PhysicalMemory& /*memory*/, PhysicalAddress /*root*/) const { return {}; }

  // For people: names, highest bit first, of what an entry or the root's register consists of.
  virtual std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const = 0;
  virtual const char* root_register() const = 0;  ///< `CR3`, `satp`
  virtual std::vector<BitField> root_fields() const = 0;

  /// Walks at once, by the machine compiled for this very mode (paging/reference_walk.h says what it does).
  virtual WalkOutcome walk(PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va, Access access) const = 0;
  virtual WalkOutcome walk(const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                           Access access) const = 0;
  /// One step of a walk, by the machine compiled for this very mode: what follows from the entry that it was given.
  virtual void decide(Walk& walk) const = 0;

 protected:
  /// `shape`: from the last level to the root's. `further`: sizes of page that no level has by itself.
  PagingMode(std::string name, std::vector<LevelShape> shape, unsigned entry_bytes, unsigned physical_bits,
             const std::vector<PageSize>& further = {});

 private:
  /// The part of a level's shape that every walk needs.
  struct Index {
    unsigned shift;
    std::uint64_t mask;
  };

  std::string name_;
  std::vector<LevelShape> shape_;  ///< [0] is the last level
  std::vector<Index> index_;
  std::vector<PageSize> page_sizes_;
  unsigned entry_bytes_;
  std::uint8_t physical_bits_;
};

/// The mode of that name under those control registers: one of paging_mode_names(), or any split as
/// `radix:B1,B2,.../OFFSET@ENTRYBYTES` (index bits from the root down, offset bits, 4 or 8). Throws InputError that
/// names what is wrong with it and the nearest known name.
std::shared_ptr<const PagingMode> make_paging_mode(const std::string& name, const PagingControls& controls = {});
/// `4K, 2M, 1G`: the sizes of page that the mode has, for messages.
std::string page_sizes_text(const PagingMode& mode);
/// The fixed names, for help texts and error messages.
std::vector<std::string> paging_mode_names();

}  // namespace tablewalk

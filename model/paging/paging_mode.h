#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/types.h"
#include "paging/paging_controls.h"
#include "paging/translation.h"

namespace tablewalk {

class FrameAllocator;
class PageTables;
class PhysicalMemory;
struct PageRun;
struct TableSize;
struct WalkStep;
struct EntryLine;
struct HintTable;
struct HintEntry;
template <class Mode>
class BasicWalk;
using Walk = BasicWalk<class PagingMode>;

/// The decoded content of a table entry, independent of its format.
struct EntryView {
  /// Other: of something else, so that the walk reads on (not in radix tables).
  enum class Kind : std::uint8_t { Absent, Pointer, Leaf, Malformed, Other };
  Kind kind = Kind::Absent;
  FaultReason malformed = FaultReason::None;  ///< why, if Malformed
  std::uint8_t page_shift = 0;                ///< of a leaf: log2 of its page size in bytes
  std::uint8_t levels_down = 1;               ///< of a pointer: to the level of the next table
  PhysicalAddress target;                     ///< the next table, or the first byte of the page
  Rights rights;
  bool accessed = false;  ///< or there is no accessed bit for the walk to set
  bool dirty = false;
  bool global = false;  ///< of a pointer: everything below is global
};

/// The architecture whose manual a mode follows.
enum class Architecture : std::uint8_t { Generic, X86, Riscv, Arm };

/// The content of a new entry; the builder's counterpart of EntryView.
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
  std::string name;           ///< the architecture's name of the table: `PML4`, `VPN[2]`, `level 1`
  std::uint64_t table_bytes(unsigned entry_bytes) const { return (std::uint64_t{1} << index_bits) * entry_bytes; }
};

/// A page size: 2^shift bytes, mapped by one entry of the level, or by several adjacent ones.
struct PageSize {
  unsigned shift = 0;
  unsigned level = 0;
  unsigned entries = 1;
  std::uint64_t bytes() const { return std::uint64_t{1} << shift; }
};

/// A field of an entry, of a register or of an address, for display.
struct BitField {
  const char* name;
  std::uint8_t high;  ///< bit range, inclusive
  std::uint8_t low;
  const char* meaning;  ///< of a single bit: its meaning when set
  std::uint64_t of(std::uint64_t value) const { return value >> low & low_bits(high - low + 1U); }
};

/// The content of the root register.
struct RootRegister {
  PhysicalAddress table;
  AddressSpaceId asid = 0;
};

/// A page-table organisation: its shape as data, its entry encoding as pure functions, and which read of a walk follows
/// another. Stateless: one object serves any number of walks.
///
/// In a radix table every read is of an entry of a level, level 0 being the last one (the smallest page), and the
/// root's level is `levels() - 1`. Other organisations have no levels of tables; their levels are only the rows in
/// which reads are accounted for, in the order of the reads (docs/adr/0019).
class PagingMode {
 public:
  virtual ~PagingMode() = default;

  const std::string& name() const { return name_; }
  /// Whether it is a tree of tables indexed by parts of the address.
  virtual bool is_radix() const { return true; }
  /// Whether walk caches can have its entries of level 1 and above, which are pointers to tables.
  virtual bool caches_pointers() const { return is_radix(); }
  unsigned levels() const { return static_cast<unsigned>(shape_.size()); }
  const LevelShape& level(unsigned level) const { return shape_[level]; }
  unsigned root_level() const { return levels() - 1; }
  /// log2 of the bytes mapped by one entry of the root.
  /// Of another organisation: log2 of the largest page.
  unsigned root_entry_shift() const { return root_entry_shift_; }
  unsigned entry_bytes() const { return entry_bytes_; }
  /// Bits of the offset within the smallest page.
  unsigned offset_bits() const { return shape_.front().index_shift; }
  std::uint64_t page_bytes(unsigned at_level = 0) const { return std::uint64_t{1} << shape_[at_level].index_shift; }
  std::uint64_t table_bytes(unsigned at_level) const { return shape_[at_level].table_bytes(entry_bytes_); }
  /// Translated bits of a virtual address, including the offset.
  unsigned virtual_bits() const { return virtual_bits_; }
  /// Physical addresses must be below this many bytes.
  std::uint64_t physical_limit() const { return std::uint64_t{1} << physical_bits_; }
  /// log2 of physical_limit().
  std::uint8_t physical_bits() const { return physical_bits_; }
  /// Addresses below this many bytes fit every entry (x86-32: only 4 MiB pages can be above 4 GiB).
  virtual std::uint64_t memory_limit() const { return physical_limit(); }
  /// All page sizes, smallest first.
  const std::vector<PageSize>& page_sizes() const { return page_sizes_; }
  /// The page size of that many bytes; nullptr if the mode does not have it.
  const PageSize* find_page_size(std::uint64_t bytes) const;

  /// The address of the entry for `va` in the table of that level at `table`.
  PhysicalAddress entry_address(unsigned at_level, PhysicalAddress table, VirtualAddress va) const {
    const Index& index = index_[at_level];
    return table + ((va.value() >> index.shift) & index.mask) * entry_bytes_;
  }

  /// The level of the root table's entries.
  unsigned level_of_root(PhysicalAddress /*root*/) const { return root_level(); }

  /// The same as level(at_level).index_shift, faster, for walks.
  unsigned index_shift(unsigned at_level) const { return index_[at_level].shift; }

  /// The architecture whose instructions invalidate translations.
  virtual Architecture architecture() const { return Architecture::Generic; }
  /// Whether TLBs tag entries with address spaces; without, a write of the root register removes what is not global.
  virtual bool has_asids() const { return true; }
  /// False for addresses that the mode never translates (x86-64: not canonical).
  virtual bool translates(VirtualAddress va) const = 0;
  virtual EntryView decode(std::uint64_t entry, unsigned at_level) const = 0;
  virtual std::uint64_t encode_pointer(PhysicalAddress table, unsigned at_level) const = 0;
  /// The entry, or each of the entries, that maps a page of that size.
  virtual std::uint64_t encode_leaf(PhysicalAddress frame, const PageSize& size, const LeafSpec& spec) const = 0;
  /// Of the entries that map a page of that size, the index of the one for `va`.
  unsigned entry_of_page(const PageSize& size, VirtualAddress va) const {
    return static_cast<unsigned>(va.value() >> index_shift(size.level)) % size.entries;
  }
  /// The entry with that index, of a page at `frame`: it maps its own part.
  std::uint64_t encode_entry_of_page(PhysicalAddress frame, const PageSize& size, unsigned index,
                                     const LeafSpec& spec) const {
    return encode_leaf(frame + index * page_bytes(size.level), size, spec);
  }
  /// The entry with its accessed (and with `dirty` its dirty) bit set.
  virtual std::uint64_t mark_used(std::uint64_t entry, bool dirty) const = 0;
  /// True: a walk sets accessed and dirty bits where needed; false: it faults instead.
  virtual bool marks_entries() const { return true; }
  /// Rights of a path, combined from those of the levels above and of the entry below.
  virtual Rights combine(Rights above, Rights entry) const = 0;
  /// Why effective rights forbid the access; None if they allow it.
  virtual FaultReason forbids(Rights effective, Access access) const = 0;
  bool allows(Rights effective, Access access) const { return forbids(effective, access) == FaultReason::None; }
  /// The architecture's code for a fault at that level (x86: #PF error code, SDM volume 3, 4.7; RISC-V: exception
  /// cause; Arm: fault status code); 0 if there is none.
  virtual std::uint32_t error_code(FaultReason reason, unsigned at_level, Access access) const = 0;

  /// The fault as reported by the architecture, for display: exception, code, and the code's meaning. Empty if no
  /// architecture has such a fault.
  virtual std::string describe_fault(const Fault& /*fault*/, Access /*access*/) const { return {}; }

  /// Table and address-space id from the root register (CR3, satp). Throws InputError if the value is invalid for the
  /// mode.
  virtual RootRegister decode_root(std::uint64_t value) const = 0;
  virtual std::uint64_t encode_root(RootRegister root) const = 0;
  /// Why a processor would refuse to load the root register because of the root table's content; empty if it would not.
  /// Walks ignore it.
  virtual std::string root_refusal(const PhysicalMemory& /*memory*/, PhysicalAddress /*root*/) const { return {}; }

  // For display: the fields of an entry or of the root register, highest bit first.
  virtual std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const = 0;
  virtual const char* root_register() const = 0;  ///< `CR3`, `satp`
  virtual std::vector<BitField> root_fields() const = 0;

  /// The parts of an address for display, lowest first: of a radix table, its levels.
  virtual std::vector<LevelShape> address_parts() const { return shape_; }
  /// What the root register leads to, for display: `the root table, PML4, is at 0x1000`.
  virtual std::string describe_root(RootRegister root) const;
  /// What the walk finds in the bytes that it is about to be supplied with, for display: of that read of the round.
  virtual WalkStep look(const Walk& walk, unsigned number, const unsigned char* bytes) const;

  /// An address space's tables in that memory, empty. `self` is this mode.
  virtual std::unique_ptr<PageTables> make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                                  FrameAllocator& frames, AddressSpaceId space) const;
  /// Counts the tables that map those runs of pages, without building them: fills in what TableSize has per level. The
  /// runs are in ascending order, and disjoint.
  virtual void count_tables(const std::vector<PageRun>& runs, TableSize& size) const;
  /// Whether all address spaces of a memory are in the same tables.
  virtual bool spaces_share_tables() const { return false; }
  /// The root register changes when the tables grow, so that a walk must use the present one.
  virtual bool root_moves() const { return false; }
  /// The most reads of a walk in tables with that root, if no entry changes meanwhile.
  virtual std::uint64_t most_reads(PhysicalAddress /*root*/) const { return levels(); }
  /// The most bytes that a walk reads at once.
  virtual unsigned largest_read() const { return entry_bytes_; }
  /// The tables of an address space that tell a walk where its page may be (paging/hint_table.h); most modes have none.
  virtual std::vector<HintTable> hint_tables() const;
  /// Where one of them, by number, may have its entry for that address: 64 bytes each, all to be read.
  virtual std::vector<PhysicalAddress> hint_reads(PhysicalAddress root, unsigned table, VirtualAddress va) const;
  /// Whether these 64 bytes are that entry.
  virtual bool is_hint(const HintEntry& entry, unsigned table, VirtualAddress va) const;
  /// How to begin a walk, of the entries that are known, by number of the table (nullptr: it is not); 0: as usual.
  virtual std::uint64_t hints(const std::vector<const HintEntry*>& known, VirtualAddress va) const;
  /// What the entries in memory say of that address, for display.
  virtual std::string describe_hints(const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va) const;
  /// Adds the pages of the line from which a finished walk read its leaf (paging/neighbours.h).
  virtual void read_neighbours(const Walk& walk, const EntryLine& line, LinePages& found) const;
  /// Entries of adjacent pages in a part of a line of that many bytes: 1 if a page's entry has no neighbours.
  virtual unsigned neighbours_in(unsigned bytes) const { return bytes / entry_bytes_; }

  /// Walks immediately, with the walk compiled for this mode (see paging/reference_walk.h).
  virtual WalkOutcome walk(PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va, Access access) const = 0;
  virtual WalkOutcome walk(const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                           Access access) const = 0;
  /// The steps of a walk, compiled for this mode: what is read first, and what follows from what was read or updated.
  virtual void begin(Walk& walk) const = 0;
  virtual void decide(Walk& walk) const = 0;
  /// The address of a read of the walk's round, from number 1 on.
  virtual PhysicalAddress further_read(const Walk& walk, unsigned number) const;

 protected:
  /// `shape`: from the last level to the root. `further`: page sizes that no level has by itself.
  PagingMode(std::string name, std::vector<LevelShape> shape, unsigned entry_bytes, unsigned physical_bits,
             const std::vector<PageSize>& further = {});
  /// An organisation without levels. `rows`: of the accounting, by name, in the order of the reads.
  struct Rows {
    std::vector<std::string> names;
    unsigned offset_bits;
    unsigned virtual_bits;
    std::vector<PageSize> page_sizes;  ///< smallest first
  };
  PagingMode(std::string name, const Rows& rows, unsigned entry_bytes, unsigned physical_bits);

 private:
  /// The part of a level's shape needed by every walk.
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
  std::uint8_t virtual_bits_;
  std::uint8_t root_entry_shift_;
};

/// The mode of that name with those control registers: one of paging_mode_names(), or any split as
/// `radix:B1,B2,.../OFFSET@ENTRYBYTES` (index bits from the root down, offset bits, 4 or 8). Throws InputError that
/// says what is wrong, and the nearest known name.
std::shared_ptr<const PagingMode> make_paging_mode(const std::string& name, const PagingControls& controls = {});
/// `4K, 2M, 1G`: the mode's page sizes, for messages.
std::string page_sizes_text(const PagingMode& mode);
/// The fixed mode names, for help texts and error messages.
std::vector<std::string> paging_mode_names();
/// Throws InputError, starting with `what`, if the mode is not radix: what images and hardware walkers need.
void require_radix(const PagingMode& mode, const std::string& what);

}  // namespace tablewalk

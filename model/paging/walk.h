#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "paging/paging_mode.h"

namespace tablewalk {

/// A starting point of a walk below the root: a table cached by a paging-structure cache.
struct WalkStart {
  std::uint8_t level = 0;  ///< of the table
  PhysicalAddress table;
  Rights rights;                 ///< granted by the levels above
  bool global = false;           ///< an entry above makes everything below global (RISC-V)
  std::uint8_t levels_down = 1;  ///< from the entry that points to the table

  std::uint8_t pointer_level() const { return static_cast<std::uint8_t>(level + levels_down); }
};

// Fully inlined, the walk's state stays in registers: a reference walk is a quarter faster.
#define TABLEWALK_INLINE [[gnu::always_inline]] inline

/// The page walk, written once: a pure state machine without memory, time or statistics. Its driver (the reference
/// walk, the timed walker, the oracle of a co-simulation) performs what `step()` requests and supplies the result:
///
///     ReadEntry    read read_bytes() at entry_address(), then supply() them; or a round of reads(), which do not
///     depend
///                  on each other: at each read_address(), then supply() all, one behind the other
///     UpdateEntry  compare-and-swap update_expected() -> update_desired() at entry_address(), then updated(held)
///     Done         translation() is the result
///     Fault        fault() is the result
///
/// What is read next is the organisation's decision: begin_by() and decide_by() are those of radix tables, for every
/// mode derived from WalkingMode; a mode of another organisation drives the walk itself, with read(), update(),
/// finish() and fail().
///
/// `Mode` is PagingMode, or a final subclass: then the compiler can inline the mode's functions.
template <class Mode>
class BasicWalk {
 public:
  enum class Step : std::uint8_t { ReadEntry, UpdateEntry, Done, Fault };

  BasicWalk() = default;
  BasicWalk(const Mode& mode, PhysicalAddress root, VirtualAddress va, Access access);
  /// Starts below the root at a table from a paging-structure cache.
  BasicWalk(const Mode& mode, WalkStart start, VirtualAddress va, Access access);
  /// Starts at the root with PagingMode::hints().
  BasicWalk(const Mode& mode, PhysicalAddress root, VirtualAddress va, Access access, std::uint64_t hints);

  Step step() const { return step_; }
  /// Level of the current entry, or of the last one.
  unsigned level() const { return position_.level; }
  PhysicalAddress entry_address() const { return entry_address_; }
  /// At most longest_read; an update is of the mode's entry_bytes().
  unsigned read_bytes() const { return read_bytes_; }
  static constexpr unsigned longest_read = 64;
  /// Reads of this round, each of read_bytes(). 1 in radix tables.
  unsigned reads() const { return reads_; }
  static constexpr unsigned most_reads = 9;
  static constexpr unsigned longest_round = most_reads * longest_read;
  PhysicalAddress read_address(unsigned number) const {
    return number == 0 ? entry_address_ : mode_->further_read(*this, number);
  }
  std::uint64_t update_expected() const { return entry_; }
  std::uint64_t update_desired() const { return update_desired_; }

  /// Supplies the requested entry.
  void supply(std::uint64_t entry);
  /// The same, of any reads() of read_bytes(), from a buffer of at least 8 bytes; it is not used afterwards.
  void supply(const unsigned char* bytes);
  /// Supplies the memory value found by the compare-and-swap; if it differs from the expected one, the entry is
  /// examined again.
  void updated(std::uint64_t held);

  /// Evaluates the current entry: a fault, an update of its accessed and dirty bits, or the next step. `mode` is the
  /// walk's mode as an object of its own final class: for PagingMode::decide() only.
  template <class Known>
  void decide_by(const Known& mode);
  /// The first step, in the same way.
  template <class Known>
  void begin_by(const Known& mode);

  // For modes of other organisations, in PagingMode::begin() and decide().
  VirtualAddress va() const { return va_; }
  Access access() const { return access_; }
  PhysicalAddress root() const { return position_.table; }
  /// In decide(): the bytes supplied, if step() is ReadEntry, else the entry's value in memory after the update.
  const unsigned char* bytes() const { return bytes_; }
  std::uint64_t entry() const { return entry_; }
  /// Reads made so far, or any other progress of the organisation; at first, the hints.
  std::uint64_t progress() const { return progress_; }
  void set_progress(std::uint64_t progress) { progress_ = progress; }
  /// `row`: of the accounting.
  void read(unsigned row, PhysicalAddress at, unsigned bytes, unsigned reads = 1);
  void update(PhysicalAddress at, std::uint64_t expected, std::uint64_t desired);
  void finish(const Translation& translation);
  void fail(const Fault& fault);

  /// The table that the last pointer leads to, which a paging-structure cache may store. Valid when step() is ReadEntry
  /// after supply() or updated(), or with Done and Fault for the last table.
  const WalkStart& position() const { return position_; }
  const Translation& translation() const { return translation_; }
  Fault fault() const { return fault_; }

 private:
  void begin(const Mode& mode, VirtualAddress va, Access access);
  void decide();
  template <class Known>
  void mark(const Known& mode, bool needs_dirty, bool needs_accessed);
  template <class Known>
  void descend(const Known& mode, const EntryView& view, Rights effective);
  template <class Known>
  void read_entry(const Known& mode);
  template <class Known>
  void finish(const Known& mode, const EntryView& view, Rights effective);
  template <class Known>
  void fail(const Known& mode, FaultReason reason);

  const Mode* mode_ = nullptr;
  VirtualAddress va_;
  Access access_;
  Step step_ = Step::Fault;
  WalkStart position_;
  PhysicalAddress entry_address_;
  unsigned read_bytes_ = 0;
  unsigned reads_ = 1;
  std::uint64_t entry_ = 0;
  std::uint64_t update_desired_ = 0;
  const unsigned char* bytes_ = nullptr;
  std::uint64_t progress_ = 0;
  Translation translation_;
  Fault fault_;
};

template <class Mode>
TABLEWALK_INLINE BasicWalk<Mode>::BasicWalk(const Mode& mode, PhysicalAddress root, VirtualAddress va, Access access) {
  position_ = {static_cast<std::uint8_t>(mode.root_level()), root, Rights{}, false};
  begin(mode, va, access);
}

template <class Mode>
TABLEWALK_INLINE BasicWalk<Mode>::BasicWalk(const Mode& mode, WalkStart start, VirtualAddress va, Access access) {
  position_ = start;
  begin(mode, va, access);
}

template <class Mode>
TABLEWALK_INLINE BasicWalk<Mode>::BasicWalk(const Mode& mode, PhysicalAddress root, VirtualAddress va, Access access,
                                            std::uint64_t hints)
    : progress_(hints) {
  position_ = {static_cast<std::uint8_t>(mode.root_level()), root, Rights{}, false};
  begin(mode, va, access);
}

template <class Mode>
TABLEWALK_INLINE void BasicWalk<Mode>::begin(const Mode& mode, VirtualAddress va, Access access) {
  mode_ = &mode;
  va_ = va;
  access_ = access;
  read_bytes_ = mode.entry_bytes();
  if constexpr (std::is_same_v<Mode, PagingMode>) {
    mode.begin(*this);
  } else {
    begin_by(mode);
  }
}

template <class Mode>
template <class Known>
TABLEWALK_INLINE void BasicWalk<Mode>::begin_by(const Known& mode) {
  if (!mode.translates(va_)) return fail(mode, FaultReason::NonCanonical);
  // No pointer leads to the root's level.
  if (position_.level == mode.root_level()) {
    position_.level = static_cast<std::uint8_t>(mode.level_of_root(position_.table));
  }
  read_entry(mode);
}

template <class Mode>
TABLEWALK_INLINE void BasicWalk<Mode>::supply(std::uint64_t entry) {
  entry_ = entry;
  decide();
}

template <class Mode>
TABLEWALK_INLINE void BasicWalk<Mode>::supply(const unsigned char* bytes) {
  std::uint64_t entry = 0;
  std::memcpy(&entry, bytes, sizeof(entry));
  bytes_ = bytes;
  supply(entry & low_bits(8 * read_bytes_));
}

template <class Mode>
TABLEWALK_INLINE void BasicWalk<Mode>::updated(std::uint64_t held) {
  const bool swapped = held == entry_;
  entry_ = swapped ? update_desired_ : held;
  decide();
}

/// With a mode known only at run time, there is one virtual call per step instead of one for each part of it.
template <class Mode>
TABLEWALK_INLINE void BasicWalk<Mode>::decide() {
  if constexpr (std::is_same_v<Mode, PagingMode>) {
    mode_->decide(*this);
  } else {
    decide_by(*mode_);
  }
}

template <class Mode>
template <class Known>
TABLEWALK_INLINE void BasicWalk<Mode>::decide_by(const Known& mode) {
  const EntryView view = mode.decode(entry_, position_.level);
  if (view.kind == EntryView::Kind::Absent) return fail(mode, FaultReason::NotPresent);
  if (view.kind == EntryView::Kind::Malformed) return fail(mode, view.malformed);

  const bool leaf = view.kind == EntryView::Kind::Leaf;
  const Rights effective = mode.combine(position_.rights, view.rights);
  if (leaf) {
    const FaultReason forbidden = mode.forbids(effective, access_);
    if (forbidden != FaultReason::None) return fail(mode, forbidden);
  }
  const bool needs_dirty = leaf && access_.kind == AccessKind::Store && !view.dirty;
  if (needs_dirty || !view.accessed) return mark(mode, needs_dirty, !view.accessed);
  if (leaf) return finish(mode, view, effective);
  descend(mode, view, effective);
}

/// The entry lacks accessed or dirty: sets them, or faults to let software do it.
template <class Mode>
template <class Known>
TABLEWALK_INLINE void BasicWalk<Mode>::mark(const Known& mode, bool needs_dirty, bool needs_accessed) {
  if (!mode.marks_entries()) return fail(mode, needs_accessed ? FaultReason::NotAccessed : FaultReason::NotDirty);
  update_desired_ = mode.mark_used(entry_, needs_dirty);
  step_ = Step::UpdateEntry;
}

template <class Mode>
template <class Known>
TABLEWALK_INLINE void BasicWalk<Mode>::descend(const Known& mode, const EntryView& view, Rights effective) {
  position_ = {static_cast<std::uint8_t>(position_.level - view.levels_down), view.target, effective,
               position_.global || view.global, view.levels_down};
  read_entry(mode);
}

template <class Mode>
template <class Known>
TABLEWALK_INLINE void BasicWalk<Mode>::read_entry(const Known& mode) {
  entry_address_ = mode.entry_address(position_.level, position_.table, va_);
  if (entry_address_.value() >= mode.physical_limit()) return fail(mode, FaultReason::OutOfMemory);
  step_ = Step::ReadEntry;
}

/// A page larger than physical memory starts at address 0. The translation covers only the existing part, so that a TLB
/// never serves an access beyond it.
template <class Mode>
template <class Known>
TABLEWALK_INLINE void BasicWalk<Mode>::finish(const Known& mode, const EntryView& view, Rights effective) {
  const std::uint64_t accessed = view.target.value() | (va_.value() & low_bits(view.page_shift));
  if (accessed >= mode.physical_limit()) return fail(mode, FaultReason::OutOfMemory);
  translation_.page = view.target;
  translation_.page_shift = std::min(view.page_shift, mode.physical_bits());
  translation_.whole_shift = view.page_shift;
  translation_.level = position_.level;
  translation_.rights = effective;
  translation_.global = position_.global || view.global;
  translation_.dirty = view.dirty;
  translation_.leaf_entry = entry_;
  step_ = Step::Done;
}

template <class Mode>
template <class Known>
TABLEWALK_INLINE void BasicWalk<Mode>::fail(const Known& mode, FaultReason reason) {
  fault_ = {reason, position_.level, mode.error_code(reason, position_.level, access_)};
  step_ = Step::Fault;
}

template <class Mode>
inline void BasicWalk<Mode>::read(unsigned row, PhysicalAddress at, unsigned bytes, unsigned reads) {
  position_.level = static_cast<std::uint8_t>(row);
  entry_address_ = at;
  read_bytes_ = bytes;
  reads_ = reads;
  step_ = Step::ReadEntry;
}

template <class Mode>
inline void BasicWalk<Mode>::update(PhysicalAddress at, std::uint64_t expected, std::uint64_t desired) {
  entry_address_ = at;
  entry_ = expected;
  update_desired_ = desired;
  step_ = Step::UpdateEntry;
}

template <class Mode>
inline void BasicWalk<Mode>::finish(const Translation& translation) {
  translation_ = translation;
  step_ = Step::Done;
}

template <class Mode>
inline void BasicWalk<Mode>::fail(const Fault& fault) {
  fault_ = fault;
  step_ = Step::Fault;
}

#undef TABLEWALK_INLINE

extern template class BasicWalk<PagingMode>;

}  // namespace tablewalk

#pragma once

#include <array>

#include "memory/physical_memory.h"
#include "paging/walk.h"

namespace tablewalk {

/// Reads what the walk asks for. A mode known at compile time is radix: it reads an entry.
template <class Mode>
void supply_from(const Mode& mode, const PhysicalMemory& memory, BasicWalk<Mode>& walk) {
  if constexpr (std::is_same_v<Mode, PagingMode>) {
    std::array<unsigned char, Walk::longest_round> bytes;
    for (unsigned i = 0; i < walk.reads(); ++i) {
      memory.read_bytes(walk.read_address(i), walk.read_bytes(), bytes.data() + i * walk.read_bytes());
    }
    walk.supply(bytes.data());
  } else {
    walk.supply(memory.read(walk.entry_address(), mode.entry_bytes()));
  }
}

/// Runs a walk to its end. `update` is called with the walk at UpdateEntry and returns the old memory value.
template <class Mode, class Update>
WalkOutcome drive_walk(const Mode& mode, const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                       Access access, Update update) {
  using Step = typename BasicWalk<Mode>::Step;
  WalkOutcome outcome;
  BasicWalk<Mode> walk(mode, root, va, access);
  for (;;) {
    switch (walk.step()) {
      case Step::ReadEntry:
        outcome.entry_reads += walk.reads();
        supply_from(mode, memory, walk);
        break;
      case Step::UpdateEntry:
        ++outcome.entry_updates;
        walk.updated(update(walk));
        break;
      case Step::Done:
        outcome.translated = true;
        outcome.translation = walk.translation();
        return outcome;
      case Step::Fault:
        outcome.fault = walk.fault();
        return outcome;
    }
  }
}

/// The base of every final class of PagingMode with radix tables: compiles its reference walk for that class as a
/// whole.
template <class Self, class Base = PagingMode>
class WalkingMode : public Base {
 public:
  WalkOutcome walk(PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va, Access access) const final {
    return drive_walk(self(), memory, root, va, access, [&](const auto& walk) {
      return memory.compare_and_swap(walk.entry_address(), this->entry_bytes(), walk.update_expected(),
                                     walk.update_desired());
    });
  }
  WalkOutcome walk(const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va, Access access) const final {
    return drive_walk(self(), memory, root, va, access, [](const auto& walk) { return walk.update_expected(); });
  }
  void begin(Walk& walk) const final { walk.begin_by(self()); }
  void decide(Walk& walk) const final { walk.decide_by(self()); }

 protected:
  using Base::Base;

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

}  // namespace tablewalk

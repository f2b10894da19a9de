#include "paging/reference_walk.h"

#include <typeinfo>

#include "paging/radix_mode.h"
#include "paging/x86_32_mode.h"
#include "paging/x86_64_mode.h"

namespace tablewalk {
namespace {

/// `update` is given the machine at UpdateEntry and returns what memory held.
template <class Mode, class Update>
WalkOutcome drive(const Mode& mode, const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                  Access access, Update update) {
  using Step = typename BasicWalk<Mode>::Step;
  WalkOutcome outcome;
  BasicWalk<Mode> walk(mode, root, va, access);
  for (;;) {
    switch (walk.step()) {
      case Step::ReadEntry:
        ++outcome.entry_reads;
        walk.supply(memory.read(walk.entry_address(), mode.entry_bytes()));
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

/// Drives a machine compiled for the mode's own class where that is one of ours: a walk is faster for it.
template <class Update>
WalkOutcome drive_own(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                      Access access, Update update) {
  const std::type_info& type = typeid(mode);
  if (type == typeid(X8664Mode)) {
    return drive(static_cast<const X8664Mode&>(mode), memory, root, va, access, update);
  }
  if (type == typeid(RadixMode)) {
    return drive(static_cast<const RadixMode&>(mode), memory, root, va, access, update);
  }
  if (type == typeid(X8632Mode)) {
    return drive(static_cast<const X8632Mode&>(mode), memory, root, va, access, update);
  }
  return drive(mode, memory, root, va, access, update);
}

}  // namespace

WalkOutcome reference_walk(const PagingMode& mode, PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                           Access access) {
  return drive_own(mode, memory, root, va, access, [&](const auto& walk) {
    return memory.compare_and_swap(walk.entry_address(), mode.entry_bytes(), walk.update_expected(),
                                   walk.update_desired());
  });
}

WalkOutcome reference_walk(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root,
                           VirtualAddress va, Access access) {
  return drive_own(mode, memory, root, va, access, [](const auto& walk) { return walk.update_expected(); });
}

}  // namespace tablewalk

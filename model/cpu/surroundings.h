#pragma once

#include "links/clockwork.h"

namespace tablewalk {

/// What one of several cores looks at before it runs ahead of the others (ADR 0015).
struct Surroundings {
  /// What another core does in a cycle reaches a module that both use in the next cycle at the earliest, and this core
  /// in the one after that.
  static constexpr Cycles soonest{2};

  Clockwork::Seats modules;  ///< those whose acts may affect this core in the same cycle; empty: all
  Cycles reach = soonest;    ///< from an act of any other module to its earliest effect on this core

  /// The first cycle in which anything else may affect the core, if nothing has acted after now().
  Cycles horizon(const Clockwork& clockwork) const {
    return clockwork.next_activity_of(modules, clockwork.now() + reach);
  }
};

}  // namespace tablewalk

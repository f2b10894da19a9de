#pragma once

#include "links/clockwork.h"

namespace tablewalk {

/// A module that wakes itself in the cycles in which it has something to do, and sleeps otherwise: no clock toggles.
/// `on_cycle` runs at the beginning of a cycle (in a core: in its middle; in hardware that is clocked: at its end, when
/// everything that comes in during the cycle is there), at most once, whoever asked for it.
class TimedModule : public sc_core::sc_module {
 public:
  using Phase = Clockwork::Phase;

 protected:
  explicit TimedModule(sc_core::sc_module_name name, Phase phase = Phase::Beginning)
      : sc_core::sc_module(name), clockwork_(Clockwork::of_simulation()), seat_(clockwork_.enlist(*this, phase)) {}
  ~TimedModule() override { clockwork_.dismiss(seat_); }

  /// What the module does in a cycle: first it takes what has become visible, then it acts and sends.
  virtual void on_cycle() = 0;

  /// From now on it acts after all modules of its phase that have been made so far. Before the simulation starts.
  void take_last_seat(Phase phase) {
    clockwork_.dismiss(seat_);
    seat_ = clockwork_.enlist(*this, phase);
  }

  Cycles now() const { return clockwork_.now(); }
  const Clockwork& clockwork() const { return clockwork_; }

  /// Asks for `on_cycle` in `cycle`, not in the past. Requests add up: it may run in cycles that no longer matter.
  void wake_at(Cycles cycle) { clockwork_.wake(seat_, cycle); }

 private:
  friend class Clockwork;
  void act() { on_cycle(); }

  Clockwork& clockwork_;
  Clockwork::Seat seat_;
};

}  // namespace tablewalk

#pragma once

#include "links/clockwork.h"

namespace tablewalk {

/// A module that wakes itself in the cycles in which it has something to do; there is no toggling clock. `on_cycle`
/// runs at the beginning of a cycle (in a core: in its middle; in clocked hardware: at its end, when all inputs of the
/// cycle have arrived), at most once, however many wakes were requested.
class TimedModule : public sc_core::sc_module {
 public:
  using Phase = Clockwork::Phase;

  const Clockwork::Seat& seat() const { return seat_; }
  /// Moves it behind all modules of its phase created so far. Called before the simulation starts.
  void take_last_seat(Phase phase) {
    clockwork_.dismiss(seat_);
    seat_ = clockwork_.enlist(*this, phase);
  }

 protected:
  explicit TimedModule(sc_core::sc_module_name name, Phase phase = Phase::Beginning)
      : sc_core::sc_module(name), clockwork_(Clockwork::of_simulation()), seat_(clockwork_.enlist(*this, phase)) {}
  ~TimedModule() override { clockwork_.dismiss(seat_); }

  /// The module's work in a cycle: first it takes what has become visible, then it acts and sends.
  virtual void on_cycle() = 0;

  Cycles now() const { return clockwork_.now(); }
  const Clockwork& clockwork() const { return clockwork_; }

  /// Requests `on_cycle` in `cycle`, not in the past. Requests accumulate: it may run in cycles that no longer matter.
  void wake_at(Cycles cycle) { clockwork_.wake(seat_, cycle); }

 private:
  friend class Clockwork;
  void act() { on_cycle(); }

  Clockwork& clockwork_;
  Clockwork::Seat seat_;
};

}  // namespace tablewalk

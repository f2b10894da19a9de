#pragma once

#include <exception>

#include "protocol/clock.h"

namespace tablewalk {

/// A module that wakes itself in the cycles in which it has something to do, and sleeps otherwise: no clock toggles.
/// `on_cycle` runs at the beginning of a cycle (in a core: in its middle), at most once, whoever asked for it.
class TimedModule : public sc_core::sc_module {
 public:
  enum class Phase : std::uint64_t { Beginning = 0, Middle = clock_period::middle };

  /// Throws what a module's `on_cycle` threw, once the simulation has returned.
  static void rethrow_failure() {
    if (failure_) std::rethrow_exception(failure_);
  }

 protected:
  explicit TimedModule(sc_core::sc_module_name name, Phase phase = Phase::Beginning)
      : sc_core::sc_module(name), phase_(static_cast<std::uint64_t>(phase)) {
    SC_HAS_PROCESS(TimedModule);
    SC_METHOD(run_cycle);
    sensitive << wake_;
    dont_initialize();
  }

  /// What the module does in a cycle: first it takes what has become visible, then it acts and sends.
  virtual void on_cycle() = 0;

  static Cycles now() { return cycle_of(sc_core::sc_time_stamp()); }

  /// Asks for `on_cycle` in `cycle`, not in the past. Earlier requests for earlier cycles stay.
  void wake_at(Cycles cycle) {
    if (cycle >= next_wake_) return;
    next_wake_ = cycle;
    const std::uint64_t target = cycle.count() * clock_period::units + phase_;
    wake_.notify(sc_core::sc_time::from_value(target - sc_core::sc_time_stamp().value()));
  }

 private:
  void run_cycle() {
    next_wake_ = Cycles::never();
    try {
      on_cycle();
    } catch (...) {
      if (!failure_) failure_ = std::current_exception();
      sc_core::sc_stop();
    }
  }

  std::uint64_t phase_;
  Cycles next_wake_ = Cycles::never();
  sc_core::sc_event wake_;
  // SystemC would turn an exception into a report and lose its type. One simulation per process is the kernel's rule.
  static inline std::exception_ptr failure_;
};

}  // namespace tablewalk

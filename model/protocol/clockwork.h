#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "protocol/clock.h"

namespace tablewalk {

class TimedModule;

/// Wakes the modules of a machine in the cycles in which they have something to do.
///
/// One SystemC process drives them all. A wheel holds who is to act in which of the next cycles; as long as the SystemC
/// kernel has nothing pending before the next of them, the clockwork goes on to it without going back to the kernel,
/// and says how far it is ahead in the delays that the links annotate (temporal decoupling, as TLM-2.0 has it). That is
/// exact: whoever is not one of our modules has its event in the kernel, and is waited for. In lockstep every cycle is
/// a step of the kernel; results are the same.
///
/// There is one for each simulation, as there is one SystemC kernel.
class Clockwork : public sc_core::sc_module {
 public:
  /// The simulation's clockwork, made when its first module is.
  static Clockwork& of_simulation();

  void set_lockstep(bool lockstep) { lockstep_ = lockstep; }

  /// The parts of a cycle, in their order.
  enum class Phase : std::uint8_t { Beginning, Middle, End };

  /// Returns the module's number. Modules of one phase of a cycle act in the order of their numbers.
  unsigned enlist(TimedModule& module, Phase phase);
  /// Forgets a module that is destroyed.
  void dismiss(unsigned module);

  /// The cycle in which modules are acting, or acted last.
  Cycles now() const { return now_; }
  /// From the kernel's time to the beginning of `cycle`, not before now().
  sc_core::sc_time delay_until(Cycles cycle) const {
    if (!running_) return start_of(cycle) - sc_core::sc_time_stamp();
    sc_core::sc_time delay = ahead_;
    durations_.add(delay, (cycle - now_).count());
    return delay;
  }
  /// The cycle that lies `delay` after the kernel's time.
  Cycles cycle_after(const sc_core::sc_time& delay) const {
    return cycle_of((running_ ? kernel_time_ : sc_core::sc_time_stamp()) + delay);
  }
  const CycleDurations& durations() const { return durations_; }

  /// Asks for the module to act in `cycle`, not before now().
  void wake(unsigned module, Cycles cycle) {
    const std::uint64_t distance = (cycle - now_).count();
    if (distance < wheel_cycles) {
      const std::uint64_t slot = cycle.count() % wheel_cycles;
      wheel_[slot] |= std::uint64_t{1} << module;
      occupied_[slot / 64] |= std::uint64_t{1} << slot % 64;
    } else {
      wake_far(module, cycle);
    }
    if (!running_) arm();
  }

  /// The first cycle in which one of the modules, or anybody else in the kernel, may act.
  Cycles next_activity() const { return std::min(next_wake(), kernel_activity_); }

  /// A module has called a target that is not of this machine, which may have asked the kernel for something.
  void look_at_kernel();

  /// Throws what a module threw, once the simulation has returned: SystemC would make a report of it and lose its type.
  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  static constexpr std::uint64_t wheel_cycles = 512;
  static constexpr unsigned most_modules = 64;

  explicit Clockwork(sc_core::sc_module_name name);
  void run();
  void step(Cycles cycle);
  void act(std::uint64_t modules);
  void leave(std::uint64_t slot);
  bool may_go_to(Cycles cycle) const { return kernel_cycle_ >= cycle || (!lockstep_ && kernel_activity_ > cycle); }
  void go_to(Cycles cycle);
  void set_ahead();
  void arm();
  void wake_far(unsigned module, Cycles cycle);
  Cycles next_wake() const;

  std::vector<TimedModule*> modules_;
  std::uint64_t middle_modules_ = 0;                 ///< those that act in the middle of a cycle
  std::uint64_t end_modules_ = 0;                    ///< those that act at its end
  std::array<std::uint64_t, wheel_cycles> wheel_{};  ///< [cycle modulo its size]: who acts, a bit for each
  std::array<std::uint64_t, wheel_cycles / 64> occupied_{};
  std::vector<std::pair<Cycles, unsigned>> far_;  ///< beyond the wheel
  Cycles first_far_ = Cycles::never();

  Cycles now_;
  sc_core::sc_time ahead_;        ///< from the kernel's time to the beginning of now_; zero if that is past
  sc_core::sc_time kernel_time_;  ///< while modules act
  Cycles kernel_cycle_;           ///< the same
  Cycles kernel_activity_;        ///< the cycle in which the kernel has something else to do next
  CycleDurations durations_;
  bool lockstep_ = false;
  bool running_ = false;
  sc_core::sc_event wake_;
  std::exception_ptr failure_;
};

}  // namespace tablewalk

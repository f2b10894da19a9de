#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "links/clock.h"

namespace tablewalk {

class TimedModule;

inline unsigned lowest_bit(std::uint64_t bits) {
  return static_cast<unsigned>(__builtin_ctzll(bits));
}

/// Wakes the modules of a machine in the cycles in which they have something to do.
///
/// One SystemC process drives them all. A wheel holds which modules act in which of the next cycles; as long as the
/// SystemC kernel has nothing pending before the next of them, the clockwork goes on to it without going back to the
/// kernel (temporal decoupling, as TLM-2.0 has it). That is exact: a module that is not ours has its event in the
/// kernel, and is waited for. In lockstep every cycle is a step of the kernel; results are the same.
///
/// There is one for each simulation, as there is one SystemC kernel.
class Clockwork : public sc_core::sc_module {
 public:
  /// The simulation's clockwork, made when its first module is.
  static Clockwork& of_simulation();

  void set_lockstep(bool lockstep) { lockstep_ = lockstep; }

  /// The parts of a cycle, in their order.
  enum class Phase : std::uint8_t { Beginning, Middle, End };

  /// A module's place on the wheel. The modules of a phase act in the order in which they were enlisted.
  struct Seat {
    std::size_t lane = 0;   ///< the word of a slot that has its bit
    std::uint64_t bit = 0;  ///< in that word
  };

  Seat enlist(TimedModule& module, Phase phase);
  /// Forgets a module that is destroyed.
  void dismiss(Seat seat);

  /// The cycle in which modules are acting, or acted last.
  Cycles now() const { return now_; }
  /// From the kernel's time to the beginning of `cycle`, not before now().
  static sc_core::sc_time delay_until(Cycles cycle) {
    const std::uint64_t begin = cycle.count() * clock_period::units;
    const std::uint64_t kernel = sc_core::sc_time_stamp().value();
    return sc_core::sc_time::from_value(begin > kernel ? begin - kernel : 0);
  }
  /// The cycle that lies `delay` after the kernel's time.
  static Cycles cycle_after(const sc_core::sc_time& delay) { return cycle_of(sc_core::sc_time_stamp() + delay); }

  /// Asks for the module to act in `cycle`, not before now(). A module is not woken in the phase in which it acts.
  void wake(Seat seat, Cycles cycle) {
    if ((cycle - now_).count() >= wheel_cycles) return wake_far(seat, cycle);
    const std::uint64_t slot = cycle.count() % wheel_cycles;
    wheel_[slot * lanes_ + seat.lane] |= seat.bit;
    occupied_[slot / 64] |= std::uint64_t{1} << slot % 64;
    occupied_words_ |= 1U << slot / 64;
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
  static constexpr unsigned wheel_words = wheel_cycles / 64;
  static constexpr unsigned phases = 3;

  explicit Clockwork(sc_core::sc_module_name name);
  void run();
  void step(Cycles cycle);
  void step_narrow(std::uint64_t number);
  void act(Phase phase, std::uint64_t* slot);
  void act_lane(std::size_t lane, std::uint64_t* slot);
  bool anybody(Phase phase, const std::uint64_t* slot) const;
  void bring_near();
  void forget_all();
  void arm();
  void wake_far(Seat seat, Cycles cycle);
  Cycles next_wake() const;
  void leave(std::uint64_t slot);
  void widen();

  std::array<std::size_t, phases> enlisted_{};  ///< how many modules of each phase
  std::size_t lanes_ = phases;         ///< words of a slot: of each phase as many as hold a bit for each of its modules
  std::vector<TimedModule*> modules_;  ///< [lane][bit]; the lanes of the phases take turns
  std::vector<std::uint64_t> wheel_;   ///< [cycle modulo its size][lane]: who acts
  std::array<std::uint64_t, wheel_words> occupied_{};  ///< a bit for each slot in which somebody acts
  unsigned occupied_words_ = 0;                        ///< a bit for each word of occupied_ that is not 0
  std::vector<std::pair<Cycles, Seat>> far_;           ///< beyond the wheel
  Cycles first_far_ = Cycles::never();

  Cycles now_;
  Cycles kernel_cycle_;     ///< of the kernel's time, while modules act
  Cycles kernel_activity_;  ///< the cycle in which the kernel has something else to do next
  Cycles limit_;            ///< the first cycle that modules must not go on to before the kernel has been there
  bool lockstep_ = false;
  bool running_ = false;
  sc_core::sc_event wake_;
  std::exception_ptr failure_;
};

/// The first cycle, from the present one on, for which a module is on the wheel; then those beyond it.
inline Cycles Clockwork::next_wake() const {
  const std::uint64_t start = now_.count() % wheel_cycles;
  const auto here = static_cast<unsigned>(start / 64);
  const std::uint64_t bits = occupied_[here] >> start % 64;
  if (bits != 0) return now_ + Cycles(lowest_bit(bits));
  // The words after this one, the nearest lowest; this one comes round last, with the slots before the present.
  const unsigned others = (occupied_words_ | occupied_words_ << wheel_words) >> (here + 1) & low_bits(wheel_words);
  if (others == 0) return first_far_;
  const unsigned word = (here + 1 + lowest_bit(others)) % wheel_words;
  const std::uint64_t slot = 64 * std::uint64_t{word} + lowest_bit(occupied_[word]);
  return now_ + Cycles((slot - start) % wheel_cycles);
}

}  // namespace tablewalk

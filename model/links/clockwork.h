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
/// One SystemC process drives all modules. A timing wheel holds which modules act in which of the next cycles. While
/// the SystemC kernel has nothing pending before the next of them, the clockwork proceeds without returning to the
/// kernel (TLM-2.0 temporal decoupling). This is exact: a foreign module has its event in the kernel, which is waited
/// for. In lockstep every cycle is a kernel step, with the same results.
///
/// One per simulation, like the SystemC kernel.
class Clockwork : public sc_core::sc_module {
 public:
  /// The simulation's clockwork, created with its first module.
  static Clockwork& of_simulation();

  void set_lockstep(bool lockstep) { lockstep_ = lockstep; }

  /// The phases of a cycle, in order.
  enum class Phase : std::uint8_t { Beginning, Middle, End };

  /// A module's position on the wheel. Modules of a phase act in the order in which they were enlisted.
  struct Seat {
    std::size_t lane = 0;   ///< index of the word in a wheel slot
    std::uint64_t bit = 0;  ///< bit in that word
  };

  Seat enlist(TimedModule& module, Phase phase);
  /// Removes a module that is being destroyed.
  void dismiss(Seat seat);

  /// The cycle in which modules are acting, or last acted.
  Cycles now() const { return now_; }
  /// The delay from the kernel's time to the beginning of `cycle`, which is not before now().
  static sc_core::sc_time delay_until(Cycles cycle) {
    const std::uint64_t begin = cycle.count() * clock_period::units;
    const std::uint64_t kernel = sc_core::sc_time_stamp().value();
    return sc_core::sc_time::from_value(begin > kernel ? begin - kernel : 0);
  }
  /// The cycle at `delay` after the kernel's time.
  static Cycles cycle_after(const sc_core::sc_time& delay) { return cycle_of(sc_core::sc_time_stamp() + delay); }

  /// Requests that the module acts in `cycle`, not before now(). A module must not be woken in the phase in which it
  /// acts.
  void wake(Seat seat, Cycles cycle) {
    if ((cycle - now_).count() >= wheel_cycles) return wake_far(seat, cycle);
    const std::uint64_t slot = cycle.count() % wheel_cycles;
    wheel_[slot * lanes_ + seat.lane] |= seat.bit;
    occupied_[slot / 64] |= std::uint64_t{1} << slot % 64;
    if (!running_) arm();
  }

  /// The first cycle in which a module, or anything else in the kernel, may act.
  Cycles next_activity() const { return std::min(next_wake(), kernel_activity_); }

  /// Some of the modules: for each lane the bits of their seats.
  using Seats = std::vector<std::uint64_t>;
  static constexpr Cycles most_ahead{64};
  /// All seats but these. Called when all modules are there.
  Seats all_but(const std::vector<Seat>& these) const;
  /// As next_activity(), of these modules alone and the kernel, or of all if there are none; `end`, at most
  /// `most_ahead` from now, if that is earlier.
  Cycles next_activity_of(const Seats& seats, Cycles end) const;

  /// To be called after a call to a foreign target, which may have scheduled a kernel event.
  void look_at_kernel();

  /// Rethrows a module's exception after the simulation has returned: SystemC would turn it into a report and lose its
  /// type.
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

  std::array<std::size_t, phases> enlisted_{};         ///< modules per phase
  std::size_t lanes_ = phases;                         ///< words per slot: for each phase enough for one bit per module
  std::vector<TimedModule*> modules_;                  ///< [lane][bit]; lanes alternate between the phases
  std::vector<std::uint64_t> wheel_;                   ///< [cycle modulo its size][lane]: modules that act
  std::array<std::uint64_t, wheel_words> occupied_{};  ///< a bit per slot in which a module acts
  std::vector<std::pair<Cycles, Seat>> far_;           ///< beyond the wheel
  Cycles first_far_ = Cycles::never();

  Cycles now_;
  Cycles kernel_cycle_;     ///< cycle of the kernel's time, while modules act
  Cycles kernel_activity_;  ///< cycle of the kernel's next other event
  Cycles limit_;            ///< first cycle that modules must not enter before the kernel has reached it
  bool lockstep_ = false;
  bool running_ = false;
  sc_core::sc_event wake_;
  std::exception_ptr failure_;
};

inline Cycles Clockwork::next_activity_of(const Seats& seats, Cycles end) const {
  if (seats.size() < lanes_) return std::min(end, next_activity());
  end = std::min(end, kernel_activity_);
  for (Cycles cycle = now_; cycle < end; cycle += Cycles(1)) {
    const std::uint64_t number = cycle.count() % wheel_cycles;
    if ((occupied_[number / 64] >> number % 64 & 1) == 0) continue;
    const std::uint64_t* const slot = &wheel_[number * lanes_];
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      if ((slot[lane] & seats[lane]) != 0) return cycle;
    }
  }
  return end;
}

/// The first cycle, from now on, with a module on the wheel, else beyond it.
inline Cycles Clockwork::next_wake() const {
  const std::uint64_t start = now_.count() % wheel_cycles;
  const auto here = static_cast<unsigned>(start / 64);
  const std::uint64_t bits = occupied_[here] >> start % 64;
  if (bits != 0) return now_ + Cycles(lowest_bit(bits));
  // The following words, nearest first; the current word comes last, with the slots before the current one.
  for (unsigned further = 1; further <= wheel_words; ++further) {
    const unsigned word = (here + further) % wheel_words;
    if (occupied_[word] == 0) continue;
    const std::uint64_t slot = 64 * std::uint64_t{word} + lowest_bit(occupied_[word]);
    return now_ + Cycles((slot - start) % wheel_cycles);
  }
  return first_far_;
}

}  // namespace tablewalk

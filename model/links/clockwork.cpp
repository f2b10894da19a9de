#include "links/clockwork.h"

#include <algorithm>

#include "links/timed_module.h"

namespace tablewalk {
Clockwork& Clockwork::of_simulation() {
  // Never destroyed: modules of static lifetime may outlive any order of destruction.
  static auto* const clockwork = new Clockwork(sc_core::sc_gen_unique_name("clockwork"));
  return *clockwork;
}

Clockwork::Clockwork(sc_core::sc_module_name name)
    : sc_core::sc_module(name), modules_(64 * lanes_), wheel_(wheel_cycles * lanes_) {
  SC_HAS_PROCESS(Clockwork);
  SC_METHOD(run);
  sensitive << wake_;
  dont_initialize();
}

Clockwork::Seat Clockwork::enlist(TimedModule& module, Phase phase) {
  const std::size_t number = enlisted_[static_cast<unsigned>(phase)]++;
  const Seat seat{number / 64 * phases + static_cast<unsigned>(phase), std::uint64_t{1} << number % 64};
  if (seat.lane >= lanes_) widen();
  modules_[64 * seat.lane + lowest_bit(seat.bit)] = &module;
  return seat;
}

void Clockwork::dismiss(Seat seat) {
  modules_[64 * seat.lane + lowest_bit(seat.bit)] = nullptr;
}

Clockwork::Seats Clockwork::all_but(const std::vector<Seat>& these) const {
  Seats seats(lanes_, ~std::uint64_t{0});
  for (const Seat& seat : these) seats[seat.lane] &= ~seat.bit;
  return seats;
}

/// Makes room for more modules.
void Clockwork::widen() {
  std::vector<std::uint64_t> wider(wheel_cycles * (lanes_ + phases));
  for (std::size_t i = 0; i < wheel_.size(); ++i) wider[i / lanes_ * (lanes_ + phases) + i % lanes_] = wheel_[i];
  wheel_.swap(wider);
  lanes_ += phases;
  modules_.resize(64 * lanes_);
}

/// Acts cycle by cycle until the kernel must run, or no module is scheduled.
void Clockwork::run() {
  running_ = true;
  kernel_cycle_ = cycle_of(sc_core::sc_time_stamp());
  look_at_kernel();
  try {
    for (Cycles cycle = next_wake(); cycle < limit_; cycle = next_wake()) step(cycle);
  } catch (...) {
    failure_ = std::current_exception();
    forget_all();
  }
  running_ = false;
  arm();
}

void Clockwork::forget_all() {
  std::fill(wheel_.begin(), wheel_.end(), 0);
  occupied_ = {};
  far_.clear();
  first_far_ = Cycles::never();
}

void Clockwork::look_at_kernel() {
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  const sc_core::sc_time pending = sc_core::sc_time_to_pending_activity();
  const bool nothing = pending == sc_core::sc_max_time() - now;
  kernel_activity_ = nothing ? Cycles::never() : cycle_of(now + pending);
  const Cycles after_kernel = kernel_cycle_ + Cycles(1);
  limit_ = lockstep_ ? after_kernel : std::max(after_kernel, kernel_activity_);
}

/// A module that acts may wake others for a later phase of the cycle. The slot is cleared before the last phase acts,
/// so that those modules see the next activity after this cycle.
void Clockwork::step(Cycles cycle) {
  now_ = cycle;
  if ((first_far_ - now_).count() < wheel_cycles) bring_near();
  const std::uint64_t number = cycle.count() % wheel_cycles;
  if (lanes_ == phases) return step_narrow(number);
  std::uint64_t* const slot = &wheel_[number * lanes_];
  act(Phase::Beginning, slot);
  if (!anybody(Phase::End, slot)) leave(number);
  act(Phase::Middle, slot);
  if (!anybody(Phase::End, slot)) return;
  leave(number);
  act(Phase::End, slot);
}

/// The same if each phase has one lane.
inline void Clockwork::step_narrow(std::uint64_t number) {
  std::uint64_t* const slot = &wheel_[number * phases];
  constexpr std::size_t beginning = 0;
  constexpr std::size_t middle = 1;
  constexpr std::size_t end = 2;
  act_lane(beginning, slot);
  if (slot[end] == 0) leave(number);
  act_lane(middle, slot);
  if (slot[end] == 0) return;
  leave(number);
  act_lane(end, slot);
}

void Clockwork::leave(std::uint64_t slot) {
  occupied_[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
}

void Clockwork::act(Phase phase, std::uint64_t* slot) {
  for (auto lane = static_cast<std::size_t>(phase); lane < lanes_; lane += phases) {
    act_lane(lane, slot);
  }
}

inline void Clockwork::act_lane(std::size_t lane, std::uint64_t* slot) {
  std::uint64_t bits = slot[lane];
  if (bits == 0) return;
  slot[lane] = 0;
  TimedModule* const* const modules = &modules_[64 * lane];
  for (; bits != 0; bits &= bits - 1) modules[lowest_bit(bits)]->act();
}

bool Clockwork::anybody(Phase phase, const std::uint64_t* slot) const {
  for (auto lane = static_cast<std::size_t>(phase); lane < lanes_; lane += phases) {
    if (slot[lane] != 0) return true;
  }
  return false;
}

/// Moves wakes that are now within reach onto the wheel.
void Clockwork::bring_near() {
  std::vector<std::pair<Cycles, Seat>> waiting;
  waiting.swap(far_);
  first_far_ = Cycles::never();
  for (const auto& [when, seat] : waiting) wake(seat, when);
}

void Clockwork::wake_far(Seat seat, Cycles cycle) {
  far_.emplace_back(cycle, seat);
  first_far_ = std::min(first_far_, cycle);
  if (!running_) arm();
}

/// Schedules the kernel's next call for the next module.
void Clockwork::arm() {
  const Cycles cycle = next_wake();
  if (cycle != Cycles::never()) wake_.notify(delay_until(cycle));
}

}  // namespace tablewalk

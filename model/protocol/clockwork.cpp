#include "protocol/clockwork.h"

#include <algorithm>
#include <utility>

#include "protocol/timed_module.h"

namespace tablewalk {
namespace {

unsigned lowest_bit(std::uint64_t bits) {
  return static_cast<unsigned>(__builtin_ctzll(bits));
}

}  // namespace

Clockwork& Clockwork::of_simulation() {
  // Never destroyed: modules of static lifetime may outlive any order of destruction.
  static auto* const clockwork = new Clockwork(sc_core::sc_gen_unique_name("clockwork"));
  return *clockwork;
}

Clockwork::Clockwork(sc_core::sc_module_name name) : sc_core::sc_module(name), wheel_(wheel_cycles * phases) {
  SC_HAS_PROCESS(Clockwork);
  SC_METHOD(run);
  sensitive << wake_;
  dont_initialize();
}

Clockwork::Seat Clockwork::enlist(TimedModule& module, Phase phase) {
  std::vector<TimedModule*>& modules = modules_[static_cast<unsigned>(phase)];
  const std::size_t number = modules.size();
  modules.push_back(&module);
  const Seat seat{number / 64 * phases + static_cast<unsigned>(phase), std::uint64_t{1} << number % 64};
  if (seat.lane >= lanes_) widen();
  return seat;
}

void Clockwork::dismiss(Seat seat) {
  modules_[seat.lane % phases][seat.lane / phases * 64 + lowest_bit(seat.bit)] = nullptr;
}

/// Makes room for more modules.
void Clockwork::widen() {
  std::vector<std::uint64_t> wider(wheel_cycles * (lanes_ + phases));
  for (std::size_t i = 0; i < wheel_.size(); ++i) wider[i / lanes_ * (lanes_ + phases) + i % lanes_] = wheel_[i];
  wheel_.swap(wider);
  lanes_ += phases;
}

/// Acts cycle by cycle until somebody else's turn comes, or nobody has asked to act.
void Clockwork::run() {
  running_ = true;
  kernel_cycle_ = cycle_of(sc_core::sc_time_stamp());
  look_at_kernel();
  try {
    for (Cycles cycle = next_wake(); cycle != Cycles::never() && may_go_to(cycle); cycle = next_wake()) step(cycle);
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
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  const sc_core::sc_time pending = sc_core::sc_time_to_pending_activity();
  const bool nothing = pending == sc_core::sc_max_time() - now;
  kernel_activity_ = nothing ? Cycles::never() : cycle_of(now + pending);
}

/// Whoever acts may wake others for a later phase of the cycle. Before the last ones act the slot is left, so that they
/// see when something else happens next.
void Clockwork::step(Cycles cycle) {
  now_ = cycle;
  if (first_far_ != Cycles::never() && (first_far_ - now_).count() < wheel_cycles) bring_near();
  const std::uint64_t number = cycle.count() % wheel_cycles;
  std::uint64_t* const slot = &wheel_[number * lanes_];
  const auto leave = [&] { occupied_[number / 64] &= ~(std::uint64_t{1} << number % 64); };
  act(Phase::Beginning, slot);
  if (!anybody(Phase::End, slot)) leave();
  act(Phase::Middle, slot);
  leave();
  act(Phase::End, slot);
}

void Clockwork::act(Phase phase, std::uint64_t* slot) {
  const auto first = static_cast<std::size_t>(phase);
  for (std::size_t lane = first; lane < lanes_; lane += phases) {
    for (std::uint64_t bits = std::exchange(slot[lane], 0); bits != 0; bits &= bits - 1) {
      modules_[first][lane / phases * 64 + lowest_bit(bits)]->act();
    }
  }
}

bool Clockwork::anybody(Phase phase, const std::uint64_t* slot) const {
  for (auto lane = static_cast<std::size_t>(phase); lane < lanes_; lane += phases) {
    if (slot[lane] != 0) return true;
  }
  return false;
}

/// Brings onto the wheel what has come within its reach.
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

/// Has the kernel call again when the next module is to act.
void Clockwork::arm() {
  const Cycles cycle = next_wake();
  if (cycle != Cycles::never()) wake_.notify(delay_until(cycle));
}

/// The first cycle, from the present one on, for which a module is on the wheel; then those beyond it.
Cycles Clockwork::next_wake() const {
  const std::uint64_t start = now_.count() % wheel_cycles;
  constexpr std::uint64_t words = wheel_cycles / 64;
  for (std::uint64_t i = 0; i <= words; ++i) {
    const std::uint64_t word = (start / 64 + i) % words;
    std::uint64_t bits = occupied_[word];
    if (i == 0) bits &= ~low_bits(static_cast<unsigned>(start % 64));
    if (i == words) bits &= low_bits(static_cast<unsigned>(start % 64));
    if (bits == 0) continue;
    const std::uint64_t slot = word * 64 + lowest_bit(bits);
    return now_ + Cycles((slot + wheel_cycles - start) % wheel_cycles);
  }
  return first_far_;
}

}  // namespace tablewalk

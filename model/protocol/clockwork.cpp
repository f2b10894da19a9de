#include "protocol/clockwork.h"

#include <algorithm>

#include "base/error.h"
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

Clockwork::Clockwork(sc_core::sc_module_name name) : sc_core::sc_module(name) {
  SC_HAS_PROCESS(Clockwork);
  SC_METHOD(run);
  sensitive << wake_;
  dont_initialize();
}

unsigned Clockwork::enlist(TimedModule& module, Phase phase) {
  const auto number = static_cast<unsigned>(modules_.size());
  if (number == most_modules) throw InputError("the machine has more than 64 modules; expected at most 64");
  modules_.push_back(&module);
  if (phase == Phase::Middle) middle_modules_ |= std::uint64_t{1} << number;
  if (phase == Phase::End) end_modules_ |= std::uint64_t{1} << number;
  return number;
}

void Clockwork::dismiss(unsigned module) {
  modules_[module] = nullptr;
}

/// Acts cycle by cycle until somebody else's turn comes, or nobody has asked to act.
void Clockwork::run() {
  running_ = true;
  kernel_time_ = sc_core::sc_time_stamp();
  kernel_cycle_ = cycle_of(kernel_time_);
  set_ahead();
  look_at_kernel();
  try {
    for (Cycles cycle = next_wake(); cycle != Cycles::never() && may_go_to(cycle); cycle = next_wake()) step(cycle);
  } catch (...) {
    failure_ = std::current_exception();
    wheel_ = {};
    occupied_ = {};
    far_.clear();
    first_far_ = Cycles::never();
  }
  running_ = false;
  arm();
}

void Clockwork::look_at_kernel() {
  const sc_core::sc_time pending = sc_core::sc_time_to_pending_activity();
  const bool nothing = pending == sc_core::sc_max_time() - kernel_time_;
  kernel_activity_ = nothing ? Cycles::never() : cycle_of(kernel_time_ + pending);
}

void Clockwork::step(Cycles cycle) {
  go_to(cycle);
  const std::uint64_t slot = cycle.count() % wheel_cycles;
  const std::uint64_t first = wheel_[slot] & ~(middle_modules_ | end_modules_);
  wheel_[slot] &= middle_modules_ | end_modules_;
  act(first);
  // Nobody is woken at the beginning of the cycle that he acts in.
  const std::uint64_t middle = wheel_[slot] & middle_modules_;
  wheel_[slot] &= end_modules_;
  if (wheel_[slot] == 0) leave(slot);
  act(middle);
  const std::uint64_t last = wheel_[slot] & end_modules_;
  wheel_[slot] &= ~end_modules_;
  if (wheel_[slot] == 0) leave(slot);
  act(last);
}

/// Nobody is to act in that slot of the wheel any more.
void Clockwork::leave(std::uint64_t slot) {
  occupied_[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
}

void Clockwork::act(std::uint64_t modules) {
  for (; modules != 0; modules &= modules - 1) modules_[lowest_bit(modules)]->act();
}

/// Makes `cycle` the present, and brings onto the wheel what has come within its reach.
void Clockwork::go_to(Cycles cycle) {
  if (now_ >= kernel_cycle_) {
    durations_.add(ahead_, (cycle - now_).count());
    now_ = cycle;
  } else {
    now_ = cycle;
    set_ahead();
  }
  if (first_far_ == Cycles::never() || (first_far_ - now_).count() >= wheel_cycles) return;
  std::vector<std::pair<Cycles, unsigned>> waiting;
  waiting.swap(far_);
  first_far_ = Cycles::never();
  for (const auto& [when, module] : waiting) wake(module, when);
}

void Clockwork::set_ahead() {
  const std::uint64_t begin = now_.count() * clock_period::units;
  const std::uint64_t kernel = kernel_time_.value();
  durations_.set(ahead_, begin > kernel ? begin - kernel : 0);
}

void Clockwork::wake_far(unsigned module, Cycles cycle) {
  far_.emplace_back(cycle, module);
  first_far_ = std::min(first_far_, cycle);
}

/// Has the kernel call again when the next module is to act.
void Clockwork::arm() {
  const Cycles cycle = next_wake();
  if (cycle == Cycles::never()) return;
  const std::uint64_t target = cycle.count() * clock_period::units;
  const std::uint64_t kernel = sc_core::sc_time_stamp().value();
  wake_.notify(sc_core::sc_time::from_value(target > kernel ? target - kernel : 0));
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

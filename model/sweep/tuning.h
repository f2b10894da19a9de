#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sweep/sweep.h"

namespace tablewalk {

/// What `tune` looks for: machines with few TLB bits and a small cost of translation.
struct TuningOptions {
  std::vector<std::string> traces;  ///< as given on a command line
  std::string config;
  std::string space;                   ///< a sweep file without traces; empty: the default space
  std::uint64_t budget = 0;            ///< TLB entries of a machine, at most
  std::optional<std::uint64_t> cells;  ///< of its RTL walkers, at most
  std::optional<std::uint64_t> depth;  ///< cells on the longest path of one, at most
  std::uint64_t warmup = 0;
  std::uint64_t limit = 0;
};

/// The sweep over the machines within the budget. Throws InputError.
SweepFile tuning_sweep(const TuningOptions& options);

/// Entries of a machine's TLBs, and bits in them: for each entry of an array the tag (virtual page number without the
/// bits that select the set, address-space number, page size), the frame number, 8 bits of rights and state, and a
/// valid bit. Replacement state is left out.
struct TlbSize {
  std::uint64_t entries = 0;
  std::uint64_t bits = 0;
};
TlbSize tlb_size(const MachineConfig& machine);

/// What the walkers of a machine cost in hardware (docs/hardware-cost.md).
struct WalkerArea {
  std::uint64_t cells = 0;  ///< of all walkers
  std::uint64_t flip_flops = 0;
  std::uint64_t depth = 0;  ///< cells on the longest path
};
/// As measured by rtl/synth/area.py; nothing unless the walkers are RTL that was measured. Throws InputError if the
/// program has no such walker.
std::optional<WalkerArea> walker_area(const MachineConfig& machine);

/// One machine, on all traces.
struct TunedMachine {
  std::string config;
  std::string seed;
  std::vector<std::string> values;  ///< of the plan's keys
  std::vector<std::string> points;  ///< one for each trace
  TlbSize size;
  std::optional<WalkerArea> walker;
  std::int64_t cost_cycles = 0;  ///< of translation
  std::uint64_t cycles = 0;      ///< with translation
  bool on_front = false;         ///< no other machine is at least as good in bits, walker cells and cost

  std::uint64_t cells() const { return walker ? walker->cells : 0; }
  double cost_share() const { return cycles == 0 ? 0 : static_cast<double>(cost_cycles) / static_cast<double>(cycles); }
};

/// Whether the table has the area of walkers.
bool have_walkers(const std::vector<TunedMachine>& machines);

/// The machines of a sweep that ran on every trace, by their bits, with the Pareto front marked.
std::vector<TunedMachine> tuned_machines(const SweepPlan& plan, const SweepStore& store);
void mark_front(std::vector<TunedMachine>& machines);

/// One row for each machine.
std::string tuning_csv(const SweepPlan& plan, const std::vector<TunedMachine>& machines);

}  // namespace tablewalk

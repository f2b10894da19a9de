#pragma once

#include <cstdint>

namespace tablewalk {

/// What a co-simulation has compared.
struct CosimCounts {
  std::uint64_t walks = 0;
  std::uint64_t entry_reads = 0;
  std::uint64_t entry_updates = 0;
  std::uint64_t answers = 0;
  std::uint64_t invalidations = 0;
  std::uint64_t cycles = 0;          ///< from the first to the last with an input to the walkers
  std::uint64_t clocked_cycles = 0;  ///< those in which the RTL could change

  /// Adds the counts of another walker of the machine.
  void add(const CosimCounts& other) {
    walks += other.walks;
    entry_reads += other.entry_reads;
    entry_updates += other.entry_updates;
    answers += other.answers;
    invalidations += other.invalidations;
    cycles += other.cycles;
    clocked_cycles += other.clocked_cycles;
  }
};

}  // namespace tablewalk

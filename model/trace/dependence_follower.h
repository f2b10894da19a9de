#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "trace/dependence_tracker.h"
#include "trace/guest_code.h"
#include "trace/record.h"
#include "trace/x86_decoder.h"

namespace tablewalk {

/// Statistics of the addresses in a captured trace.
struct DependenceCounts {
  std::uint64_t instructions = 0;
  std::uint64_t unknown_instructions = 0;  ///< not decoded
  std::uint64_t loads = 0;                 ///< including modifies
  std::uint64_t from_loads = 0;            ///< loads whose address depends on an earlier load of the trace
  std::uint64_t unknown_loads = 0;         ///< loads of unknown instructions: no dependence is assumed

  std::uint64_t from_none() const { return loads - from_loads - unknown_loads; }
  DependenceCounts& operator+=(const DependenceCounts& other);
};

/// Tracks the registers of a program's threads from instruction to instruction and stores in their records which loads
/// the addresses depend on. An instruction is decoded on its first fetch, and again if its size changes; one that
/// cannot be decoded is assumed to change no register.
class DependenceFollower {
 public:
  explicit DependenceFollower(GuestCode& code) : code_(code), slots_(first_slots) {}

  /// Sets the distances of the next records of thread `number`; `loads` counts the loads of their trace.
  void follow(unsigned number, LoadCount& loads, Record* records, std::size_t count, DependenceCounts& counts);

  /// Whether instructions of the host's architecture can be decoded.
  static bool possible();

 private:
  static constexpr std::size_t first_slots = 1 << 12;

  struct Thread {
    RegisterOrigins<X86Decoder::registers> registers;
    // Of the instruction whose accesses are being read.
    RegisterSet writes = 0;
    LoadNumber value_from = 0;
    LoadNumber loads_from = 0;
    LoadNumber stores_to = 0;
    bool known = false;
  };
  struct Slot {
    std::uint64_t address = 0;
    std::uint32_t instruction = 0;  ///< index in instructions_, from 1; 0: the slot is free
  };

  void begin_instruction(Thread& thread, const Record& fetch);
  const DecodedInstruction& instruction_at(const Record& fetch);
  Slot& slot_of(std::uint64_t address);
  void grow();
  DecodedInstruction decode(const Record& fetch);

  GuestCode& code_;
  std::unique_ptr<X86Decoder> decoder_;
  std::vector<Slot> slots_;  ///< hash table with linear probing, at most half full; size is a power of two
  std::vector<DecodedInstruction> instructions_;
  std::map<unsigned, Thread> threads_;
};

}  // namespace tablewalk

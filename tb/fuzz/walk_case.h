#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "links/translate_link.h"
#include "paging/paging_mode.h"
#include "support/plain_walk.h"
#include "walker/systemc_walker.h"

namespace tablewalk::test {

/// Bytes that decide a case; when they are used up, zeros.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : next_(data), end_(data + size) {}
  std::uint64_t take(unsigned count) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < count; ++i) value |= std::uint64_t{next_ == end_ ? std::uint8_t{0} : *next_++} << (8 * i);
    return value;
  }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
};

/// Memory of its own for a timed walker: answers each access after a number of cycles that the case decides.
class CaseMemory : public sc_core::sc_module {
 public:
  explicit CaseMemory(sc_core::sc_module_name name) : sc_core::sc_module(name), port_("port", *this, 0) {}

  tlm::tlm_target_socket<64>& walker_side() { return port_.socket; }
  bool receive_access(unsigned, MemoryAccess& access, Cycles& cycle);

  PhysicalMemory bytes;
  std::uint64_t latency = 1;

 private:
  AccessTargetPort<CaseMemory> port_;
};

/// Asks one walker, one question at a time.
class CaseClient : public sc_core::sc_module {
 public:
  explicit CaseClient(sc_core::sc_module_name name)
      : sc_core::sc_module(name), translator_side("translator_side", *this) {}

  TranslateInitiatorPort<CaseClient> translator_side;
  /// The answer, after the simulation has come to rest.
  const Answer& ask(PhysicalAddress root, AddressSpaceId asid, std::uint64_t va, Access access);
  void receive_translation(unsigned, TranslationRequest& request, Cycles visible);

 private:
  TranslationRequest request_;
  bool answered_ = false;
};

/// One mode under some control registers, with a timed walker of its own: SystemC makes modules only once in a process.
struct CaseWalker {
  CaseWalker(std::string mode_name, const PagingControls& mode_controls, const WalkerConfig& config);

  std::string name;
  PagingControls controls;
  std::shared_ptr<const PagingMode> mode;
  SystemCWalker walker;
  CaseClient client;
  std::unique_ptr<CaseMemory> memory;
};

/// Makes memory, control registers and accesses of the bytes, and walks three ways: the reference walk, the timed
/// walker, and the plain walk of the manuals. Empty if they agree on every answer and on every bit of memory
/// afterwards; else what differs.
class WalkCases {
 public:
  /// `seed`: of the control registers that the timed walkers have.
  explicit WalkCases(std::uint64_t seed);
  std::string run(const std::uint8_t* data, std::size_t size);
  /// Walks so far by how they ended; None: translated.
  const std::array<std::uint64_t, fault_reasons>& endings() const { return endings_; }
  /// Translations of a page that reaches beyond physical memory, and accesses to such a page that fault there.
  std::uint64_t parts_of_pages() const { return parts_of_pages_; }
  std::uint64_t beyond_pages() const { return beyond_pages_; }

 private:
  struct Question {
    std::uint64_t va;
    Access access;
  };
  std::string walk_three_ways(CaseWalker& with, const std::vector<Question>& questions, std::uint64_t root);
  std::string compare_memory(const CaseWalker& with, const std::vector<PhysicalAddress>& places) const;

  std::vector<std::unique_ptr<CaseWalker>> walkers_;
  PhysicalMemory model_;
  PhysicalMemory plain_;
  std::array<std::uint64_t, fault_reasons> endings_{};
  std::uint64_t parts_of_pages_ = 0;
  std::uint64_t beyond_pages_ = 0;
};

}  // namespace tablewalk::test

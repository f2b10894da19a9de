#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "links/access_link.h"
#include "links/clockwork.h"

namespace tablewalk {

/// The initiator above a cache in a test: a core that acts in the middle of a cycle, or a neighbour on a registered
/// link. Its payloads stay allocated, so that a test can inspect them.
class AccessClient : public sc_core::sc_module {
 public:
  explicit AccessClient(sc_core::sc_module_name name) : sc_core::sc_module(name), memory_side("memory_side", *this) {}

  AccessInitiatorPort<AccessClient> memory_side;

  MemoryAccess& fresh(std::uint64_t address, unsigned bytes = 8, bool write = false) {
    MemoryAccess& access = pool_.take();
    access.prepare(PhysicalAddress(address), bytes, write);
    access.info.tag = next_tag_++;
    return access;
  }
  MemoryAccess& entry(std::uint64_t address) {
    MemoryAccess& access = fresh(address);
    access.info.entry_for = TranslationId(0, 1);
    return access;
  }
  /// Sends an access that is visible to the cache in `cycle`.
  MemoryAccess& ask(std::uint64_t cycle, MemoryAccess& access) {
    memory_side.send(access, Cycles(cycle));
    return access;
  }
  MemoryAccess& read(std::uint64_t cycle, std::uint64_t address) { return ask(cycle, fresh(address)); }
  MemoryAccess& write_line(std::uint64_t cycle, std::uint64_t address) { return ask(cycle, fresh(address, 64, true)); }
  /// Accesses a first-level cache, now.
  void ask_now(MemoryAccess& access) {
    Cycles cycle = Clockwork::of_simulation().now();
    if (memory_side.access(access, cycle)) answered_[access.info.tag] = cycle.count();
  }

  /// The cycle in which the response is visible; 0 if there is none.
  std::uint64_t answered(const MemoryAccess& access) const {
    const auto found = answered_.find(access.info.tag);
    return found == answered_.end() ? 0 : found->second;
  }

  void receive_response(unsigned, MemoryAccess& access, Cycles visible) {
    EXPECT_EQ(answered_.count(access.info.tag), 0u) << "answered twice";
    EXPECT_GT(visible, Clockwork::of_simulation().now()) << "links are registered";
    answered_[access.info.tag] = visible.count();
  }

 private:
  AccessPool pool_;
  std::uint32_t next_tag_ = 0;
  std::map<std::uint32_t, std::uint64_t> answered_;
};

}  // namespace tablewalk

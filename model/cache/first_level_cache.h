#pragma once

#include <vector>

#include "cache/cache.h"

namespace tablewalk {

/// A core's own first-level cache: the core's hits complete inside the call, in the middle of a cycle. Its other
/// neighbours, the walkers, use registered links, as with any cache.
class FirstLevelCache final : public Cache {
 public:
  /// How an upstream neighbour is served.
  enum class PortKind : std::uint8_t { AtOnce, Registered };

  /// One port per upstream neighbour.
  FirstLevelCache(sc_core::sc_module_name name, ServedBy place, const CacheConfig& config, std::uint64_t line_bytes,
                  PhysicalMemory& memory, const std::vector<PortKind>& ports);

  // Called by the core's ports.
  bool look_up(PhysicalAddress address, bool write) {
    CacheArray::Line* line = array_.find_where_it_was(address);
    if (line == nullptr || (write && !line->owned)) return search(address, write);
    complete(*line, write);
    return true;
  }
  bool receive_access(unsigned port, MemoryAccess& access, Cycles& cycle);

 private:
  void on_cycle() override;
  bool search(PhysicalAddress address, bool write);
  void complete(CacheArray::Line& line, bool write) {
    count_hit();
    line.dirty |= write;
  }
  void take_turns(Cycles cycle, std::uint32_t& lookups_left);
  void retry_stalled(Cycles cycle);

  Inbox<MemoryAccess*> stalled_;  ///< the core's misses without a free register
  bool looked_up_ = false;        ///< look_up() has just missed, so the access that follows misses too
};

}  // namespace tablewalk

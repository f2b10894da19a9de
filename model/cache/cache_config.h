#pragma once

#include <cstdint>
#include <string>

#include "associative/geometry.h"
#include "associative/replacement_kind.h"
#include "base/types.h"
#include "base/units.h"
#include "config/largest.h"

namespace tablewalk {

struct CacheConfig {
  bool enabled = true;
  ByteSize bytes{32 << 10};
  std::uint32_t ways = 8;
  Cycles latency_cycles{4};
  Cycles tag_cycles{1};
  std::uint32_t miss_registers = 16;
  std::uint32_t lookups_per_cycle = 1;
  Replacement replacement = Replacement::Lru;
  std::uint64_t seed = 1;
  std::uint32_t table_ways = 0;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("enabled", enabled, "", "false leaves the cache out: accesses bypass it");
    keys.value("bytes", bytes, "bytes", "capacity", largest::cache_bytes);
    keys.value("ways", ways, "lines", "ways per set; 0 makes the cache fully associative", largest::entries);
    keys.value("latency_cycles", latency_cycles, "cycles", "from a hit's lookup to its data", largest::latency_cycles);
    keys.value("tag_cycles", tag_cycles, "cycles", "from a miss's lookup to the request to the next level",
               largest::latency_cycles);
    keys.value("miss_registers", miss_registers, "lines", "maximum lines being fetched (MSHRs)", largest::in_flight);
    keys.value("lookups_per_cycle", lookups_per_cycle, "accesses",
               "maximum lookups started per cycle; a core's own first-level lookups are not limited",
               largest::per_cycle);
    keys.value("replacement", replacement, "", "replacement policy");
    keys.value("seed", seed, "", "seed of random replacement");
    keys.value("table_ways", table_ways, "lines",
               "favours page-table lines: up to that many per set are evicted only if no line of data is left; 0: none",
               largest::entries);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (latency_cycles < Cycles(1)) problem("latency_cycles", "0 cycles; expected at least 1: links are registered");
    if (tag_cycles < Cycles(1)) problem("tag_cycles", "0 cycles; expected at least 1: links are registered");
    if (miss_registers == 0) problem("miss_registers", "0 registers could fetch nothing; expected at least 1");
    if (lookups_per_cycle == 0) problem("lookups_per_cycle", "0 lookups would never end; expected at least 1");
  }
};

/// Whether lines of that size can form a cache of that geometry; reports to a config check.
template <class Problem>
void check_cache_shape(const CacheConfig& config, std::uint64_t line_bytes, Problem&& problem) {
  if (!config.enabled) return;
  if (config.bytes.bytes == 0 || config.bytes.bytes % line_bytes != 0) {
    problem("bytes", format_byte_size(config.bytes) + " is not a multiple of the line size, " +
                         std::to_string(line_bytes) + " bytes; expected at least one line");
    return;
  }
  const std::uint64_t lines = config.bytes.bytes / line_bytes;
  if (lines > (std::uint64_t{1} << 30)) {
    problem("bytes", format_byte_size(config.bytes) + " is too large; expected at most 2^30 lines");
    return;
  }
  check_geometry(static_cast<std::uint32_t>(lines), config.ways, [&](const char* key, const std::string& text) {
    problem(key, text + " (entries are lines of " + std::to_string(line_bytes) + " bytes)");
  });
  const std::uint64_t ways = config.ways == 0 ? lines : config.ways;
  if (config.table_ways > ways) {
    problem("table_ways", std::to_string(config.table_ways) + " lines, but a set has " + std::to_string(ways) +
                              " ways; expected at most that");
  }
}

}  // namespace tablewalk

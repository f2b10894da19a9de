#include "validate/claim_groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"

namespace tablewalk {

const std::vector<ClaimGroup>& claim_groups() {
  static const std::vector<ClaimGroup> groups{
      {"tables", "sizes of page tables, counted by hand", false, add_table_claims},
      {"latency", "cycles of dependent loads, and TLB capacities", false, add_latency_claims},
      {"reads", "entries read per walk, without and with walk caches", false, add_read_claims},
      {"walk-caches", "levels skipped by a cached pointer", false, add_walk_cache_claims},
      {"images", "page tables of Linux, with QEMU's translations", true, add_image_claims},
      {"misses", "TLB misses of recorded programs, counted by a script", true, add_miss_claims},
      {"programs", "entries read per walk in recorded programs", true, add_program_claims},
      {"dram", "latency and bandwidth of two DRAM simulators", true, add_dram_claims},
  };
  return groups;
}

const ClaimGroup& find_claim_group(const std::string& name) {
  std::vector<std::string> names;
  for (const ClaimGroup& group : claim_groups()) {
    if (name == group.name) return group;
    names.emplace_back(group.name);
  }
  throw InputError(fmt::format("validate: no group '{}'{}; expected one of {}", name, did_you_mean(name, names),
                               fmt::join(names, ", ")));
}

}  // namespace tablewalk

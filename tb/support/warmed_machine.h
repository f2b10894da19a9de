#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "stats/result.h"
#include "support/dice.h"
#include "system/machine_config.h"
#include "trace/record.h"

namespace tablewalk::test {

/// What functional warming can do.
inline void make_warmable(MachineConfig& config, Dice& dice) {
  config.cores = 1;
  config.os.prefault = true;
  config.segmentation = {};
  config.ranges = {};
  for (TlbConfig* tlb : {&config.itlb, &config.dtlb, &config.stlb}) tlb->prefetch.kind = PrefetchKind::None;
  config.walker.kind = dice.chance(85) ? WalkerKind::SystemC : WalkerKind::Instant;
}

/// Misses do not overlap, so that the order of events is that of the program, and functional warming leaves the state
/// of the timed machine. Time passes differently, which must not matter: nothing depends on it but latencies, and the
/// rows that are open in the DRAM.
inline void make_one_at_a_time(MachineConfig& config) {
  config.core.blocking = true;
  config.core.next_line_prefetch = false;
  if (config.paging.mode == "cuckoo") config.paging.mode = "hashed";  // its reads of a round overlap
}

/// Within lines: the parts of an access that crosses lines overlap.
inline std::vector<Record> within_lines(std::vector<Record> records) {
  for (Record& record : records) {
    if (!is_event(record.kind)) record.size = 1;
  }
  return records;
}

/// The figures by name and value, without those that depend on time.
inline std::string untimed_figures(const RunResult& result) {
  constexpr std::array timed = {"cycles", "latency", "dram", "queue", "stall", "waits"};
  std::string text;
  for (const StatSet::Figure& figure : result.stats.figures()) {
    const bool depends_on_time = std::any_of(
        timed.begin(), timed.end(), [&](const char* part) { return figure.name.find(part) != std::string::npos; });
    if (!depends_on_time) text += figure.name + " " + std::to_string(figure.value()) + "\n";
  }
  return text;
}

}  // namespace tablewalk::test

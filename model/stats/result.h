#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "stats/attribution.h"
#include "stats/memory_sample.h"
#include "stats/sample.h"
#include "stats/shards.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// The trace of a result.
struct TraceSummary {
  std::string path;           ///< as given by the user, printable() (base/text.h)
  std::string format;         ///< champsim, lackey, text, twt
  std::string checksum;       ///< of the records, 16 hexadecimal digits; independent of format and compression
  std::uint64_t records = 0;  ///< simulated
  /// Where load dependences come from: trace: recorded there; none, chained: assumed; empty: unknown.
  std::string dependences;
};

/// The image whose page tables a run used, if it did not build its own.
struct ImageSummary {
  std::string path;    ///< as given by the user; empty: no image
  std::string format;  ///< pages, raw
  std::string root;    ///< the root register, hexadecimal
};

/// The checks against the reference walk of a run under --check, including the warm-up.
struct CheckCounts {
  std::uint64_t translations = 0;
  std::uint64_t walks = 0;
};

/// Whether the cost of translation was measured, by a second run of the same machine with free translation.
struct CostSummary {
  bool measured = false;
  std::string reason;             ///< why it was not measured
  std::uint64_t free_cycles = 0;  ///< of the machine with free translation, if measured
};

/// The result of running one machine on one trace: everything in `result.json`, and the checks made.
struct RunResult {
  nlohmann::ordered_json config;  ///< fully resolved: every key with its value
  TraceSummary trace;
  std::vector<TraceSummary>
      more_traces;  ///< further traces, or threads of one, in the order of the cores and their turns
  ImageSummary image;
  StatSet stats;
  bool partial = false;               ///< the run was stopped before the end of the trace
  std::string version;                ///< of tablewalk
  std::vector<std::string> warnings;  ///< oddities in machine, image or trace that did not prevent the simulation
  std::optional<CheckCounts> checked;
  std::optional<Attribution> attribution;  ///< what caused the walks, if requested
  std::vector<MemorySample> memory;        ///< over time, if the machine looks at it
  nlohmann::ordered_json details;          ///< what a page shows beyond the figures, if requested; else null
  std::optional<SampleSummary> sample;     ///< the figures are estimates
  std::optional<ShardSummary> shards;      ///< the trace was split
  CostSummary cost{false, "no machine with free translation was simulated", 0};
};

}  // namespace tablewalk

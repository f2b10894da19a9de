#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "stats/attribution.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// Which trace a result was measured on.
struct TraceSummary {
  std::string path;           ///< as the user gave it, printable() (base/text.h)
  std::string format;         ///< champsim, lackey, text, twt
  std::string checksum;       ///< of the records, 16 hexadecimal digits: the same in every format and compression
  std::uint64_t records = 0;  ///< how many were simulated
  /// From which loads addresses come: trace: it says so; none, chained: it does not; empty: not told.
  std::string dependences;
};

/// Whose page tables a run used, if it built none itself.
struct ImageSummary {
  std::string path;    ///< as the user gave it; empty: there was none
  std::string format;  ///< pages, raw
  std::string root;    ///< the root's register, hexadecimal
};

/// What a run under --check has held against the reference walk, the warm-up's too.
struct CheckCounts {
  std::uint64_t translations = 0;
  std::uint64_t walks = 0;
};

/// Whether the cost of translation was measured: by a second run, of the same machine with free translation.
struct CostSummary {
  bool measured = false;
  std::string reason;             ///< why it was not
  std::uint64_t free_cycles = 0;  ///< of the machine with free translation, if measured
};

/// What a run of one machine on one trace gives: all that `result.json` holds, and what was checked on the way.
struct RunResult {
  nlohmann::ordered_json config;  ///< fully resolved: every key with the value it had
  TraceSummary trace;
  std::vector<TraceSummary> more_traces;  ///< further traces, or threads of one, in the order of the cores' turns
  ImageSummary image;
  StatSet stats;
  bool partial = false;               ///< the run was ended before the trace was
  std::string version;                ///< of tablewalk
  std::vector<std::string> warnings;  ///< what is odd in machine, image or trace, and was simulated all the same
  std::optional<CheckCounts> checked;
  std::optional<Attribution> attribution;  ///< who caused the walks, if that was asked
  CostSummary cost{false, "no machine with free translation was simulated", 0};
};

}  // namespace tablewalk

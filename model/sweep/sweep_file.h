#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sweep/expression.h"
#include "system/machine_config.h"

namespace tablewalk {

/// One key of a sweep file with one value, as YAML text, and the line where it is (from 1).
struct KeySetting {
  std::string key;
  std::string value;
  int line = 0;
};

/// The values of one varied key: a list, or an interval to draw from.
struct KeyValues {
  struct Interval {
    double from = 0;
    double to = 0;
    bool whole = false;  ///< only whole numbers, both ends included
    bool log = false;    ///< uniform in the logarithm
  };

  std::string key;
  std::vector<std::string> values;  ///< YAML texts; empty if there is an interval
  std::optional<Interval> interval;
  int line = 0;

  /// The value at `share` of the list or interval; 0 <= share < 1.
  std::string at(double share) const;
};

/// One item of `points`.
struct PointSet {
  enum class Kind { Grid, OneAtATime, List, Random, LatinHypercube };

  Kind kind = Kind::Grid;
  std::vector<KeyValues> keys;                 ///< not of a List
  std::vector<std::vector<KeySetting>> items;  ///< of a List
  std::uint64_t count = 0;                     ///< of Random and LatinHypercube
  int line = 0;
};

/// One trace, or one for each core.
struct SweepTrace {
  std::vector<std::string> paths;  ///< as given
  int line = 0;
  std::string label() const;
};

struct SweepCondition {
  Expression expression;
  int line = 0;
};

/// A file that describes a sweep (docs/sweeps.md).
struct SweepFile {
  std::string path;
  std::string text;
  std::vector<KeySetting> configs;  ///< key `config`; at least one
  std::vector<SweepTrace> traces;   ///< at least one
  std::vector<KeySetting> seeds;    ///< key `seed`; may be empty
  std::vector<KeySetting> settings;
  std::vector<SweepCondition> conditions;
  std::function<bool(const MachineConfig&)> admits;  ///< another condition, not in the file; empty: all machines
  std::vector<std::string> figures;                  ///< empty: the key figures
  std::vector<PointSet> sets;
  std::optional<std::uint64_t> random_seed;
  std::uint64_t warmup = 0;
  std::uint64_t limit = 0;
  std::string sample;  ///< as parse_sample_spec() takes it; empty: whole runs
  std::string shards;  ///< as parse_shards_spec() takes it; empty: traces are not split
  bool cost = true;
  bool check = false;
};

/// `FILE:LINE`, or only the file for what has no line (0).
std::string place_in(const SweepFile& file, int line);

/// The most points of a sweep.
constexpr std::uint64_t most_points_of_sweep = 100000;

/// Throws InputError: one line with file, line, key, what was expected, and the nearest valid name.
SweepFile read_sweep_file(const std::string& path);
/// The same for a text; `path` is for messages.
SweepFile parse_sweep_file(const std::string& path, const std::string& text);

}  // namespace tablewalk

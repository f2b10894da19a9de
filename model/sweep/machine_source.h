#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "sweep/points.h"
#include "sweep/sweep_file.h"
#include "system/machine_config.h"

namespace tablewalk {

/// The machine of one point.
struct PointMachine {
  MachineConfig config;
  nlohmann::ordered_json json;  ///< the same, every key
  std::string problem;          ///< why there is no such machine; else empty
};

/// Makes the machines of a sweep's points. Reads each config once.
class MachineSource {
 public:
  explicit MachineSource(const SweepFile& file) : file_(file) {}

  /// `config`, `seed`: their values, and where; the seed may be empty. Keys `config`, `trace` and `seed` of the choice
  /// are not the machine's. Throws InputError for an unknown key or config or a wrong value; values that do not fit
  /// each other are the point's own problem.
  PointMachine machine(const KeySetting& config, const KeySetting& seed, const PointChoice& choice);

 private:
  const MachineConfig& base(const KeySetting& config, const KeySetting& seed);
  [[noreturn]] void fail_setting(const std::string& problem, const PointChoice& settings) const;

  const SweepFile& file_;
  std::map<std::string, MachineConfig> bases_;
};

/// Keys that a point may set, but that are not a machine's.
bool is_point_key(const std::string& key);

/// The value of a dotted key in a machine's JSON; nullptr if there is none.
const nlohmann::ordered_json* value_of_key(const nlohmann::ordered_json& json, const std::string& key);

/// As text for a table: numbers and texts plain, anything else as JSON.
std::string table_text(const nlohmann::ordered_json& value);

/// A path of a sweep file is relative to the file's folder.
std::string path_beside(const std::string& file, const std::string& path);

}  // namespace tablewalk

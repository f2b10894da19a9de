#include "sweep/machine_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "config/key_search.h"
#include "config/loader.h"
#include "config/printer.h"

namespace tablewalk {
namespace {

namespace fs = std::filesystem;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Sets every key `seed` and `..._seed`.
void set_seeds(ConfigNode& node, const std::string& seed) {
  const bool is_seed = node.name == "seed" || ends_with(node.name, "_seed");
  if (node.kind == ConfigNode::Kind::Value && is_seed) node.assign({{seed, false}});
  for (ConfigNode& child : node.children) set_seeds(child, seed);
}

std::string setting_text(const KeySetting& setting) {
  return setting.key + "=" + setting.value;
}

/// The rest of a loader's message after `--set KEY=VALUE: `, if it begins so.
std::optional<std::string> without_setting(const std::string& problem, const KeySetting& setting) {
  const std::string head = "--set " + setting_text(setting) + ": ";
  if (problem.compare(0, head.size(), head) != 0) return std::nullopt;
  return problem.substr(head.size());
}

}  // namespace

bool is_point_key(const std::string& key) {
  return key == "config" || key == "trace" || key == "seed";
}

const nlohmann::ordered_json* value_of_key(const nlohmann::ordered_json& json, const std::string& key) {
  const nlohmann::ordered_json* value = &json;
  for (const std::string& part : split_key(key)) {
    const bool is_index = !part.empty() && part.size() < 10 &&
                          std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (value->is_array() && is_index && std::stoul(part) < value->size()) {
      value = &value->at(std::stoul(part));
    } else if (value->is_object() && value->contains(part)) {
      value = &value->at(part);
    } else {
      return nullptr;
    }
  }
  return value;
}

std::string table_text(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string path_beside(const std::string& file, const std::string& path) {
  return fs::path(path).is_absolute() ? path : (fs::path(file).parent_path() / path).string();
}

void MachineSource::fail_setting(const std::string& problem, const PointChoice& settings) const {
  for (const KeySetting& setting : settings) {
    const auto rest = without_setting(problem, setting);
    if (rest) throw InputError(fmt::format("{}: {}", place_in(file_, setting.line), *rest));
  }
  throw InputError(problem);
}

const MachineConfig& MachineSource::base(const KeySetting& config, const KeySetting& seed) {
  const std::string key = config.value + "\n" + seed.value;
  const auto known = bases_.find(key);
  if (known != bases_.end()) return known->second;

  const bool is_path = config.value.find('/') != std::string::npos || ends_with(config.value, ".yaml");
  ConfigSource source{is_path ? path_beside(file_.path, config.value) : config.value, {}};
  try {
    if (!source.name.empty()) find_config(source.name);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: config: {}", place_in(file_, config.line), error.what()));
  }
  for (const KeySetting& setting : file_.settings) source.overrides.push_back(setting_text(setting));
  try {
    MachineConfig machine = load_config<MachineConfig>(source);
    if (!seed.value.empty()) {
      ConfigNode root = bind_config(machine);
      set_seeds(root, seed.value);
    }
    return bases_.emplace(key, std::move(machine)).first->second;
  } catch (const InputError& error) {
    fail_setting(error.what(), file_.settings);
  }
}

PointMachine MachineSource::machine(const KeySetting& config, const KeySetting& seed, const PointChoice& choice) {
  PointMachine point;
  point.config = base(config, seed);
  ConfigNode root = bind_config(point.config);
  try {
    for (const KeySetting& setting : choice) {
      if (!is_point_key(setting.key)) apply_override(root, setting_text(setting));
    }
  } catch (const InputError& error) {
    fail_setting(error.what(), choice);
  }
  try {
    check_config(root);
  } catch (const InputError& error) {
    point.problem = error.what();
    const std::string option = "--set ";
    if (point.problem.compare(0, option.size(), option) == 0) point.problem.erase(0, option.size());
  }
  point.json = config_to_json(root);
  return point;
}

}  // namespace tablewalk

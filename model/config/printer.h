#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/binding.h"

namespace tablewalk {

/// The resolved config as YAML that loads back to the same config; with `comments`, each key has its unit and meaning.
std::string config_to_yaml(const ConfigNode& root, bool comments = true);

/// The resolved config as nested JSON; sizes in bytes, durations in cycles.
nlohmann::ordered_json config_to_json(const ConfigNode& root);

/// Documentation of one key.
struct KeyDocument {
  std::string key;      ///< dotted; N stands for the index of a list item
  std::string expects;  ///< "a whole number"
  std::string value;    ///< in the config printed; for a default config, the default
  std::string unit;
  std::string meaning;
};

/// Every key of the config with its value, unit and meaning.
std::vector<KeyDocument> config_keys(const ConfigNode& root);

/// The same three functions for a config struct.
template <class Config>
std::string to_yaml(Config config, bool comments = true) {
  return config_to_yaml(bind_config(config), comments);
}
template <class Config>
nlohmann::ordered_json to_json(Config config) {
  return config_to_json(bind_config(config));
}
template <class Config>
std::vector<KeyDocument> default_keys() {
  Config config{};
  return config_keys(bind_config(config));
}

}  // namespace tablewalk

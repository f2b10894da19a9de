#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/binding.h"
#include "config/presets.h"

namespace tablewalk {

/// The sources of a config, in order of precedence, lowest first: defaults, the file's `extends`, the file, the
/// overrides.
struct ConfigSource {
  std::string name;                    ///< a preset's name or a path; empty: all defaults
  std::vector<std::string> overrides;  ///< `KEY=VALUE`, as given to `--set`
};

/// Fills the config that `root` is bound to, then runs its checks. Throws InputError: one line with file and line (or
/// the `--set` option), dotted key, what was expected, and the nearest valid name.
void load_into(ConfigNode& root, const ConfigSource& source, const std::vector<Preset>& presets = embedded_presets());

/// Applies one `KEY=VALUE` without running checks. Throws InputError.
void apply_override(ConfigNode& root, const std::string& setting);

/// Runs the checks of every struct of the tree; throws InputError for the first problem.
void check_config(ConfigNode& root);

/// The text of a preset or a file, and its name for messages. Throws InputError that names the nearest preset.
Preset find_config(const std::string& name, const std::vector<Preset>& presets = embedded_presets());

/// Loads any config struct that follows schema.h.
template <class Config>
Config load_config(const ConfigSource& source, const std::vector<Preset>& presets = embedded_presets()) {
  Config config{};
  ConfigNode root = bind_config(config);
  load_into(root, source, presets);
  return config;
}

}  // namespace tablewalk

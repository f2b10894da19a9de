#pragma once

#include <string>
#include <vector>

namespace tablewalk {

/// A config built into the program.
struct Preset {
  std::string name;  ///< `skylake`
  std::string file;  ///< for error messages: `configs/skylake.yaml`
  std::string text;  ///< YAML
};

/// All files of configs/, embedded at build time, by name.
const std::vector<Preset>& embedded_presets();

/// The first comment block of a config, without `#`, as one paragraph; empty if there is none.
std::string config_description(const std::string& yaml);

}  // namespace tablewalk

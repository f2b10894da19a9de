#pragma once

#include <string>
#include <vector>

namespace tablewalk {

/// A config that comes with the program.
struct Preset {
  std::string name;  ///< `skylake`
  std::string file;  ///< for error messages: `configs/skylake.yaml`
  std::string text;  ///< YAML
};

/// All files of configs/, embedded when the program was built, by name.
const std::vector<Preset>& embedded_presets();

/// The first block of comments of a config, without its `#`, in one paragraph; empty when there is none.
std::string config_description(const std::string& yaml);

}  // namespace tablewalk

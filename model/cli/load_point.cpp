#include "cli/load_point.h"

#include <algorithm>

#include "base/error.h"

namespace tablewalk {

MachineConfig load_point(const ComparePoint& point) {
  try {
    return load_config<MachineConfig>(point.config);
  } catch (const InputError& error) {
    const std::string text = error.what();
    const auto& overrides = point.config.overrides;
    const bool varied =
        std::any_of(overrides.end() - static_cast<std::ptrdiff_t>(point.varied), overrides.end(),
                    [&](const std::string& setting) { return text.rfind("--set " + setting + ":", 0) == 0; });
    throw InputError(varied ? "--vary" + text.substr(std::string("--set").size()) : text);
  }
}

}  // namespace tablewalk

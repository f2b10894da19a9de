#include "config/presets.h"

#include <sstream>

namespace tablewalk {

std::string config_description(const std::string& yaml) {
  std::istringstream lines(yaml);
  std::string description;
  std::string line;
  while (std::getline(lines, line) && !line.empty() && line.front() == '#') {
    const std::size_t start = line.find_first_not_of("# ");
    if (start == std::string::npos) break;
    if (!description.empty()) description += ' ';
    description += line.substr(start);
  }
  return description;
}

}  // namespace tablewalk

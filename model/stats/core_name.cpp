#include "stats/core_name.h"

#include <charconv>
#include <set>

namespace tablewalk {
namespace {
const std::string core_word = "core";
const std::string core_module = core_word + ".";
}  // namespace

std::string core_prefix(unsigned core) {
  return core_word + std::to_string(core) + ".";
}

std::string prefixed_name(const std::string& prefix, const std::string& name) {
  if (prefix.empty()) return name;
  const bool of_core = name.compare(0, core_module.size(), core_module) == 0;
  return prefix + (of_core ? name.substr(core_module.size()) : name);
}

std::optional<CoreName> core_name(const std::string& name) {
  if (name.compare(0, core_word.size(), core_word) != 0) return std::nullopt;
  const char* const end = name.data() + name.size();
  CoreName split;
  const auto [rest, error] = std::from_chars(name.data() + core_word.size(), end, split.core);
  if (error != std::errc() || rest == end || *rest != '.') return std::nullopt;
  split.rest.assign(rest + 1, end);
  return split;
}

std::vector<unsigned> cores_of(const StatSet& figures) {
  std::set<unsigned> cores;
  for (const StatSet::Figure& figure : figures.figures()) {
    if (const auto split = core_name(figure.name)) cores.insert(split->core);
  }
  return {cores.begin(), cores.end()};
}

}  // namespace tablewalk

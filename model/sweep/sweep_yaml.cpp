#include "sweep/sweep_yaml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {
namespace {

void emit_flow(YAML::Emitter& out, const YAML::Node& node) {
  if (node.IsMap()) {
    out << YAML::Flow << YAML::BeginMap;
    for (const auto& pair : node) {
      out << YAML::Key << pair.first.Scalar() << YAML::Value;
      emit_flow(out, pair.second);
    }
    out << YAML::EndMap;
  } else if (node.IsSequence()) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const YAML::Node& item : node) emit_flow(out, item);
    out << YAML::EndSeq;
  } else if (node.IsScalar()) {
    if (node.Tag() == "!") out << YAML::DoubleQuoted;
    out << node.Scalar();
  } else {
    out << YAML::Null;
  }
}

}  // namespace

void SweepYaml::fail(const YAML::Node& node, const std::string& key, const std::string& problem) const {
  const std::string where = fmt::format("{}:{}", file_, std::max(line(node), 1));
  throw InputError(key.empty() ? fmt::format("{}: {}", where, problem)
                               : fmt::format("{}: {}: {}", where, key, problem));
}

void SweepYaml::each_member(const YAML::Node& node, const std::string& key, const std::vector<std::string>& known,
                            const Member& member) const {
  if (!node.IsMap()) {
    const std::string names = known.empty() ? "KEY: VALUE" : fmt::format("{}", fmt::join(known, ", "));
    fail(node, key, fmt::format("expected a group of keys ({}), not {}", names, kind_of(node)));
  }
  std::map<std::string, int> first_line;
  for (const auto& pair : node) {
    if (!pair.first.IsScalar()) fail(pair.first, key, "expected a key, not " + kind_of(pair.first));
    const std::string name = pair.first.Scalar();
    const auto [seen, fresh] = first_line.emplace(name, line(pair.first));
    if (!fresh) fail(pair.first, name, fmt::format("given twice, first at {}:{}", file_, seen->second));
    if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
      fail(pair.first, name,
           fmt::format("unknown key: expected one of {}{}", fmt::join(known, ", "), did_you_mean(name, known)));
    }
    member(name, pair.first, pair.second);
  }
}

std::vector<YAML::Node> SweepYaml::items(const YAML::Node& node, const std::string& key) const {
  if (node.IsScalar()) return {node};
  if (!node.IsSequence() || node.size() == 0) {
    fail(node, key, fmt::format("expected a list of at least one item, not {}", kind_of(node)));
  }
  return {node.begin(), node.end()};
}

std::string SweepYaml::text(const YAML::Node& node, const std::string& key) const {
  if (!node.IsScalar() || node.Scalar().empty()) fail(node, key, "expected a text, not " + kind_of(node));
  return node.Scalar();
}

bool SweepYaml::boolean(const YAML::Node& node, const std::string& key) const {
  const std::string value = node.IsScalar() ? node.Scalar() : "";
  if (value != "true" && value != "false") fail(node, key, "expected true or false, not " + kind_of(node));
  return value == "true";
}

std::uint64_t SweepYaml::count(const YAML::Node& node, const std::string& key) const {
  // Half of the range, as of options: the sum of two such numbers does not overflow.
  constexpr std::uint64_t most = ~std::uint64_t{0} / 2;
  try {
    if (node.IsScalar() && parse_count(node.Scalar()) <= most) return parse_count(node.Scalar());
  } catch (const InputError&) {
  }
  fail(node, key, "expected a whole number such as 500, 250K or 4M (K is 1000), not " + kind_of(node));
}

std::string SweepYaml::flow_text(const YAML::Node& node) {
  YAML::Emitter out;
  emit_flow(out, node);
  return out.c_str();
}

std::string SweepYaml::kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a group of keys";
  if (node.IsSequence()) return node.size() == 0 ? "an empty list" : "a list";
  if (node.IsScalar()) return fmt::format("'{}'", node.Scalar());
  return "nothing";
}

}  // namespace tablewalk

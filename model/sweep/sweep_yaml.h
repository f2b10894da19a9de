#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tablewalk {

/// Reads the parts of a YAML file with errors that name file, line and key.
class SweepYaml {
 public:
  explicit SweepYaml(std::string file) : file_(std::move(file)) {}

  using Member = std::function<void(const std::string& name, const YAML::Node& key, const YAML::Node& value)>;

  [[noreturn]] void fail(const YAML::Node& node, const std::string& key, const std::string& problem) const;
  /// Calls `member` for each key of a group; a key given twice is an error. `known`: the allowed names; empty: all.
  void each_member(const YAML::Node& node, const std::string& key, const std::vector<std::string>& known,
                   const Member& member) const;
  /// The items of a non-empty list, or a single value as a list of one.
  std::vector<YAML::Node> items(const YAML::Node& node, const std::string& key) const;

  std::string text(const YAML::Node& node, const std::string& key) const;
  bool boolean(const YAML::Node& node, const std::string& key) const;
  /// A count with K, M, G or T as powers of 1000.
  std::uint64_t count(const YAML::Node& node, const std::string& key) const;

  /// The line of a node, from 1.
  static int line(const YAML::Node& node) { return node.Mark().line + 1; }
  /// The node as YAML on one line.
  static std::string flow_text(const YAML::Node& node);
  static std::string kind_of(const YAML::Node& node);

 private:
  std::string file_;
};

}  // namespace tablewalk

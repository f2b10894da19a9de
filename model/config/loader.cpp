#include "config/loader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "config/key_search.h"
#include "config/yaml_text.h"

namespace tablewalk {
namespace {

namespace fs = std::filesystem;

/// A complete config with all comments has 15 thousand.
constexpr std::size_t most_config_bytes = std::size_t{1} << 20;

/// The place where a key is set: a line of a file, or an option.
class Place {
 public:
  static Place of_file(std::string file) { return Place(std::move(file), true); }
  static Place of_option(const std::string& setting) { return Place("--set " + setting, false); }

  std::string of(const YAML::Node& node) const { return of_line(node.Mark().line); }
  /// `line` counts from 0, as in yaml-cpp.
  std::string of_line(int line) const { return has_lines_ ? fmt::format("{}:{}", name_, line + 1) : name_; }

 private:
  Place(std::string name, bool has_lines) : name_(std::move(name)), has_lines_(has_lines) {}

  std::string name_;
  bool has_lines_;
};

[[noreturn]] void fail(const std::string& where, const std::string& key, const std::string& problem) {
  throw InputError(key.empty() ? fmt::format("{}: {}", where, problem)
                               : fmt::format("{}: {}: {}", where, key, problem));
}

std::string kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a group of keys";
  if (node.IsSequence()) return "a list";
  if (node.IsScalar()) return fmt::format("'{}'", node.Scalar());
  return "nothing";
}

ScalarText scalar_text(const YAML::Node& node) {
  return {node.Scalar(), node.Tag() != "?" && !node.Tag().empty()};
}

/// Puts parsed YAML into a tree of keys and records where each key was set.
class Filler {
 public:
  explicit Filler(ConfigNode& root) : root_(root) {}

  void fill(ConfigNode& node, const YAML::Node& yaml, const std::string& key, const Place& place) {
    switch (node.kind) {
      case ConfigNode::Kind::Value:
        fill_value(node, yaml, key, place);
        break;
      case ConfigNode::Kind::Group:
        fill_group(node, yaml, key, place);
        break;
      case ConfigNode::Kind::List:
        fill_list(node, yaml, key, place);
        break;
    }
    node.where = place.of(yaml);
    node.set_order = ++root_.settings;
  }

 private:
  void fill_value(ConfigNode& node, const YAML::Node& yaml, const std::string& key, const Place& place) {
    std::vector<ScalarText> scalars;
    const bool right_shape = node.is_list ? yaml.IsSequence() : yaml.IsScalar();
    if (!right_shape) {
      const std::string expected = node.is_list ? "a list, each " + node.expected : node.expected;
      fail(place.of(yaml), key, fmt::format("expected {}, not {}", expected, kind_of(yaml)));
    }
    if (yaml.IsScalar()) scalars.push_back(scalar_text(yaml));
    if (yaml.IsSequence()) {
      for (const YAML::Node& item : yaml) {
        if (!item.IsScalar()) {
          fail(place.of(item), key, fmt::format("expected each to be {}, not {}", node.expected, kind_of(item)));
        }
        scalars.push_back(scalar_text(item));
      }
    }
    const int bad = node.assign(scalars);
    if (bad < 0) return;
    const ScalarText& wrong = scalars.at(static_cast<std::size_t>(bad));
    const std::string shown =
        wrong.quoted ? fmt::format("the text \"{}\"", wrong.text) : fmt::format("'{}'", wrong.text);
    fail(node.is_list ? place.of(yaml[bad]) : place.of(yaml), key,
         fmt::format("expected {}, not {}{}", node.expected, shown, did_you_mean(wrong.text, node.legal)));
  }

  void fill_group(ConfigNode& node, const YAML::Node& yaml, const std::string& key, const Place& place) {
    if (!yaml.IsMap()) {
      fail(place.of(yaml), key,
           fmt::format("expected a group of keys ({}), not {}", fmt::join(node.child_names(), ", "), kind_of(yaml)));
    }
    std::map<std::string, int> first_line;
    for (const auto& pair : yaml) {
      if (!pair.first.IsScalar()) fail(place.of(pair.first), key, "expected a key, not " + kind_of(pair.first));
      const std::string name = pair.first.Scalar();
      const std::string inner = join_key(key, name);
      const auto [seen, fresh] = first_line.emplace(name, pair.first.Mark().line);
      if (!fresh) fail(place.of(pair.first), inner, "given twice, first at " + place.of_line(seen->second));
      if (key.empty() && name == "extends" && node.child(name) == nullptr) continue;
      ConfigNode* child = node.child(name);
      if (child == nullptr) fail(place.of(pair.first), inner, unknown_key(root_, node, key, name));
      fill(*child, pair.second, inner, place);
    }
  }

  void fill_list(ConfigNode& node, const YAML::Node& yaml, const std::string& key, const Place& place) {
    if (!yaml.IsSequence()) fail(place.of(yaml), key, "expected a list (`- key: value`), not " + kind_of(yaml));
    node.children = node.resize(yaml.size());
    std::size_t i = 0;
    for (const YAML::Node& item : yaml) {
      fill(node.children[i], item, join_key(key, std::to_string(i)), place);
      ++i;
    }
  }

  ConfigNode& root_;
};

/// Reduces yaml-cpp's message, which repeats the position, to one line.
std::string syntax_problem(const YAML::Exception& error) {
  std::string text = error.msg;
  std::replace(text.begin(), text.end(), '\n', ' ');
  return "not readable as YAML: " + text;
}

YAML::Node parse_file(const Preset& file) {
  try {
    return parse_yaml(file.text);
  } catch (const YAML::Exception& error) {
    fail(Place::of_file(file.file).of_line(std::max(error.mark.line, 0)), "", syntax_problem(error));
  }
}

/// A path in `extends` is relative to the folder of the file that contains it.
std::string resolve(const std::string& name, const Preset& from) {
  const bool is_path = name.find('/') != std::string::npos || fs::path(name).extension() == ".yaml";
  return is_path && fs::path(name).is_relative() ? (fs::path(from.file).parent_path() / name).string() : name;
}

/// A canonical name for each config, however its path is written.
std::string identity(const Preset& config) {
  std::error_code failed;
  const fs::path path = fs::canonical(config.file, failed);
  if (failed) return config.file;  // a preset, or a pipe that no longer exists
  const fs::path here = path.lexically_proximate(fs::current_path(failed));
  const bool below = !failed && !here.empty() && *here.begin() != "..";
  return below ? here.string() : path.string();
}

void fill_from_file(ConfigNode& root, const Preset& file, const std::vector<Preset>& presets,
                    std::vector<std::string>& open) {
  const Place place = Place::of_file(file.file);
  const YAML::Node yaml = parse_file(file);
  if (!yaml.IsDefined() || yaml.IsNull()) return;
  const YAML::Node extends = yaml.IsMap() ? yaml["extends"] : YAML::Node();
  if (extends.IsDefined() && !extends.IsNull() && root.child("extends") == nullptr) {
    if (!extends.IsScalar()) fail(place.of(extends), "extends", "expected a preset or a path, not " + kind_of(extends));
    open.push_back(identity(file));
    Preset base;
    try {
      base = find_config(resolve(extends.Scalar(), file), presets);
    } catch (const InputError& error) {
      fail(place.of(extends), "extends", error.what());
    }
    if (std::find(open.begin(), open.end(), identity(base)) != open.end()) {
      fail(place.of(extends), "extends",
           fmt::format("configs extend each other in a circle: {} -> {}", fmt::join(open, " -> "), identity(base)));
    }
    fill_from_file(root, base, presets, open);
  }
  Filler(root).fill(root, yaml, "", place);
}

struct Setting {
  std::string key;
  YAML::Node value;
};

Setting parse_setting(const std::string& setting) {
  const std::string where = "--set " + setting;
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) fail(where, "", "expected KEY=VALUE");
  const std::string key = setting.substr(0, equals);
  const std::string value = setting.substr(equals + 1);
  try {
    return {key, value.empty() ? YAML::Node(std::string()) : parse_yaml(value)};
  } catch (const YAML::Exception& error) {
    fail(where, key, syntax_problem(error));
  }
}

/// The item of `list` with that index.
ConfigNode& list_item(ConfigNode& list, const std::string& index, const std::string& key, const std::string& where) {
  const bool is_number =
      !index.empty() && std::all_of(index.begin(), index.end(), [](char c) { return c >= '0' && c <= '9'; });
  const std::size_t size = list.children.size();
  if (is_number && index.size() < 10 && std::stoul(index) < size) return list.children[std::stoul(index)];
  const std::string range = size == 0 ? "it is empty" : fmt::format("expected an item from 0 to {}", size - 1);
  fail(where, join_key(key, index), fmt::format("the list {} has no such item: {}", key, range));
}

/// The node of a dotted key.
ConfigNode& find_node(ConfigNode& root, const std::string& dotted, const std::string& where) {
  ConfigNode* node = &root;
  std::string key;
  for (const std::string& part : split_key(dotted)) {
    if (node->kind == ConfigNode::Kind::Value) {
      fail(where, dotted, fmt::format("{} is {} and has no keys below it", key, node->is_list ? "a list" : "a value"));
    }
    if (node->kind == ConfigNode::Kind::List) {
      node = &list_item(*node, part, key, where);
    } else {
      ConfigNode* child = node->child(part);
      if (child == nullptr) fail(where, join_key(key, part), unknown_key(root, *node, key, part));
      node = child;
    }
    key = join_key(key, part);
  }
  return *node;
}

/// The node of a subtree that was set last; nullptr if all have their defaults.
const ConfigNode* last_set(const ConfigNode& node) {
  const ConfigNode* last = node.set_order == 0 ? nullptr : &node;
  for (const ConfigNode& child : node.children) {
    const ConfigNode* candidate = last_set(child);
    if (candidate != nullptr && (last == nullptr || candidate->set_order > last->set_order)) last = candidate;
  }
  return last;
}

/// The value below a node that was set last: a group counts as set when its last key was.
const ConfigNode* blame(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::Value) return node.set_order == 0 ? nullptr : &node;
  const ConfigNode* last = nullptr;
  for (const ConfigNode& child : node.children) {
    const ConfigNode* candidate = blame(child);
    if (candidate != nullptr && (last == nullptr || candidate->set_order > last->set_order)) last = candidate;
  }
  return last != nullptr ? last : last_set(node);
}

[[noreturn]] void report_problem(ConfigNode& group, const std::string& group_key, const std::string& key,
                                 const std::string& text) {
  ConfigNode& culprit = key.empty() ? group : find_node(group, key, "a config's check");
  const std::string dotted = join_key(group_key, key);
  if (const ConfigNode* set = blame(culprit)) fail(set->where, dotted, text);
  const ConfigNode* neighbour = blame(group);
  if (neighbour == nullptr) fail("default", dotted, text);
  fail(neighbour->where, dotted, text + fmt::format(" ({} has its default)", dotted));
}

void check_node(ConfigNode& node, const std::string& key) {
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    ConfigNode& child = node.children[i];
    check_node(child, join_key(key, child.name.empty() ? std::to_string(i) : child.name));
  }
  if (!node.check) return;
  node.check(
      [&](const std::string& problem_key, const std::string& text) { report_problem(node, key, problem_key, text); });
}

}  // namespace

Preset find_config(const std::string& name, const std::vector<Preset>& presets) {
  std::vector<std::string> names;
  for (const Preset& preset : presets) {
    if (preset.name == name) return preset;
    names.push_back(preset.name);
  }
  const bool looks_like_path = name.find('/') != std::string::npos || !fs::path(name).extension().empty();
  std::error_code ignored;
  if (looks_like_path || fs::exists(name, ignored)) {
    for (const Preset& preset : presets) {
      if (preset.file == name && !fs::exists(name, ignored)) return preset;
    }
    return {fs::path(name).stem().string(), name, read_text_file(name, most_config_bytes)};
  }
  throw InputError(fmt::format("'{}' is neither a config file nor a preset: presets are {}{}", name,
                               fmt::join(names, ", "), did_you_mean(name, names)));
}

void apply_override(ConfigNode& root, const std::string& setting) {
  const Setting parsed = parse_setting(setting);
  ConfigNode& node = find_node(root, parsed.key, "--set " + setting);
  Filler(root).fill(node, parsed.value, parsed.key, Place::of_option(setting));
}

void check_config(ConfigNode& root) {
  check_node(root, "");
}

void load_into(ConfigNode& root, const ConfigSource& source, const std::vector<Preset>& presets) {
  if (!source.name.empty()) {
    std::vector<std::string> open;
    fill_from_file(root, find_config(source.name, presets), presets, open);
  }
  for (const std::string& setting : source.overrides) apply_override(root, setting);
  check_config(root);
}

}  // namespace tablewalk

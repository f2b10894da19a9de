#include "config/key_search.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace tablewalk {
namespace {

void collect_keys(const ConfigNode& node, const std::string& key, std::vector<std::string>& keys) {
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const ConfigNode& child = node.children[i];
    const std::string inner = join_key(key, child.name.empty() ? std::to_string(i) : child.name);
    keys.push_back(inner);
    collect_keys(child, inner, keys);
  }
}

/// How many groups the keys have in common, from the top.
std::size_t common_groups(const std::string& a, const std::string& b) {
  const std::vector<std::string> of_a = split_key(a);
  const std::vector<std::string> of_b = split_key(b);
  std::size_t common = 0;
  while (common < std::min(of_a.size(), of_b.size()) && of_a[common] == of_b[common]) ++common;
  return common;
}

/// The key of that name elsewhere in the config, the one nearest to the group: `stlb.entries` is likely to mean
/// `stlb.arrays.0.entries`, and not another TLB's.
std::string key_of_name(const std::string& name, const std::string& group_key, const std::vector<std::string>& keys) {
  std::string found;
  for (const std::string& key : keys) {
    if (split_key(key).back() != name) continue;
    if (found.empty() || common_groups(key, group_key) > common_groups(found, group_key)) found = key;
  }
  return found;
}

std::string suggestion(const std::string& key) {
  return fmt::format(" (did you mean '{}'?)", key);
}

}  // namespace

std::string join_key(const std::string& above, const std::string& name) {
  return above.empty() || name.empty() ? above + name : above + "." + name;
}

std::vector<std::string> split_key(const std::string& dotted) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (true) {
    const std::size_t dot = dotted.find('.', start);
    parts.push_back(dotted.substr(start, dot - start));
    if (dot == std::string::npos) return parts;
    start = dot + 1;
  }
}

std::vector<std::string> all_keys(const ConfigNode& root) {
  std::vector<std::string> keys;
  collect_keys(root, "", keys);
  return keys;
}

std::string unknown_key(const ConfigNode& root, const ConfigNode& group, const std::string& group_key,
                        const std::string& name) {
  const std::vector<std::string> siblings = group.child_names();
  std::string text = fmt::format("unknown key: expected one of {}", fmt::join(siblings, ", "));
  if (const std::string near = nearest_name(name, siblings); !near.empty()) {
    return text + suggestion(join_key(group_key, near));
  }
  const std::vector<std::string> keys = all_keys(root);
  if (const std::string elsewhere = key_of_name(name, group_key, keys); !elsewhere.empty()) {
    return text + suggestion(elsewhere);
  }
  return text + did_you_mean(join_key(group_key, name), keys);
}

}  // namespace tablewalk

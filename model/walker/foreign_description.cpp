#include "walker/foreign_description.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "config/binding.h"
#include "config/key_search.h"
#include "config/loader.h"

namespace tablewalk {
namespace {

const ForeignDescription& named(const std::string& name) {
  std::vector<std::string> names;
  for (const ForeignDescription& walker : foreign_walkers()) {
    if (walker.name == name) return walker;
    names.push_back(walker.name);
  }
  throw InputError(fmt::format(
      "walker.foreign: no walker '{}' is built in{}; there are: {}; another is built by adding its description to the "
      "CMake setting TABLEWALK_FOREIGN_WALKERS",
      name, did_you_mean(name, names), names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

InputError wrong_requirement(const std::string& text, const std::string& expected) {
  return InputError(fmt::format("TABLEWALK_FOREIGN_WALKERS: REQUIRES {}: expected {}", text, expected));
}

/// The value of a key below `paging`.
std::string value_of(PagingControls controls, const std::string& key) {
  ConfigNode root = bind_config(controls);
  ConfigNode* node = &root;
  const std::vector<std::string> path = split_key(key);
  for (auto name = path.begin() + 1; name < path.end() && node != nullptr; ++name) {
    node = node->child(*name);
  }
  if (path.front() != "paging" || node == nullptr || node->kind != ConfigNode::Kind::Value) {
    throw wrong_requirement(key, "a control register's key below paging, such as paging.riscv.svadu");
  }
  return node->text().front();
}

}  // namespace

PagingControls as_required(PagingControls controls, const ForeignDescription::Requirement& required) {
  value_of(controls, required.key);  // throws for an unknown key
  ConfigNode root = bind_config(controls);
  try {
    apply_override(root, required.key.substr(required.key.find('.') + 1) + "=" + required.value);
  } catch (const InputError&) {
    throw wrong_requirement(required.key + "=" + required.value, "a valid value of the key");
  }
  return controls;
}

const ForeignDescription& find_foreign_walker(const WalkerConfig& config, const PagingControls& controls,
                                              const PagingMode& mode) {
  const ForeignDescription& walker = named(config.foreign);
  const auto fail = [&](const std::string& what) {
    throw InputError(fmt::format("walker.foreign: the walker '{}' {}", walker.name, what));
  };
  if (std::find(walker.modes.begin(), walker.modes.end(), mode.name()) == walker.modes.end()) {
    fail(fmt::format("does not support paging mode {}; expected {}", mode.name(), fmt::join(walker.modes, ", ")));
  }
  const auto demand = [&](const std::string& key, const std::string& found, const std::string& value) {
    if (found != value) fail(fmt::format("does not support {}={}; expected {}={}", key, found, key, value));
  };
  demand("walker.walkers", std::to_string(config.walkers), std::to_string(walker.variant.slots));
  if (!config.walk_caches.empty()) fail("has no configurable walk caches; expected walker.walk_caches=[]");
  for (const ForeignDescription::Requirement& required : walker.requirements) {
    demand(required.key, value_of(controls, required.key), value_of(as_required(controls, required), required.key));
  }
  return walker;
}

}  // namespace tablewalk

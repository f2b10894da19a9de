#pragma once

#include <string>
#include <vector>

#include "config/binding.h"

namespace tablewalk {

/// `a.b` + `c` = `a.b.c`; an empty `above` adds no dot.
std::string join_key(const std::string& above, const std::string& name);
std::vector<std::string> split_key(const std::string& dotted);

/// Every dotted key of the tree, including groups and lists.
std::vector<std::string> all_keys(const ConfigNode& root);

/// The message for `name`, which is not a key of `group` (at the dotted key `group_key`): the expected keys and the
/// nearest valid one, in the group or else anywhere in the config.
std::string unknown_key(const ConfigNode& root, const ConfigNode& group, const std::string& group_key,
                        const std::string& name);

}  // namespace tablewalk

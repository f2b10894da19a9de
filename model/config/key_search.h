#pragma once

#include <string>
#include <vector>

#include "config/binding.h"

namespace tablewalk {

/// `a.b` + `c` = `a.b.c`; nothing is put before the first.
std::string join_key(const std::string& above, const std::string& name);
std::vector<std::string> split_key(const std::string& dotted);

/// Every dotted key of the tree, groups and lists included.
std::vector<std::string> all_keys(const ConfigNode& root);

/// What to say about `name`, which is no key of `group` (itself at the dotted key `group_key`): what was expected
/// and the nearest right key, here or, failing that, anywhere in the config.
std::string unknown_key(const ConfigNode& root, const ConfigNode& group, const std::string& group_key,
                        const std::string& name);

}  // namespace tablewalk

#pragma once

#include <string>

namespace tablewalk::test {

/// The keys that the check of a config refuses, in its order, with spaces between them.
template <class Config>
std::string refused(const Config& config) {
  std::string keys;
  config.check([&](const std::string& key, const std::string&) { keys += (keys.empty() ? "" : " ") + key; });
  return keys;
}

}  // namespace tablewalk::test

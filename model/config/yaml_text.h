#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

namespace tablewalk {

/// The document that a YAML text holds, a null if it holds none. Throws YAML::Exception, with its place: a text that is
/// no YAML, that has a second document, or that goes on after its document.
YAML::Node parse_yaml(const std::string& text);

}  // namespace tablewalk

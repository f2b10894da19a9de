#include "config/binding.h"

namespace tablewalk {

ConfigNode* ConfigNode::child(std::string_view key) {
  for (ConfigNode& node : children) {
    if (node.name == key) return &node;
  }
  return nullptr;
}

std::vector<std::string> ConfigNode::child_names() const {
  std::vector<std::string> names;
  for (const ConfigNode& node : children) names.push_back(node.name);
  return names;
}

void KeyBinder::freeze(ConfigNode& node) {
  if (node.text) node.text = [texts = node.text()] { return texts; };
  node.assign = nullptr;
  node.check = nullptr;
  node.resize = nullptr;
  for (ConfigNode& child : node.children) freeze(child);
}

}  // namespace tablewalk

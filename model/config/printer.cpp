#include "config/printer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/units.h"
#include "config/key_search.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

bool is_plain(const std::string& text, bool in_flow) {
  static const std::vector<std::string> nulls = {"", "~", "null", "Null", "NULL"};
  if (std::find(nulls.begin(), nulls.end(), text) != nulls.end()) return false;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '/';
  };
  if (!is_word(text.front()) || text.back() == ':') return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_word(c) || c == '-' || c == '+' || c == '@' || c == '=' || c == ':' || (c == ',' && !in_flow);
  });
}

std::string quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string yaml_scalar(const ConfigNode& node, const std::string& text) {
  return node.scalar != ScalarKind::Text || is_plain(text, node.is_list) ? text : quote(text);
}

std::string yaml_value(const ConfigNode& node) {
  std::vector<std::string> texts;
  for (const std::string& text : node.text()) texts.push_back(yaml_scalar(node, text));
  return node.is_list ? fmt::format("[{}]", fmt::join(texts, ", ")) : texts.at(0);
}

/// The key's meaning, and its legal values unless the meaning names them.
std::string meaning_of(const ConfigNode& node) {
  const bool named = std::all_of(node.legal.begin(), node.legal.end(), [&](const std::string& value) {
    return node.meaning.find(value) != std::string::npos;
  });
  if (named) return node.meaning;
  return fmt::format("{}; {} of {}", node.meaning, node.is_list ? "each" : "one", fmt::join(node.legal, ", "));
}

/// Collects lines of YAML and their comments, to align the comments in one column.
class YamlPrinter {
 public:
  explicit YamlPrinter(bool comments) : comments_(comments) {}

  void print_keys(const ConfigNode& group, const std::string& indent, const std::string& first_indent,
                  bool documented) {
    const std::string* prefix = &first_indent;
    for (const ConfigNode& child : group.children) {
      print_key(child, indent, *prefix, documented);
      prefix = &indent;
    }
  }

  std::string text() const {
    std::size_t column = 0;
    for (const Line& line : lines_) {
      if (line.code.size() <= widest_code) column = std::max(column, line.code.size());
    }
    std::string result;
    for (const Line& line : lines_) {
      result +=
          line.comment.empty() || !comments_ ? line.code : fmt::format("{:{}}  # {}", line.code, column, line.comment);
      result += '\n';
    }
    return result;
  }

 private:
  static constexpr std::size_t widest_code = 44;
  struct Line {
    std::string code;
    std::string comment;
  };

  void print_key(const ConfigNode& node, const std::string& indent, const std::string& prefix, bool documented) {
    const std::string head = prefix + node.name + ":";
    const std::string comment = !documented         ? ""
                                : node.unit.empty() ? meaning_of(node)
                                                    : fmt::format("{}: {}", node.unit, meaning_of(node));
    if (node.kind == ConfigNode::Kind::Value) {
      lines_.push_back({head + " " + yaml_value(node), comment});
    } else if (node.children.empty()) {
      lines_.push_back({head + (node.kind == ConfigNode::Kind::List ? " []" : " {}"), comment});
    } else if (node.kind == ConfigNode::Kind::Group) {
      lines_.push_back({head, comment});
      print_keys(node, indent + "  ", indent + "  ", documented);
    } else {
      lines_.push_back({head, comment});
      print_items(node, indent, documented);
    }
  }

  /// Only the first item has comments: the others have the same keys.
  void print_items(const ConfigNode& list, const std::string& indent, bool documented) {
    for (const ConfigNode& item : list.children) {
      print_keys(item, indent + "    ", indent + "  - ", documented);
      documented = false;
    }
  }

  bool comments_;
  std::vector<Line> lines_;
};

ordered_json json_scalar(ScalarKind kind, const std::string& text) {
  switch (kind) {
    case ScalarKind::Boolean:
      return text == "true";
    case ScalarKind::Whole:
      return parse_integer(text);
    case ScalarKind::Bytes:
      return parse_byte_size(text).bytes;
    case ScalarKind::Real: {
      double value = 0;
      Scalar<double>::read({text, false}, value);
      return value;
    }
    case ScalarKind::Text:
      return text;
  }
  return nullptr;
}

std::string count_items(std::size_t count) {
  return count == 1 ? "1 item" : fmt::format("{} items", count);
}

void collect_documents(const ConfigNode& group, const std::string& key, std::vector<KeyDocument>& documents) {
  for (const ConfigNode& child : group.children) {
    const std::string inner = join_key(key, child.name);
    if (child.kind == ConfigNode::Kind::Value) {
      const std::string expects = child.is_list ? "a list, each " + child.expected : child.expected;
      documents.push_back({inner, expects, yaml_value(child), child.unit, child.meaning});
    } else if (child.kind == ConfigNode::Kind::Group) {
      collect_documents(child, inner, documents);
    } else {
      documents.push_back({inner, "a list of groups", count_items(child.children.size()), "", child.meaning});
      ConfigNode fresh;
      fresh.children = child.fresh_keys();
      collect_documents(fresh, join_key(inner, "N"), documents);
    }
  }
}

}  // namespace

std::string config_to_yaml(const ConfigNode& root, bool comments) {
  YamlPrinter printer(comments);
  printer.print_keys(root, "", "", true);
  return printer.text();
}

ordered_json config_to_json(const ConfigNode& root) {
  ordered_json json = root.kind == ConfigNode::Kind::List ? ordered_json::array() : ordered_json::object();
  if (root.kind == ConfigNode::Kind::Value) {
    ordered_json items = ordered_json::array();
    for (const std::string& text : root.text()) items.push_back(json_scalar(root.scalar, text));
    return root.is_list ? items : ordered_json(items.at(0));
  }
  for (const ConfigNode& child : root.children) {
    if (root.kind == ConfigNode::Kind::List) {
      json.push_back(config_to_json(child));
    } else {
      json[child.name] = config_to_json(child);
    }
  }
  return json;
}

std::vector<KeyDocument> config_keys(const ConfigNode& root) {
  std::vector<KeyDocument> documents;
  collect_documents(root, "", documents);
  return documents;
}

}  // namespace tablewalk

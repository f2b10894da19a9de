#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/scalar.h"

namespace tablewalk {

/// `problem(key, text)` of schema.h, with explicit types.
using ProblemSink = std::function<void(const std::string& key, const std::string& text)>;

/// One key of a config, bound to the member it fills. The root is a Group without a name. Nodes point into the struct
/// they are bound to and must not outlive it.
struct ConfigNode {
  enum class Kind { Value, Group, List };

  Kind kind = Kind::Group;
  std::string name;  ///< the key; empty for the root and for list items
  std::string unit;
  std::string meaning;
  std::string where;       ///< what set it: `FILE:LINE` or `--set ...`; empty for a default
  unsigned set_order = 0;  ///< sequence number of the setting; 0 for a default
  unsigned settings = 0;   ///< root only: number of settings so far

  // Value
  ScalarKind scalar = ScalarKind::Text;
  bool is_list = false;            ///< a list of scalars
  std::string expected;            ///< of each scalar: "a whole number"
  std::uint64_t largest = 0;       ///< maximum of a number; 0: the type's maximum
  std::vector<std::string> legal;  ///< the names of an enum; empty otherwise
  std::function<int(const std::vector<ScalarText>&)>
      assign;                                      ///< returns the index of the first bad scalar, -1 if all are valid
  std::function<std::vector<std::string>()> text;  ///< of each scalar

  // Group and List
  std::vector<ConfigNode> children;                            ///< keys of a group, items of a list
  std::function<void(const ProblemSink&)> check;               ///< Group
  std::function<std::vector<ConfigNode>(std::size_t)> resize;  ///< List: replaces the items by that many default ones
  std::function<std::vector<ConfigNode>()> fresh_keys;  ///< List: the keys of a default item, detached; for documents

  ConfigNode* child(std::string_view key);
  std::vector<std::string> child_names() const;
};

namespace detail {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class Config, class = void>
struct HasCheck : std::false_type {};
template <class Config>
struct HasCheck<Config, std::void_t<decltype(std::declval<const Config&>().check(std::declval<const ProblemSink&>()))>>
    : std::true_type {};

template <class T>
void bind_scalar(ConfigNode& node, T& member, BoundedScalar<T> type) {
  node.scalar = Scalar<T>::kind;
  node.expected = type.expected();
  node.largest = type.largest;
  if constexpr (std::is_enum_v<T>) node.legal = Scalar<T>::names();
  node.assign = [&member, type](const std::vector<ScalarText>& in) { return type.read(in.at(0), member) ? -1 : 0; };
  node.text = [&member] { return std::vector<std::string>{Scalar<T>::write(member)}; };
}

template <class T>
void bind_scalars(ConfigNode& node, std::vector<T>& member, BoundedScalar<T> type) {
  node.is_list = true;
  node.scalar = Scalar<T>::kind;
  node.expected = type.expected();
  node.largest = type.largest;
  if constexpr (std::is_enum_v<T>) node.legal = Scalar<T>::names();
  node.assign = [&member, type](const std::vector<ScalarText>& in) {
    std::vector<T> values;
    for (std::size_t i = 0; i < in.size(); ++i) {
      T value{};
      if (!type.read(in[i], value)) return static_cast<int>(i);
      values.push_back(value);
    }
    member = std::move(values);
    return -1;
  };
  node.text = [&member] {
    std::vector<std::string> texts;
    for (const T& value : member) texts.push_back(Scalar<T>::write(value));
    return texts;
  };
}

}  // namespace detail

/// The tree of keys of `config`, bound to it.
template <class Config>
ConfigNode bind_config(Config& config);

/// The `Keys` of schema.h: collects what `describe` declares.
class KeyBinder {
 public:
  template <class T>
  void value(std::string_view key, T& member, std::string_view unit, std::string_view meaning,
             std::uint64_t largest = 0) {
    ConfigNode node;
    node.kind = ConfigNode::Kind::Value;
    name(node, key, unit, meaning);
    if constexpr (detail::IsVector<T>::value) {
      detail::bind_scalars(node, member, BoundedScalar<typename T::value_type>{largest});
    } else {
      detail::bind_scalar(node, member, BoundedScalar<T>{largest});
    }
    nodes_.push_back(std::move(node));
  }

  template <class Config>
  void group(std::string_view key, Config& member, std::string_view meaning) {
    ConfigNode node = bind_config(member);
    name(node, key, "", meaning);
    nodes_.push_back(std::move(node));
  }

  template <class Config>
  void list(std::string_view key, std::vector<Config>& member, std::string_view meaning) {
    ConfigNode node;
    node.kind = ConfigNode::Kind::List;
    name(node, key, "", meaning);
    const auto bind_items = [&member] {
      std::vector<ConfigNode> items;
      for (Config& item : member) items.push_back(bind_config(item));
      return items;
    };
    node.children = bind_items();
    node.resize = [&member, bind_items](std::size_t size) {
      member.assign(size, Config{});
      return bind_items();
    };
    node.fresh_keys = [] {
      // freeze() reads the texts of a detached node while `item` is alive.
      Config item{};
      ConfigNode bound = bind_config(item);
      freeze(bound);
      return std::move(bound.children);
    };
    nodes_.push_back(std::move(node));
  }

  std::vector<ConfigNode> take() { return std::move(nodes_); }

 private:
  static void name(ConfigNode& node, std::string_view key, std::string_view unit, std::string_view meaning) {
    node.name = key;
    node.unit = unit;
    node.meaning = meaning;
  }
  /// Detaches `node` from the struct it was bound to: its values can be read but not set.
  static void freeze(ConfigNode& node);

  std::vector<ConfigNode> nodes_;
};

template <class Config>
ConfigNode bind_config(Config& config) {
  KeyBinder binder;
  config.describe(binder);
  ConfigNode node;
  node.kind = ConfigNode::Kind::Group;
  node.children = binder.take();
  if constexpr (detail::HasCheck<Config>::value) {
    node.check = [&config](const ProblemSink& problem) { const_cast<const Config&>(config).check(problem); };
  }
  return node;
}

}  // namespace tablewalk

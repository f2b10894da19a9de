#include "sweep/expression.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {

struct Expression::Node {
  enum class Kind { Literal, Key, Operator };

  Kind kind = Kind::Literal;
  ExpressionValue literal;
  std::string name;  ///< of the key or operator
  std::vector<std::shared_ptr<const Node>> operands;
};

namespace {

using Node = Expression::Node;
using NodePointer = std::shared_ptr<const Node>;

/// Binary operators by precedence, lowest first. `not` is between `and` and the comparisons.
const std::vector<std::vector<std::string>>& binary_operators() {
  static const std::vector<std::vector<std::string>> levels = {
      {"or"}, {"and"}, {"==", "!=", "<=", ">=", "<", ">"}, {"+", "-"}, {"*", "/", "%"}};
  return levels;
}
constexpr std::size_t comparison_level = 2;
constexpr int deepest = 200;
constexpr std::size_t longest = 2000;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}

std::string kind_of(const ExpressionValue& value) {
  static constexpr std::array names = {"a number", "a text", "a condition"};
  return names[value.index()];
}

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  NodePointer whole() {
    NodePointer node = binary(0);
    skip_spaces();
    if (place_ != text_.size()) fail("an operator or the end");
    return node;
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    const std::string rest = text_.substr(std::min(place_, text_.size()));
    throw InputError(
        fmt::format("expected {}, not {}", expected, rest.empty() ? "the end" : fmt::format("'{}'", rest)));
  }

  void skip_spaces() {
    while (place_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[place_])) != 0) ++place_;
  }

  bool take(const std::string& symbol) {
    skip_spaces();
    if (text_.compare(place_, symbol.size(), symbol) != 0) return false;
    const std::size_t end = place_ + symbol.size();
    if (is_word(symbol.front()) && end < text_.size() && is_word(text_[end])) return false;
    place_ = end;
    return true;
  }

  static NodePointer operation(const std::string& name, std::vector<NodePointer> operands) {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::Operator;
    node->name = name;
    node->operands = std::move(operands);
    return node;
  }

  NodePointer binary(std::size_t level) {
    if (level == comparison_level && take("not")) return operation("not", {nested([&] { return binary(level); })});
    if (level == binary_operators().size()) return operand();
    NodePointer left = binary(level + 1);
    while (true) {
      const std::string* found = nullptr;
      for (const std::string& name : binary_operators()[level]) {
        if (found == nullptr && take(name)) found = &name;
      }
      if (found == nullptr) return left;
      left = operation(*found, {left, binary(level + 1)});
    }
  }

  template <class Parse>
  NodePointer nested(Parse parse) {
    if (++depth_ > deepest) fail(fmt::format("at most {} nested operators", deepest));
    NodePointer node = parse();
    --depth_;
    return node;
  }

  NodePointer operand() {
    if (take("-")) return operation("negate", {nested([&] { return operand(); })});
    if (take("(")) {
      NodePointer inner = nested([&] { return binary(0); });
      if (!take(")")) fail("')'");
      return inner;
    }
    skip_spaces();
    if (place_ == text_.size()) fail("a key, a number or a text in quotes");
    const char first = text_[place_];
    if (first == '"' || first == '\'') return quoted(first);
    if (!is_word(first)) fail("a key, a number or a text in quotes");
    const std::size_t begin = place_;
    while (place_ < text_.size() && is_word(text_[place_])) ++place_;
    return word(text_.substr(begin, place_ - begin), begin);
  }

  NodePointer quoted(char quote) {
    const std::size_t end = text_.find(quote, place_ + 1);
    if (end == std::string::npos) fail("a closing quote");
    auto node = std::make_shared<Node>();
    node->literal = text_.substr(place_ + 1, end - place_ - 1);
    place_ = end + 1;
    return node;
  }

  NodePointer word(const std::string& word, std::size_t begin) {
    auto node = std::make_shared<Node>();
    if (word == "true" || word == "false") {
      node->literal = word == "true";
    } else if (std::isdigit(static_cast<unsigned char>(word.front())) == 0) {
      node->kind = Node::Kind::Key;
      node->name = word;
    } else {
      node->literal = number(word, begin);
    }
    return node;
  }

  double number(const std::string& word, std::size_t begin) {
    double value = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, value);
    if (error == std::errc{} && stop == end) return value;
    try {
      return static_cast<double>(parse_byte_size(word).bytes);
    } catch (const InputError&) {
      place_ = begin;
      fail("a number such as 64, 0.5 or 4K");
    }
  }

  const std::string& text_;
  std::size_t place_ = 0;
  int depth_ = 0;
};

template <class Type>
Type operand_of(const std::string& name, const ExpressionValue& value, const char* expected) {
  if (const Type* typed = std::get_if<Type>(&value)) return *typed;
  throw InputError(fmt::format("'{}' takes {}, not {}", name, expected, kind_of(value)));
}

double arithmetic(const std::string& name, double left, double right) {
  if (name == "+") return left + right;
  if (name == "-") return left - right;
  if (name == "*") return left * right;
  if (right == 0) throw InputError(fmt::format("'{}' by 0", name));
  return name == "/" ? left / right : std::fmod(left, right);
}

template <class Type>
bool compare(const std::string& name, const Type& left, const Type& right) {
  if (name == "==") return left == right;
  if (name == "!=") return left != right;
  if (name == "<=") return left <= right;
  if (name == ">=") return left >= right;
  return name == "<" ? left < right : left > right;
}

ExpressionValue comparison(const std::string& name, const ExpressionValue& left, const ExpressionValue& right) {
  if (left.index() != right.index()) {
    throw InputError(fmt::format("'{}' compares {} with {}", name, kind_of(left), kind_of(right)));
  }
  const bool only_equal = name == "==" || name == "!=";
  if (!only_equal && !std::holds_alternative<double>(left)) {
    throw InputError(fmt::format("'{}' compares numbers, not {}", name, kind_of(left).substr(2) + "s"));
  }
  return std::visit(
      [&](const auto& value) { return compare(name, value, std::get<std::decay_t<decltype(value)>>(right)); }, left);
}

ExpressionValue value_of(const Node& node, const KeyLookup& lookup) {
  if (node.kind == Node::Kind::Literal) return node.literal;
  if (node.kind == Node::Kind::Key) return lookup(node.name);
  const std::string& name = node.name;
  const ExpressionValue first = value_of(*node.operands[0], lookup);
  if (name == "not") return !operand_of<bool>(name, first, "a condition");
  if (name == "negate") return -operand_of<double>("-", first, "a number");
  const auto second = [&] { return value_of(*node.operands[1], lookup); };
  if (name == "and" || name == "or") {
    if (operand_of<bool>(name, first, "conditions") == (name == "or")) return name == "or";
    return operand_of<bool>(name, second(), "conditions");
  }
  const bool compares = name.find_first_of("=<>") != std::string::npos;
  if (compares) return comparison(name, first, second());
  return arithmetic(name, operand_of<double>(name, first, "numbers"), operand_of<double>(name, second(), "numbers"));
}

}  // namespace

Expression::Expression(const std::string& text) : text_(text) {
  if (text.size() > longest) throw InputError(fmt::format("expected at most {} characters", longest));
  root_ = Parser(text_).whole();
}

bool Expression::holds(const KeyLookup& lookup) const {
  const ExpressionValue value = value_of(*root_, lookup);
  if (const bool* condition = std::get_if<bool>(&value)) return *condition;
  throw InputError(fmt::format("expected a condition such as a < b, not {}", kind_of(value)));
}

}  // namespace tablewalk

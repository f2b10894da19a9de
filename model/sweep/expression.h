#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace tablewalk {

/// The value of a key or of a part of an expression.
using ExpressionValue = std::variant<double, std::string, bool>;
/// The value of a key. Throws InputError that names the nearest key.
using KeyLookup = std::function<ExpressionValue(const std::string& key)>;

/// A condition over the keys of a machine, such as `dtlb.arrays.0.entries * 4 <= stlb.arrays.0.entries` or
/// `paging.mode == "flat48" or walker.walkers > 1`: comparisons, `+ - * / %`, `and`, `or`, `not`, parentheses, numbers
/// with binary suffixes (4K), true, false, and texts in quotes.
class Expression {
 public:
  /// Throws InputError that quotes the place of the problem.
  explicit Expression(const std::string& text);

  /// Throws InputError if a key does not exist or values do not fit an operator.
  bool holds(const KeyLookup& lookup) const;
  const std::string& text() const { return text_; }

  struct Node;

 private:
  std::string text_;
  std::shared_ptr<const Node> root_;
};

}  // namespace tablewalk

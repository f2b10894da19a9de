#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tablewalk {

/// A fraction in lowest terms; the denominator is positive.
struct Rational {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;

  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
  bool is_whole() const { return denominator == 1; }
};
/// `3`, `5/2`
std::string to_string(const Rational& value);

/// One measurement: the terms, and what they came to.
struct FitPoint {
  std::vector<std::int64_t> terms;
  std::int64_t value = 0;
};

struct LinearFit {
  std::vector<Rational> coefficients;  ///< one for each term
  double largest_residual = 0;         ///< by amount; 0 if every point lies on it exactly
  bool exact = false;
};

/// The coefficients with which the sum of the squares of `value - coefficients * terms` is least: not rounded. Nothing
/// if the points do not tell the terms apart. For a few terms, and numbers that are small enough for their products.
std::optional<LinearFit> linear_fit(const std::vector<FitPoint>& points);

}  // namespace tablewalk

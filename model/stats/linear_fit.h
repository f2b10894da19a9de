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

/// A measurement: the terms and the measured value.
struct FitPoint {
  std::vector<std::int64_t> terms;
  std::int64_t value = 0;
};

struct LinearFit {
  std::vector<Rational> coefficients;  ///< one per term
  double largest_residual = 0;         ///< absolute; 0 if the fit is exact
  bool exact = false;
};

/// The least-squares coefficients of `value = coefficients * terms`, as exact fractions. Nothing if the points do not
/// determine them. For a few terms, and numbers whose products do not overflow.
std::optional<LinearFit> linear_fit(const std::vector<FitPoint>& points);

}  // namespace tablewalk

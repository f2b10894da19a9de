#include "stats/linear_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tablewalk {
namespace {

using Matrix = std::vector<std::vector<std::int64_t>>;

Matrix without(const Matrix& matrix, std::size_t row, std::size_t column) {
  Matrix rest = matrix;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(row));
  for (auto& line : rest) line.erase(line.begin() + static_cast<std::ptrdiff_t>(column));
  return rest;
}

std::int64_t determinant(const Matrix& matrix) {
  if (matrix.empty()) return 1;
  std::int64_t sum = 0;
  for (std::size_t column = 0; column < matrix.size(); ++column) {
    if (matrix[0][column] == 0) continue;
    const std::int64_t part = matrix[0][column] * determinant(without(matrix, 0, column));
    sum += column % 2 == 0 ? part : -part;
  }
  return sum;
}

Rational fraction(std::int64_t numerator, std::int64_t denominator) {
  const std::int64_t shared = std::gcd(numerator, denominator) * (denominator < 0 ? -1 : 1);
  return {numerator / shared, denominator / shared};
}

}  // namespace

std::string to_string(const Rational& value) {
  const std::string text = std::to_string(value.numerator);
  return value.is_whole() ? text : text + "/" + std::to_string(value.denominator);
}

std::optional<LinearFit> linear_fit(const std::vector<FitPoint>& points) {
  if (points.empty()) return std::nullopt;
  // The normal equations, solved by Cramer's rule.
  const std::size_t terms = points.front().terms.size();
  Matrix left(terms, std::vector<std::int64_t>(terms));
  std::vector<std::int64_t> right(terms);
  for (const FitPoint& point : points) {
    for (std::size_t row = 0; row < terms; ++row) {
      for (std::size_t column = 0; column < terms; ++column) {
        left[row][column] += point.terms[row] * point.terms[column];
      }
      right[row] += point.terms[row] * point.value;
    }
  }
  const std::int64_t whole = determinant(left);
  if (whole == 0) return std::nullopt;
  LinearFit fit;
  std::vector<std::int64_t> numerators;
  for (std::size_t column = 0; column < terms; ++column) {
    Matrix replaced = left;
    for (std::size_t row = 0; row < terms; ++row) replaced[row][column] = right[row];
    numerators.push_back(determinant(replaced));
    fit.coefficients.push_back(fraction(numerators.back(), whole));
  }
  fit.exact = true;
  for (const FitPoint& point : points) {
    std::int64_t residual = point.value * whole;
    for (std::size_t term = 0; term < terms; ++term) residual -= numerators[term] * point.terms[term];
    fit.exact = fit.exact && residual == 0;
    const double amount = std::abs(static_cast<double>(residual) / static_cast<double>(whole));
    fit.largest_residual = std::max(fit.largest_residual, amount);
  }
  return fit;
}

}  // namespace tablewalk

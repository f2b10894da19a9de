#include "stats/stat_set.h"

#include "base/error.h"

namespace tablewalk {

void StatSet::add(Figure figure) {
  if (find(figure.name) != nullptr) throw LawViolation("statistic '" + figure.name + "' is declared twice");
  figures_.push_back(std::move(figure));
}

void StatSet::add(Distribution distribution) {
  for (const Distribution& known : distributions_) {
    if (known.name == distribution.name) throw LawViolation("distribution '" + known.name + "' is declared twice");
  }
  distributions_.push_back(std::move(distribution));
}

void StatSet::count(std::string name, std::uint64_t value, std::string unit, std::string meaning) {
  add(Figure{std::move(name), std::move(unit), std::move(meaning), true, value, 0, false});
}

void StatSet::difference(std::string name, std::uint64_t a, std::uint64_t b, std::string unit, std::string meaning) {
  const std::uint64_t distance = a < b ? b - a : a - b;
  add(Figure{std::move(name), std::move(unit), std::move(meaning), true, distance, 0, a < b});
}

void StatSet::real(std::string name, double value, std::string unit, std::string meaning) {
  add(Figure{std::move(name), std::move(unit), std::move(meaning), false, 0, value, false});
}

void StatSet::per_kilo_instruction(std::string name, std::uint64_t value, std::string unit, std::string meaning) {
  const Figure* instructions = find("core.instructions");
  if (instructions == nullptr) return;
  real(std::move(name), 1000 * ratio(value, instructions->count), std::move(unit), std::move(meaning));
}

void StatSet::distribution(const std::string& name, const Histogram& values, const std::string& unit,
                           const std::string& meaning) {
  real(name + ".mean", values.mean(), unit, meaning + ": mean");
  count(name + ".p50", values.percentile(50), unit, meaning + ": median");
  count(name + ".p95", values.percentile(95), unit, meaning + ": 95th percentile");
  count(name + ".p99", values.percentile(99), unit, meaning + ": 99th percentile");
  count(name + ".max", values.max(), unit, meaning + ": largest");
  add(Distribution{name, unit, meaning, values.nonempty_buckets()});
}

const StatSet::Figure* StatSet::find(std::string_view name) const {
  for (const Figure& figure : figures_) {
    if (figure.name == name) return &figure;
  }
  return nullptr;
}

const StatSet::Figure& StatSet::at(std::string_view name) const {
  if (const Figure* figure = find(name)) return *figure;
  std::vector<std::string> names;
  for (const Figure& figure : figures_) names.push_back(figure.name);
  throw InputError("no statistic '" + std::string(name) + "'" + did_you_mean(name, names));
}

}  // namespace tablewalk

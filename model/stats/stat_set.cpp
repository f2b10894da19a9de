#include "stats/stat_set.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/error.h"
#include "stats/core_name.h"

namespace tablewalk {
namespace {

using Figure = StatSet::Figure;
using Distribution = StatSet::Distribution;

/// Computes the value from the parts.
void evaluate(Figure& figure) {
  const StatSet::Parts& parts = figure.parts;
  const bool negative = parts.plus < parts.minus;
  const std::uint64_t distance = negative ? parts.minus - parts.plus : parts.plus - parts.minus;
  if (figure.whole) {
    figure.count = distance;
    figure.negative = negative;
  } else {
    figure.real = (negative ? -parts.scale : parts.scale) * ratio(distance, parts.over);
  }
}

Figure sum_figure(std::string name, std::string unit, std::string meaning, bool whole, StatSet::Parts parts) {
  Figure figure{std::move(name), std::move(unit), std::move(meaning), whole};
  figure.adding = StatSet::Adding::Sum;
  figure.parts = parts;
  evaluate(figure);
  return figure;
}

/// The figures of `distribution`, computed from its histogram.
std::array<Figure, 5> derived_figures(const Distribution& distribution, const Histogram& values) {
  const auto figure = [&](const char* part, const char* meaning, bool whole, std::uint64_t count, double real) {
    Figure made{
        distribution.name + "." + part, distribution.unit, distribution.meaning + ": " + meaning, whole, count, real};
    made.adding = StatSet::Adding::Derived;
    return made;
  };
  return {figure("mean", "mean", false, 0, values.mean()), figure("p50", "median", true, values.percentile(50), 0),
          figure("p95", "95th percentile", true, values.percentile(95), 0),
          figure("p99", "99th percentile", true, values.percentile(99), 0),
          figure("max", "largest", true, values.max(), 0)};
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw LawViolation("statistic '" + name + "' cannot be added to its namesake: " + why);
}

void add_to(Figure& figure, const Figure& other) {
  const bool alike = figure.whole == other.whole && figure.adding == other.adding && figure.unit == other.unit &&
                     figure.parts.scale == other.parts.scale;
  if (!alike) refuse(figure.name, "their units or kinds differ");
  switch (figure.adding) {
    case StatSet::Adding::Never:
      refuse(figure.name, "it has no parts to add");
    case StatSet::Adding::Sum:
      figure.parts.plus += other.parts.plus;
      figure.parts.minus += other.parts.minus;
      figure.parts.over += other.parts.over;
      evaluate(figure);
      break;
    case StatSet::Adding::Largest:
      figure.count = std::max(figure.count, other.count);
      break;
    case StatSet::Adding::Derived:
      break;
  }
}

/// Calls `both` for each pair of namesakes, and inserts the others of `added` as StatSet::merge() specifies.
template <class Named, class Both>
void merge_lists(std::vector<Named>& list, const std::vector<Named>& added, Both both) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < list.size(); ++i) places.emplace(list[i].name, i);
  std::vector<std::vector<const Named*>> before(list.size() + 1);
  std::vector<const Named*> unknown;
  for (const Named& one : added) {
    const auto place = places.find(one.name);
    if (place == places.end()) {
      unknown.push_back(&one);
      continue;
    }
    both(list[place->second], one);
    std::vector<const Named*>& there = before[place->second];
    there.insert(there.end(), unknown.begin(), unknown.end());
    unknown.clear();
  }
  before.back() = std::move(unknown);
  std::vector<Named> all;
  all.reserve(list.size() + added.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    for (const Named* one : before[i]) all.push_back(*one);
    if (i < list.size()) all.push_back(std::move(list[i]));
  }
  list = std::move(all);
}

}  // namespace

StatSet::Declared StatSet::add(Figure figure) {
  const bool shown = !figure.only_if_any || figure.count != 0;
  const bool added = index_.emplace(figure.name, shown ? figures_.size() : hidden).second;
  if (!added) throw LawViolation("statistic '" + figure.name + "' is declared twice");
  if (shown) {
    figures_.push_back(std::move(figure));
    return Declared(&figures_.back());
  }
  hidden_.push_back({figures_.size(), std::move(figure)});
  return Declared(&hidden_.back().figure);
}

StatSet::DeclaredDistribution& StatSet::DeclaredDistribution::key(const char* part, std::string explanation) {
  Figure& figure = stats_.figures_[stats_.index_.at(distribution_.name + "." + part)];
  figure.key = true;
  figure.explanation = std::move(explanation);
  return *this;
}

void StatSet::add(Distribution distribution) {
  for (const Distribution& known : distributions_) {
    if (known.name == distribution.name) throw LawViolation("distribution '" + known.name + "' is declared twice");
  }
  distributions_.push_back(std::move(distribution));
}

StatSet::Declared StatSet::count(std::string name, std::uint64_t value, std::string unit, std::string meaning) {
  return declare(sum_figure(std::move(name), std::move(unit), std::move(meaning), true, {value}));
}

StatSet::Declared StatSet::count_if_any(std::string name, std::uint64_t value, std::string unit, std::string meaning) {
  Figure figure = sum_figure(std::move(name), std::move(unit), std::move(meaning), true, {value});
  figure.only_if_any = true;
  return declare(std::move(figure));
}

StatSet::Declared StatSet::largest(std::string name, std::uint64_t value, std::string unit, std::string meaning) {
  Figure figure{std::move(name), std::move(unit), std::move(meaning), true, value};
  figure.adding = Adding::Largest;
  return declare(std::move(figure));
}

StatSet::Declared StatSet::difference(std::string name, std::uint64_t a, std::uint64_t b, std::string unit,
                                      std::string meaning) {
  return declare(sum_figure(std::move(name), std::move(unit), std::move(meaning), true, {a, b}));
}

StatSet::Declared StatSet::ratio(std::string name, std::uint64_t numerator, std::uint64_t denominator, std::string unit,
                                 std::string meaning) {
  return ratio_of_difference(std::move(name), numerator, 0, denominator, std::move(unit), std::move(meaning));
}

StatSet::Declared StatSet::ratio_of_difference(std::string name, std::uint64_t a, std::uint64_t b,
                                               std::uint64_t denominator, std::string unit, std::string meaning) {
  return declare(sum_figure(std::move(name), std::move(unit), std::move(meaning), false, {a, b, denominator}));
}

StatSet::Declared StatSet::real(std::string name, double value, std::string unit, std::string meaning) {
  return declare(Figure{std::move(name), std::move(unit), std::move(meaning), false, 0, value});
}

StatSet::Declared StatSet::per_kilo_instruction(std::string name, std::uint64_t value, std::string unit,
                                                std::string meaning) {
  const Figure* instructions = find("core.instructions");
  if (instructions == nullptr) return Declared(nullptr);
  return declare(
      sum_figure(std::move(name), std::move(unit), std::move(meaning), false, {value, 0, instructions->count, 1000}));
}

StatSet::DeclaredDistribution StatSet::distribution(const std::string& name, const Histogram& values,
                                                    const std::string& unit, const std::string& meaning) {
  Distribution distribution{name, unit, meaning, values.nonempty_buckets(), values.extent()};
  distribution.section = section_;
  for (Figure& figure : derived_figures(distribution, values)) declare(std::move(figure));
  add(std::move(distribution));
  return {*this, distributions_.back()};
}

std::vector<Figure> StatSet::declared() const {
  std::vector<Figure> all;
  all.reserve(figures_.size() + hidden_.size());
  auto next = hidden_.begin();
  for (std::size_t i = 0; i <= figures_.size(); ++i) {
    for (; next != hidden_.end() && next->place == i; ++next) all.push_back(next->figure);
    if (i < figures_.size()) all.push_back(figures_[i]);
  }
  return all;
}

StatSet StatSet::prefixed(const std::string& prefix) const {
  StatSet renamed;
  for (Figure& figure : declared()) {
    figure.name = prefixed_name(prefix, figure.name);
    figure.key = figure.key && prefix.empty();
    renamed.add(std::move(figure));
  }
  for (Distribution distribution : distributions_) {
    distribution.name = prefixed_name(prefix, distribution.name);
    renamed.add(std::move(distribution));
  }
  for (Sum sum : sums_) {
    sum.whole = prefixed_name(prefix, sum.whole);
    for (std::string& part : sum.parts) part = prefixed_name(prefix, part);
    renamed.sums_.push_back(std::move(sum));
  }
  return renamed;
}

void StatSet::merge(const StatSet& other) {
  const bool shared = std::any_of(other.index_.begin(), other.index_.end(),
                                  [this](const auto& entry) { return index_.count(entry.first) != 0; });
  if (!shared) return append(other);
  std::vector<Figure> all = declared();
  merge_lists(all, other.declared(), add_to);
  figures_.clear();
  hidden_.clear();
  index_.clear();
  for (Figure& figure : all) add(std::move(figure));
  merge_distributions(other.distributions_);
  for (const Sum& sum : other.sums_) {
    const bool known = std::any_of(sums_.begin(), sums_.end(),
                                   [&](const Sum& mine) { return mine.whole == sum.whole && mine.parts == sum.parts; });
    if (!known) sums_.push_back(sum);
  }
}

/// merge() for sets that share no name: the cost does not depend on the size of this set.
void StatSet::append(const StatSet& other) {
  for (Figure& figure : other.declared()) add(std::move(figure));
  for (const Distribution& distribution : other.distributions_) add(distribution);
  sums_.insert(sums_.end(), other.sums_.begin(), other.sums_.end());
}

void StatSet::merge_distributions(const std::vector<Distribution>& others) {
  merge_lists(distributions_, others, [this](Distribution& mine, const Distribution& added) {
    if (!mine.extent || !added.extent) refuse(mine.name, "it was read from a file");
    Histogram values(mine.buckets, *mine.extent);
    values.add(Histogram(added.buckets, *added.extent));
    mine.buckets = values.nonempty_buckets();
    mine.extent = values.extent();
    for (Figure& figure : derived_figures(mine, values)) {
      Figure& old = figures_[index_.at(figure.name)];
      old.count = figure.count;
      old.real = figure.real;
    }
  });
}

const StatSet::Figure* StatSet::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() || found->second == hidden ? nullptr : &figures_[found->second];
}

const StatSet::Figure& StatSet::at(std::string_view name) const {
  if (const Figure* figure = find(name)) return *figure;
  std::vector<std::string> names;
  for (const Figure& figure : figures_) names.push_back(figure.name);
  throw InputError("no statistic '" + std::string(name) + "'" + did_you_mean(name, names));
}

}  // namespace tablewalk

#include "stats/sample.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace tablewalk {
namespace {

using Figure = StatSet::Figure;

double signed_count(const StatSet::Parts& parts) {
  return static_cast<double>(parts.plus) - static_cast<double>(parts.minus);
}

/// The share of the values in `buckets` up to `value`, as numerator and denominator.
std::pair<double, double> up_to(const std::vector<Histogram::Bucket>& buckets, std::uint64_t value) {
  std::uint64_t below = 0;
  std::uint64_t all = 0;
  for (const Histogram::Bucket& bucket : buckets) {
    all += bucket.count;
    if (bucket.low <= value) below += bucket.count;
  }
  return {static_cast<double>(below), static_cast<double>(all)};
}

void set_whole(Figure& figure, double value) {
  figure.negative = value < 0;
  figure.count = static_cast<std::uint64_t>(std::llround(std::abs(value)));
  figure.negative = figure.negative && figure.count != 0;
}

}  // namespace

std::uint64_t SampleSummary::windows_with_walks() const {
  return static_cast<std::uint64_t>(
      std::count_if(walks_of_window.begin(), walks_of_window.end(), [](std::uint64_t of_one) { return of_one != 0; }));
}

double student_t_975(std::uint64_t degrees_of_freedom) {
  constexpr std::array<double, 5> small = {12.706, 4.303, 3.182, 2.776, 2.571};
  if (degrees_of_freedom == 0) return 0;
  if (degrees_of_freedom <= small.size()) return small[degrees_of_freedom - 1];
  // Expansion about the normal distribution (Abramowitz and Stegun, 26.7.5).
  constexpr double z = 1.959964;
  const auto n = static_cast<double>(degrees_of_freedom);
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  const double z7 = z5 * z * z;
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}

Estimate RatioSums::estimate(double measured) const {
  Estimate result;
  if (b_ == 0) return result;
  result.value = a_ / b_;
  if (windows_ < 2) return result;
  const auto n = static_cast<double>(windows_);
  const double squares = aa_ - 2 * result.value * ab_ + result.value * result.value * bb_;
  const double variance = std::max(0.0, squares) / (n - 1) / n * (1 - measured);
  const double mean = b_ / n;
  result.half = student_t_975(windows_ - 1) * std::sqrt(variance) / mean;
  return result;
}

void SampledFigures::add(const StatSet& window, std::uint64_t records) {
  const std::vector<Figure> declared = window.declared();
  if (figures_.empty()) {
    for (const Figure& figure : declared) {
      figures_.push_back({figure, {}});
      figures_.back().figure.parts = {0, 0, 0, figure.parts.scale};
      figures_.back().figure.count = 0;
    }
    for (const StatSet::Distribution& one : window.distributions()) distributions_.push_back({one, {}, {}, {}});
  }
  if (declared.size() != figures_.size()) throw LawViolation("two windows of a sampled run have different figures");
  records_ += records;
  for (std::size_t i = 0; i < declared.size(); ++i) {
    Sampled& sampled = figures_[i];
    const StatSet::Parts& parts = declared[i].parts;
    sampled.sums.add(signed_count(parts), static_cast<double>(declared[i].whole ? records : parts.over));
    sampled.figure.count = std::max(sampled.figure.count, declared[i].count);
  }
  for (std::size_t i = 0; i < distributions_.size(); ++i) {
    const StatSet::Distribution& one = window.distributions()[i];
    const Histogram values(one.buckets, *one.extent);
    distributions_[i].all.add(values);
    distributions_[i].mean.add(static_cast<double>(values.sum()), static_cast<double>(values.count()));
    distributions_[i].of_window.push_back(one.buckets);
  }
}

StatSet SampledFigures::estimate(const StatSet& at_end, SampleSummary& sample) const {
  sample.measured = records_;
  StatSet figures;
  for (const Sampled& sampled : figures_) estimate_figure(sampled, at_end, sample, figures);
  for (const Values& values : distributions_) estimate_distribution(values, sample, figures);
  return figures;
}

void SampledFigures::estimate_figure(const Sampled& sampled, const StatSet& at_end, SampleSummary& sample,
                                     StatSet& figures) const {
  Figure figure = sampled.figure;
  const double measured = sample.share();
  if (figure.at_end) {
    if (!sample.skips) figures.add(at_end.at(figure.name));
    return;
  }
  figure.parts = {};
  if (figure.adding == StatSet::Adding::Sum) {
    figure.adding = StatSet::Adding::Never;
    Estimate estimate = sampled.sums.estimate(measured);
    const double scale = figure.whole ? static_cast<double>(sample.records) : sampled.figure.parts.scale;
    estimate = {estimate.value * scale, estimate.half * scale};
    figure.real = figure.whole ? 0 : estimate.value;
    if (figure.whole) set_whole(figure, estimate.value);
    sample.intervals[figure.name] = estimate.interval();
    if (figure.name == "walker.walks" && sample.walks) {
      figure.count = *sample.walks;
      sample.intervals.erase(figure.name);
    }
  } else if (figure.adding == StatSet::Adding::Derived) {
    for (const Values& values : distributions_) {
      const std::string& name = values.distribution.name;
      if (figure.name.compare(0, name.size() + 1, name + ".") != 0) continue;
      const std::string part = figure.name.substr(name.size() + 1);
      if (part == "max") {
        figure.count = values.all.max();
      } else if (part == "mean") {
        const Estimate mean = values.mean.estimate(measured);
        figure.real = mean.value;
        sample.intervals[figure.name] = mean.interval();
      } else {
        const double percent = std::stod(part.substr(1));
        figure.count = values.all.percentile(percent);
        sample.intervals[figure.name] = percentile_interval(values, percent, measured);
      }
    }
  }
  figures.add(std::move(figure));
}

/// Woodruff's interval: that of the share of values up to the percentile, read off the distribution.
Interval SampledFigures::percentile_interval(const Values& values, double percent, double measured) {
  const std::uint64_t middle = values.all.percentile(percent);
  RatioSums share;
  for (const std::vector<Histogram::Bucket>& buckets : values.of_window) {
    const auto [below, all] = up_to(buckets, middle);
    share.add(below, all);
  }
  const double half = 100 * share.estimate(measured).half;
  const auto at = [&](double where) {
    return static_cast<double>(values.all.percentile(std::clamp(where, 0.0, 100.0)));
  };
  return {at(percent - half), at(percent + half)};
}

/// The counts are those of the whole trace.
void SampledFigures::estimate_distribution(const Values& values, SampleSummary& sample, StatSet& figures) const {
  StatSet::Distribution scaled = values.distribution;
  const double scale = static_cast<double>(sample.records) / static_cast<double>(records_);
  scaled.buckets = values.all.nonempty_buckets();
  scaled.extent.reset();
  for (Histogram::Bucket& bucket : scaled.buckets) {
    bucket.count =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(static_cast<double>(bucket.count) * scale)));
  }
  figures.add(std::move(scaled));
}

}  // namespace tablewalk

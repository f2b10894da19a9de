#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stats/histogram.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// A confidence interval.
struct Interval {
  double low = 0;
  double high = 0;
};

/// How a sampled run was sampled, and how certain its figures are.
struct SampleSummary {
  std::uint64_t measure = 0;   ///< records of each window
  std::uint64_t warm = 0;      ///< records simulated with timing before each window, not measured
  std::uint64_t every = 0;     ///< records from the start of a window to that of the next one
  std::uint64_t first = 0;     ///< number of the first window's first record, from 0
  std::uint64_t records = 0;   ///< that the estimates are for: those after the warm-up
  std::uint64_t measured = 0;  ///< of them in windows
  bool skips = false;          ///< not every record was executed, so that states at the end are not known
  /// 95 % confidence intervals of the estimated figures. Figures without one are exact, or cannot be estimated: a
  /// maximum is the largest value in the windows.
  std::map<std::string, Interval> intervals;
  std::vector<std::uint64_t> cycles;           ///< of each window
  std::vector<std::uint64_t> walks_of_window;  ///< empty without a walker that counts them
  /// Walks in all of these records, which functional warming counts too; none if some records were skipped.
  std::optional<std::uint64_t> walks;

  static constexpr double confidence = 0.95;
  std::uint64_t windows() const { return cycles.size(); }
  /// The share of the records that is in windows.
  double share() const { return static_cast<double>(measured) / static_cast<double>(records); }
  std::uint64_t windows_with_walks() const;
  /// Fewer windows with a walk say nothing about the cost of the walks that no window met, nor does their spread.
  static constexpr std::uint64_t least_windows_with_walks = 30;
};

/// An estimated value and half the width of its confidence interval.
struct Estimate {
  double value = 0;
  double half = 0;
  Interval interval() const { return {value - half, value + half}; }
};

/// The ratio of two sums over all records of a trace, from the windows' parts of them (Cochran, Sampling Techniques,
/// chapter 6): the sums' ratio in the windows, with the spread of a - ratio * b between the windows.
class RatioSums {
 public:
  void add(double a, double b) {
    ++windows_;
    a_ += a;
    b_ += b;
    aa_ += a * a;
    ab_ += a * b;
    bb_ += b * b;
  }
  /// `measured`: the share of the records that is in windows. With fewer than two windows, or b = 0, the interval has
  /// no width.
  Estimate estimate(double measured) const;

 private:
  std::uint64_t windows_ = 0;
  double a_ = 0;
  double b_ = 0;
  double aa_ = 0;
  double ab_ = 0;
  double bb_ = 0;
};

/// The 97.5th percentile of Student's t distribution.
double student_t_975(std::uint64_t degrees_of_freedom);

/// Estimates the figures of a whole run from those of its windows.
class SampledFigures {
 public:
  /// The figures of one window.
  void add(const StatSet& window, std::uint64_t records);
  /// Writes the intervals to `sample`, whose other members are known. `at_end`: the machine's figures at the end, for
  /// those that describe a state.
  StatSet estimate(const StatSet& at_end, SampleSummary& sample) const;

 private:
  struct Sampled {
    StatSet::Figure figure;  ///< with the sums of its parts
    RatioSums sums;
  };
  struct Values {
    StatSet::Distribution distribution;
    Histogram all;
    RatioSums mean;
    std::vector<std::vector<Histogram::Bucket>> of_window;
  };

  void estimate_figure(const Sampled& sampled, const StatSet& at_end, SampleSummary& sample, StatSet& figures) const;
  static Interval percentile_interval(const Values& values, double percent, double measured);
  void estimate_distribution(const Values& values, SampleSummary& sample, StatSet& figures) const;

  std::vector<Sampled> figures_;
  std::vector<Values> distributions_;
  std::uint64_t records_ = 0;
};

}  // namespace tablewalk

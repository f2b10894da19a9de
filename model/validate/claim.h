#pragma once

#include <functional>
#include <string>
#include <vector>

namespace tablewalk {

/// The publisher of a number.
struct Source {
  std::string name;  ///< short, for a table
  std::string full;  ///< full reference
};

/// The allowed deviation of a measured number.
struct Tolerance {
  enum class Kind { Absolute, Relative, None } kind = Kind::Absolute;
  double value = 0;  ///< in the claim's unit, or relative to the source's value

  static Tolerance exact() { return {}; }
  static Tolerance absolute(double value) { return {Kind::Absolute, value}; }
  static Tolerance share(double value) { return {Kind::Relative, value}; }
  /// Shown but not judged.
  static Tolerance none() { return {Kind::None, 0}; }
};

/// A measurement that is made once and gives figures for one or more claims. Runs in its own process, so it may build a
/// machine. Throws InputError.
struct Measurement {
  std::string name;  ///< for messages
  std::function<std::vector<double>()> run;
};

/// Makes the measurements, `jobs` in parallel, each in its own process, and returns the figures of each. Throws what
/// they throw, and InputError if the program was interrupted, which names `command`.
std::vector<std::vector<double>> measure(const std::vector<Measurement>& measurements, unsigned jobs,
                                         const char* command);

/// A published number, and the figure of ours that it is compared with.
struct Claim {
  std::string group;
  std::string name;  ///< what is measured
  std::string unit;
  Source source;
  double low = 0;   ///< the source's value; for several sources the lowest
  double high = 0;  ///< the highest: any value between them agrees
  Tolerance tolerance;
  std::size_t measurement = 0;  ///< index of the measurement in the list
  std::size_t figure = 0;       ///< index of the figure
};

/// Claims and their shared measurements.
struct ClaimList {
  std::vector<Measurement> measurements;
  std::vector<Claim> claims;

  /// Returns its index.
  std::size_t measure(std::string name, std::function<std::vector<double>()> run) {
    measurements.push_back({std::move(name), std::move(run)});
    return measurements.size() - 1;
  }
};

/// A claim and its measured value.
struct Outcome {
  Claim claim;
  double ours = 0;

  /// 0 between `low` and `high`; else the distance to the nearer one, relative to it if the tolerance is relative.
  double difference() const;
  /// Whether it is within its tolerance; always for a claim without one.
  bool holds() const;
  /// `holds`, `FAILS`, or `no bound`.
  std::string verdict() const;
};

}  // namespace tablewalk

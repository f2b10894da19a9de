#pragma once

#include <functional>
#include <string>
#include <vector>

namespace tablewalk {

/// Who published a number.
struct Source {
  std::string name;  ///< short, for a table
  std::string full;  ///< where to find it
};

/// How far off a measured number may be.
struct Tolerance {
  enum class Kind { Absolute, Relative, None } kind = Kind::Absolute;
  double value = 0;  ///< in the claim's unit, or a share of what the source says

  static Tolerance exact() { return {}; }
  static Tolerance absolute(double value) { return {Kind::Absolute, value}; }
  static Tolerance share(double value) { return {Kind::Relative, value}; }
  /// Shown, and not judged.
  static Tolerance none() { return {Kind::None, 0}; }
};

/// Something that is measured once and gives figures for one or more claims. Runs in a process of its own, so it may
/// build a machine. Throws InputError.
struct Measurement {
  std::string name;  ///< for messages
  std::function<std::vector<double>()> run;
};

/// A number of somebody else, and which of our figures it is compared with.
struct Claim {
  std::string group;
  std::string name;  ///< what is measured
  std::string unit;
  Source source;
  double low = 0;   ///< what the source says; of several sources the lowest
  double high = 0;  ///< and the highest: all between them agrees
  Tolerance tolerance;
  std::size_t measurement = 0;  ///< number of the measurement in the list
  std::size_t figure = 0;       ///< which of its figures
};

/// Claims, and the measurements that they share.
struct ClaimList {
  std::vector<Measurement> measurements;
  std::vector<Claim> claims;

  /// Gives its number.
  std::size_t measure(std::string name, std::function<std::vector<double>()> run) {
    measurements.push_back({std::move(name), std::move(run)});
    return measurements.size() - 1;
  }
};

/// A claim and what was measured.
struct Outcome {
  Claim claim;
  double ours = 0;

  /// 0 between `low` and `high`; else the distance to the nearer one: a share of it if the tolerance is one.
  double difference() const;
  /// Whether it is within its tolerance; a claim without one always is.
  bool holds() const;
  /// `holds`, `FAILS`, or `no bound`.
  std::string verdict() const;
};

}  // namespace tablewalk

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stats/histogram.h"

namespace tablewalk {

/// The figures of a finished run, in the order in which the modules declare them. Each has a flat dotted name,
/// a unit and a meaning. A module declares its figures in one function, `void report(StatSet&) const`:
///
///     stats.count("dtlb.hits", hits, "lookups", "lookups answered by this TLB");
///     stats.real("dtlb.miss_share", ratio(misses, lookups), "share", "misses / lookups");
///     stats.distribution("walker.latency_cycles", latency, "cycles", "from request to answer, per walk");
///
/// A name declared twice is a defect and throws LawViolation.
class StatSet {
 public:
  struct Figure {
    std::string name;
    std::string unit;
    std::string meaning;
    bool whole = true;  ///< `count` holds the value, else `real`
    std::uint64_t count = 0;
    double real = 0;
    bool negative = false;  ///< whole: the value is -count

    double value() const {
      if (!whole) return real;
      return negative ? -static_cast<double>(count) : static_cast<double>(count);
    }
  };
  struct Distribution {
    std::string name;
    std::string unit;
    std::string meaning;
    std::vector<Histogram::Bucket> buckets;
  };

  void count(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// a - b, which may be negative.
  void difference(std::string name, std::uint64_t a, std::uint64_t b, std::string unit, std::string meaning);
  void real(std::string name, double value, std::string unit, std::string meaning);
  /// `value` for each thousand instructions (`core.instructions`, declared before; without it there is no such figure).
  void per_kilo_instruction(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// Adds the figures NAME.mean, .p50, .p95, .p99, .max and the distribution NAME.
  void distribution(const std::string& name, const Histogram& values, const std::string& unit,
                    const std::string& meaning);
  /// What those above end in; for figures that were written to a file and read again.
  void add(Figure figure);
  void add(Distribution distribution);

  void merge(const StatSet& other) {
    for (const Figure& f : other.figures_) {
      bool found = false;
      for (Figure& mine : figures_) {
        if (mine.name != f.name) continue;
        found = true;
        mine.count += f.count;
        mine.real += f.real;
      }
      if (!found) figures_.push_back(f);
    }
  }
  StatSet prefixed(const std::string& prefix) const {
    StatSet s = *this;
    for (Figure& f : s.figures_) f.name = prefix + (f.name.compare(0, 5, "core.") == 0 ? f.name.substr(5) : f.name);
    return s;
  }
  const std::vector<Figure>& figures() const { return figures_; }
  const std::vector<Distribution>& distributions() const { return distributions_; }
  /// The figure of that name; throws InputError that names the nearest one.
  const Figure& at(std::string_view name) const;
  /// nullptr when there is none.
  const Figure* find(std::string_view name) const;

 private:
  std::vector<Figure> figures_;
  std::vector<Distribution> distributions_;
};

/// a / b, and 0 when b is 0.
inline double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
}

}  // namespace tablewalk

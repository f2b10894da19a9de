#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stats/histogram.h"
#include "stats/section.h"

namespace tablewalk {

/// The figures of a finished run, in the order in which the modules declare them. Each has a flat dotted name, a unit
/// and a meaning, which says exactly what was counted. It may have an explanation (a plain sentence for a newcomer),
/// and may be a key figure, which a comparison shows by default. All of that is stated where it is counted: a module
/// declares its figures in one function, `void report(StatSet&) const`:
///
///     stats.count("dtlb.hits", hits, "lookups", "lookups that hit in this TLB");
///     stats.count("walker.walks", walks, "walks", "walks started").key().explain("how often all TLBs missed");
///     stats.ratio("dtlb.miss_share", misses, lookups, "share", "misses / lookups");
///     stats.distribution("walker.latency_cycles", latency, "cycles", "from request to response, per walk");
///
/// It names the report section of the figures, and the sums that hold:
///
///     stats.begin(Section::Tlbs);
///     stats.adds_up("dtlb.lookups", {"dtlb.hits", "dtlb.misses"});
///
/// Figures keep the parts they were computed from, so that the sets of several cores can be added: merge(). Declaring a
/// name twice is a defect and throws LawViolation.
class StatSet {
 public:
  /// How a figure that is in both sets is merged.
  enum class Adding : std::uint8_t {
    Never,    ///< it has no parts to add: a plain real number, or read from a file
    Sum,      ///< its parts are added, and the value is computed from the sums
    Largest,  ///< the larger one is kept
    Derived,  ///< figure of a distribution, computed from the merged histogram
  };
  /// A whole figure is plus - minus; any other is scale * (plus - minus) / over.
  struct Parts {
    std::uint64_t plus = 0;
    std::uint64_t minus = 0;
    std::uint64_t over = 0;
    double scale = 1;
  };
  struct Figure {
    std::string name;
    std::string unit;
    std::string meaning;
    bool whole = true;  ///< the value is in `count`, else in `real`
    std::uint64_t count = 0;
    double real = 0;
    bool negative = false;  ///< whole: the value is -count
    Adding adding = Adding::Never;
    Parts parts = {};
    bool only_if_any = false;  ///< in figures() only if not 0
    std::string explanation = {};
    bool key = false;
    Section section = Section::Other;
    bool at_end = false;    ///< of the state at the end, not of what happened until then
    bool of_trace = false;  ///< depends on the records alone, not on the machine's state or on time

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
    /// What the buckets do not say. Absent if read from a file; then it cannot be merged.
    std::optional<Histogram::Extent> extent = std::nullopt;
    std::string explanation = {};
    Section section = Section::Other;
  };

  /// A law: the figure `whole` is the sum of the figures `parts`; undeclared parts are 0.
  struct Sum {
    std::string whole;
    std::vector<std::string> parts;
  };

  /// A figure just declared; valid until the next declaration.
  class Declared {
   public:
    explicit Declared(Figure* figure) : figure_(figure) {}
    Declared& explain(std::string explanation) {
      if (figure_ != nullptr) figure_->explanation = std::move(explanation);
      return *this;
    }
    Declared& key(bool is_key = true) {
      if (figure_ != nullptr) figure_->key = is_key;
      return *this;
    }
    /// It describes the state at the end: in a sampled run it is no sum over the windows.
    Declared& at_end() {
      if (figure_ != nullptr) figure_->at_end = true;
      return *this;
    }
    /// It depends on the records alone, so that parts of the trace give it exactly.
    Declared& of_trace() {
      if (figure_ != nullptr) figure_->of_trace = true;
      return *this;
    }
    /// Puts it in another section than its neighbours.
    Declared& in(Section section) {
      if (figure_ != nullptr) figure_->section = section;
      return *this;
    }

   private:
    Figure* figure_;  ///< nullptr if it was left out
  };
  /// The same for a distribution.
  class DeclaredDistribution {
   public:
    DeclaredDistribution(StatSet& stats, Distribution& distribution) : stats_(stats), distribution_(distribution) {}
    DeclaredDistribution& explain(std::string explanation) {
      distribution_.explanation = std::move(explanation);
      return *this;
    }
    /// Its figure `part` (mean, p50, p95, p99 or max) is a key figure.
    DeclaredDistribution& key(const char* part, std::string explanation);

   private:
    StatSet& stats_;
    Distribution& distribution_;
  };

  /// Starts a section: figures declared from now on belong to it.
  void begin(Section section) { section_ = section; }
  /// Declares a law of the figures, which holds for single cores and for their sums.
  void adds_up(std::string whole, std::vector<std::string> parts) {
    sums_.push_back({std::move(whole), std::move(parts)});
  }

  Declared count(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// A count that is a figure only if it is not 0. Its place in the order is kept, since it may not be 0 on another
  /// core.
  Declared count_if_any(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// A value for which the machine takes the largest of its modules (such as a path's length), not the sum.
  Declared largest(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// a - b, which may be negative.
  Declared difference(std::string name, std::uint64_t a, std::uint64_t b, std::string unit, std::string meaning);
  /// numerator / denominator, or 0 if the denominator is 0.
  Declared ratio(std::string name, std::uint64_t numerator, std::uint64_t denominator, std::string unit,
                 std::string meaning);
  /// (a - b) / denominator, which may be negative, or 0 if the denominator is 0.
  Declared ratio_of_difference(std::string name, std::uint64_t a, std::uint64_t b, std::uint64_t denominator,
                               std::string unit, std::string meaning);
  /// A value that is not a ratio of counts. It cannot be added: merging two throws LawViolation.
  Declared real(std::string name, double value, std::string unit, std::string meaning);
  /// `value` per thousand instructions (`core.instructions`, declared before; without it there is no such figure).
  Declared per_kilo_instruction(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// Adds the figures NAME.mean, .p50, .p95, .p99, .max and the distribution NAME.
  DeclaredDistribution distribution(const std::string& name, const Histogram& values, const std::string& unit,
                                    const std::string& meaning);
  /// Used by the functions above, and for figures read from a file.
  Declared add(Figure figure);
  void add(Distribution distribution);

  /// The same figures under the names given by prefixed_name() (stats/core_name.h), none of them a key figure.
  StatSet prefixed(const std::string& prefix) const;
  /// Adds the figures of `other` to those of the same name: counts, and both sides of differences and ratios, are
  /// summed, distributions are merged, and derived values follow. A figure missing here is inserted before the next
  /// figure of `other` that this set has, after all others inserted there; at the end if there is none. So sets
  /// declared by the same modules merge in the order of declaration. Throws LawViolation if a figure in both has no
  /// parts to add, or differs in unit or kind.
  void merge(const StatSet& other);

  const std::vector<Figure>& figures() const { return figures_; }
  /// All figures in order, including those not shown because they are 0.
  std::vector<Figure> declared() const;
  const std::vector<Distribution>& distributions() const { return distributions_; }
  const std::vector<Sum>& sums() const { return sums_; }
  /// The figure of that name; throws InputError that names the nearest one.
  const Figure& at(std::string_view name) const;
  /// nullptr if there is none.
  const Figure* find(std::string_view name) const;

 private:
  static constexpr std::size_t hidden = static_cast<std::size_t>(-1);
  /// A figure not shown because it is 0, and the number of shown figures declared before it.
  struct Hidden {
    std::size_t place;
    Figure figure;
  };

  Declared declare(Figure figure) {
    figure.section = section_;
    return add(std::move(figure));
  }
  void append(const StatSet& other);
  void merge_distributions(const std::vector<Distribution>& others);

  std::vector<Figure> figures_;
  std::vector<Hidden> hidden_;
  std::map<std::string, std::size_t, std::less<>> index_;  ///< index in figures_, or `hidden`
  std::vector<Distribution> distributions_;
  std::vector<Sum> sums_;
  Section section_ = Section::Other;  ///< of the next declaration
};

/// a / b, or 0 if b is 0.
inline double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
}

}  // namespace tablewalk

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
/// and a meaning, which says exactly what was counted. It may have an explanation, a plain sentence for a newcomer, and
/// be a key figure, which a comparison shows when nobody selects any. All of that is said where it is counted: a module
/// declares its figures in one function, `void report(StatSet&) const`:
///
///     stats.count("dtlb.hits", hits, "lookups", "lookups answered by this TLB");
///     stats.count("walker.walks", walks, "walks", "walks started").key().explain("how often no TLB knew the page");
///     stats.ratio("dtlb.miss_share", misses, lookups, "share", "misses / lookups");
///     stats.distribution("walker.latency_cycles", latency, "cycles", "from request to answer, per walk");
///
/// It names the section of the report that they belong to, and sums that hold:
///
///     stats.begin(Section::Tlbs);
///     stats.adds_up("dtlb.lookups", {"dtlb.hits", "dtlb.misses"});
///
/// Figures keep what they were made of, so that the sets of several cores can be added: merge(). A name declared twice
/// is a defect and throws LawViolation.
class StatSet {
 public:
  /// What becomes of a figure where two sets have it.
  enum class Adding : std::uint8_t {
    Never,    ///< it has no parts to add: a plain real number, or a figure that was read from a file
    Sum,      ///< its parts are added; the value follows from their sums
    Largest,  ///< the larger one stays
    Derived,  ///< one of the figures of a distribution: they follow from the merged histogram
  };
  /// A whole figure is plus - minus, another one scale * (plus - minus) / over.
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
    bool whole = true;  ///< `count` holds the value, else `real`
    std::uint64_t count = 0;
    double real = 0;
    bool negative = false;  ///< whole: the value is -count
    Adding adding = Adding::Never;
    Parts parts = {};
    bool only_if_any = false;  ///< in figures() only if it is not 0
    std::string explanation = {};
    bool key = false;
    Section section = Section::Other;

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
    /// What the buckets do not tell. Distributions that were read from a file have none, and cannot be merged.
    std::optional<Histogram::Extent> extent = std::nullopt;
    std::string explanation = {};
    Section section = Section::Other;
  };

  /// A law: the figure `whole` is the sum of the figures `parts`, of which those that are not declared are 0.
  struct Sum {
    std::string whole;
    std::vector<std::string> parts;
  };

  /// A figure that was just declared; to be used before the next one is.
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
    /// In another section than its neighbours.
    Declared& in(Section section) {
      if (figure_ != nullptr) figure_->section = section;
      return *this;
    }

   private:
    Figure* figure_;  ///< nullptr if it was left out
  };
  /// The same of a distribution.
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

  /// What is declared from now on belongs to that section.
  void begin(Section section) { section_ = section; }
  /// Declares a law that the figures keep, for sets of single cores and their sums alike.
  void adds_up(std::string whole, std::vector<std::string> parts) {
    sums_.push_back({std::move(whole), std::move(parts)});
  }

  Declared count(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// A count that is a figure only if it is not 0. Its place in the order is kept: it may not be 0 on another core.
  Declared count_if_any(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// A value of which the machine has the largest of its modules' (a path's length), not the sum.
  Declared largest(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// a - b, which may be negative.
  Declared difference(std::string name, std::uint64_t a, std::uint64_t b, std::string unit, std::string meaning);
  /// numerator / denominator, and 0 when that is 0.
  Declared ratio(std::string name, std::uint64_t numerator, std::uint64_t denominator, std::string unit,
                 std::string meaning);
  /// (a - b) / denominator, which may be negative, and 0 when the denominator is 0.
  Declared ratio_of_difference(std::string name, std::uint64_t a, std::uint64_t b, std::uint64_t denominator,
                               std::string unit, std::string meaning);
  /// A value that is no ratio of counts: it cannot be added to another, and merging two throws LawViolation.
  Declared real(std::string name, double value, std::string unit, std::string meaning);
  /// `value` for each thousand instructions (`core.instructions`, declared before; without it there is no such figure).
  Declared per_kilo_instruction(std::string name, std::uint64_t value, std::string unit, std::string meaning);
  /// Adds the figures NAME.mean, .p50, .p95, .p99, .max and the distribution NAME.
  DeclaredDistribution distribution(const std::string& name, const Histogram& values, const std::string& unit,
                                    const std::string& meaning);
  /// What those above end in; for figures that were written to a file and read again.
  Declared add(Figure figure);
  void add(Distribution distribution);

  /// The same figures under the names that prefixed_name() (stats/core_name.h) makes, none of them a key figure.
  StatSet prefixed(const std::string& prefix) const;
  /// Adds the figures of `other` to those of the same name: counts, and both sides of differences and ratios, are
  /// summed, distributions are merged, and the other values follow. A figure that this set lacks is put before the next
  /// figure of `other` that this set has, behind all of its own there; at the end if there is none. So sets that the
  /// same modules declared merge in the order of declaration. Throws LawViolation if a figure of both has no parts
  /// to add, or another unit or kind than its namesake.
  void merge(const StatSet& other);

  const std::vector<Figure>& figures() const { return figures_; }
  const std::vector<Distribution>& distributions() const { return distributions_; }
  const std::vector<Sum>& sums() const { return sums_; }
  /// The figure of that name; throws InputError that names the nearest one.
  const Figure& at(std::string_view name) const;
  /// nullptr when there is none.
  const Figure* find(std::string_view name) const;

 private:
  static constexpr std::size_t hidden = static_cast<std::size_t>(-1);
  /// A figure that is not shown because it is 0, and how many of those shown were declared before it.
  struct Hidden {
    std::size_t place;
    Figure figure;
  };

  Declared declare(Figure figure) {
    figure.section = section_;
    return add(std::move(figure));
  }
  /// All of them in their order, the hidden ones too.
  std::vector<Figure> declared() const;
  void append(const StatSet& other);
  void merge_distributions(const std::vector<Distribution>& others);

  std::vector<Figure> figures_;
  std::vector<Hidden> hidden_;
  std::map<std::string, std::size_t, std::less<>> index_;  ///< place in figures_, or `hidden`
  std::vector<Distribution> distributions_;
  std::vector<Sum> sums_;
  Section section_ = Section::Other;  ///< of what is declared next
};

/// a / b, and 0 when b is 0.
inline double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
}

}  // namespace tablewalk

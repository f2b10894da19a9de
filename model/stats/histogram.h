#pragma once

#include <cstdint>
#include <vector>

namespace tablewalk {

/// Counts of whole-number values (durations in cycles, entry reads). Exact for values below `exact_limit`; above it, a
/// value counts at the lower edge of its bucket, which is 1/64 of the value wide, so that memory is bounded.
class Histogram {
 public:
  static constexpr std::uint64_t exact_limit = 1 << 14;

  /// The values from `low` to `high`, inclusive. Below exact_limit a bucket holds one value: low == high.
  struct Bucket {
    std::uint64_t low;
    std::uint64_t high;
    std::uint64_t count;  ///< never 0
  };
  /// What the buckets do not say about their values.
  struct Extent {
    std::uint64_t sum;
    std::uint64_t max;
  };

  Histogram() = default;
  /// Reconstructs a histogram from its nonempty_buckets() and extent().
  Histogram(const std::vector<Bucket>& buckets, const Extent& extent);

  void add(std::uint64_t value) {
    ++count_;
    sum_ += value;
    if (value > max_) max_ = value;
    const std::size_t bucket = bucket_of(value);
    if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
    ++buckets_[bucket];
  }
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t sum() const { return sum_; }
  std::uint64_t max() const { return max_; }
  Extent extent() const { return {sum_, max_}; }
  /// 0 when empty.
  double mean() const { return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_); }
  /// The smallest recorded value that is not exceeded by at least `percent` of all values (nearest rank); 0 when empty.
  std::uint64_t percentile(double percent) const;

  std::vector<Bucket> nonempty_buckets() const;

 private:
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t low_of(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace tablewalk

#include "stats/histogram.h"

#include <algorithm>
#include <cmath>

#include "base/types.h"

namespace tablewalk {
namespace {
constexpr unsigned exact_bits = 14;
constexpr unsigned sub_bucket_bits = 6;
constexpr std::uint64_t sub_buckets = std::uint64_t{1} << sub_bucket_bits;
static_assert(Histogram::exact_limit == std::uint64_t{1} << exact_bits);
}  // namespace

std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < exact_limit) return static_cast<std::size_t>(value);
  const unsigned magnitude = log2_floor(value);
  const std::uint64_t sub = (value >> (magnitude - sub_bucket_bits)) - sub_buckets;
  return static_cast<std::size_t>(exact_limit + (magnitude - exact_bits) * sub_buckets + sub);
}

std::uint64_t Histogram::low_of(std::size_t bucket) {
  if (bucket < exact_limit) return bucket;
  const std::uint64_t above = bucket - exact_limit;
  const unsigned magnitude = exact_bits + static_cast<unsigned>(above / sub_buckets);
  return (sub_buckets + above % sub_buckets) << (magnitude - sub_bucket_bits);
}

Histogram::Histogram(const std::vector<Bucket>& buckets, const Extent& extent) : sum_(extent.sum), max_(extent.max) {
  if (!buckets.empty()) buckets_.resize(bucket_of(buckets.back().low) + 1);
  for (const Bucket& bucket : buckets) {
    buckets_[bucket_of(bucket.low)] = bucket.count;
    count_ += bucket.count;
  }
}

void Histogram::add(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::uint64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const double exact_rank = std::ceil(percent / 100.0 * static_cast<double>(count_));
  const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(exact_rank));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return low_of(i);
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::nonempty_buckets() const {
  std::vector<Bucket> result;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    // Above the largest bucket, low_of() wraps to 0, which makes the upper edge the largest value.
    if (buckets_[i] != 0) result.push_back({low_of(i), low_of(i + 1) - 1, buckets_[i]});
  }
  return result;
}

}  // namespace tablewalk

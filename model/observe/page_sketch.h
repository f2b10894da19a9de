#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace tablewalk {

/// Estimates how many different numbers were added, in 1 KiB however many there are (HyperLogLog). The standard error
/// is 3 %; small counts are nearly exact. Sketches can be united.
class PageSketch {
 public:
  void add(std::uint64_t number) {
    const std::uint64_t hash = mixed(number);
    const std::uint64_t rest = hash << index_bits | std::uint64_t{1} << (index_bits - 1);
    std::uint8_t& longest = longest_[hash >> (64 - index_bits)];
    longest = std::max(longest, static_cast<std::uint8_t>(__builtin_clzll(rest) + 1));
  }
  void unite(const PageSketch& other) {
    for (std::size_t i = 0; i < buckets; ++i) longest_[i] = std::max(longest_[i], other.longest_[i]);
  }
  std::uint64_t count() const {
    double sum = 0;
    double empty = 0;
    for (const std::uint8_t longest : longest_) {
      sum += std::ldexp(1.0, -longest);
      if (longest == 0) ++empty;
    }
    constexpr double many = buckets;
    const double estimate = 0.7213 / (1 + 1.079 / many) * many * many / sum;
    // Few numbers: the share of empty buckets is more exact.
    const bool few = estimate <= 2.5 * many && empty > 0;
    return static_cast<std::uint64_t>(std::llround(few ? many * std::log(many / empty) : estimate));
  }

 private:
  static constexpr unsigned index_bits = 10;
  static constexpr std::size_t buckets = std::size_t{1} << index_bits;

  static std::uint64_t mixed(std::uint64_t number) {
    number += 0x9e3779b97f4a7c15U;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9U;
    number = (number ^ number >> 27) * 0x94d049bb133111ebU;
    return number ^ number >> 31;
  }

  std::array<std::uint8_t, buckets> longest_{};  ///< by bucket: the longest run of leading zeros, plus 1
};

}  // namespace tablewalk

#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "base/types.h"

namespace tablewalk {

/// Random numbers that are the same on every machine: the standard fixes the engine's output but not its distributions,
/// so those are implemented here.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : engine_(seed) {}

  /// Uniform in [0, bound); bound is not 0.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t mask = bound == 1 ? 0 : low_bits(log2_floor(bound - 1) + 1);
    while (true) {
      const std::uint64_t value = engine_() & mask;
      if (value < bound) return value;
    }
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double share() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

 private:
  std::mt19937_64 engine_;
};

/// Ranks 1..n with probability proportional to rank^-exponent, in constant memory: draws from the continuous density
/// x^-exponent over [1/2, n + 1/2] by inversion, and accepts rank k with the ratio of its bar to the density's area
/// around it. The density is convex, so the area exceeds the bar.
class ZipfSource {
 public:
  ZipfSource(std::uint64_t ranks, double exponent)
      : ranks_(ranks), exponent_(exponent), low_(area(0.5)), high_(area(static_cast<double>(ranks) + 0.5)) {}

  std::uint64_t draw(RandomSource& random) const {
    while (true) {
      const double x = position(low_ + random.share() * (high_ - low_));
      const double rank = std::floor(x + 0.5);
      if (rank < 1.0 || rank > static_cast<double>(ranks_)) continue;
      const double bar = std::pow(rank, -exponent_);
      if (random.share() * (area(rank + 0.5) - area(rank - 0.5)) <= bar) return static_cast<std::uint64_t>(rank);
    }
  }

 private:
  bool is_harmonic() const { return std::abs(exponent_ - 1.0) < 1e-9; }
  /// The integral of x^-exponent, and its inverse.
  double area(double x) const { return is_harmonic() ? std::log(x) : std::pow(x, 1.0 - exponent_) / (1.0 - exponent_); }
  double position(double integral) const {
    return is_harmonic() ? std::exp(integral) : std::pow(integral * (1.0 - exponent_), 1.0 / (1.0 - exponent_));
  }

  std::uint64_t ranks_;
  double exponent_;
  double low_;
  double high_;
};

/// A fixed bijection of [0, n) that separates neighbours: an odd multiplication and a fold over the next power of two,
/// repeated until the result is below n.
class Scatter {
 public:
  explicit Scatter(std::uint64_t elements)
      : elements_(elements), mask_(elements == 1 ? 0 : low_bits(log2_floor(elements - 1) + 1)) {}

  std::uint64_t operator()(std::uint64_t element) const {
    do {
      element = (element * 0x9E3779B97F4A7C15ull + 0x7F4A7C15ull) & mask_;
      element ^= element >> shift();
    } while (element >= elements_);
    return element;
  }

 private:
  unsigned shift() const { return mask_ == 0 ? 1 : (log2_floor(mask_) + 2) / 2; }

  std::uint64_t elements_;
  std::uint64_t mask_;
};

/// A fixed order that visits each of n elements once and then repeats, in constant memory: a linear congruential
/// generator of full period over the next power of two (Hull and Dobell: odd increment, multiplier 1 modulo 4),
/// skipping values from n on.
class ScatteredCycle {
 public:
  ScatteredCycle(std::uint64_t elements, RandomSource& random)
      : elements_(elements),
        mask_(elements == 1 ? 0 : low_bits(log2_floor(elements - 1) + 1)),
        multiplier_((random.below(std::uint64_t{1} << 62) << 3 | 5) & (mask_ | 7)),
        increment_(random.below(std::uint64_t{1} << 62) << 1 | 1),
        at_(random.below(elements)) {}

  std::uint64_t next() {
    do {
      at_ = (at_ * multiplier_ + increment_) & mask_;
    } while (scattered() >= elements_);
    return scattered();
  }

 private:
  /// The low bits of such a generator have short periods; folding the high half onto them is a bijection.
  std::uint64_t scattered() const { return (at_ ^ at_ >> shift()) & mask_; }
  unsigned shift() const { return mask_ == 0 ? 1 : (log2_floor(mask_) + 2) / 2; }

  std::uint64_t elements_;
  std::uint64_t mask_;
  std::uint64_t multiplier_;
  std::uint64_t increment_;
  std::uint64_t at_;
};

}  // namespace tablewalk

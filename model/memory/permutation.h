#pragma once

#include <cstdint>

namespace tablewalk {

/// A seeded pseudo-random permutation of 0 .. size-1 in constant memory: a Feistel network over the next power of two,
/// repeated (cycle walking) while its value is outside the range. The same on every host.
class Permutation {
 public:
  Permutation(std::uint64_t size, std::uint64_t seed);
  std::uint64_t size() const { return size_; }
  /// `index` must be below size(); so is the result.
  std::uint64_t operator()(std::uint64_t index) const;

 private:
  std::uint64_t once(std::uint64_t value) const;

  std::uint64_t size_;
  std::uint64_t seed_;
  unsigned low_width_;   ///< bits of the lower half
  unsigned high_width_;  ///< bits of the upper half
};

}  // namespace tablewalk

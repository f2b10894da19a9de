#include "memory/permutation.h"

#include "base/types.h"

namespace tablewalk {
namespace {

constexpr unsigned rounds = 4;

/// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): every input bit changes about half the output bits.
std::uint64_t scramble(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

}  // namespace

Permutation::Permutation(std::uint64_t size, std::uint64_t seed) : size_(size), seed_(seed) {
  const unsigned bits = size <= 2 ? 2 : log2_floor(size - 1) + 1;
  low_width_ = bits / 2;
  high_width_ = bits - low_width_;
}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
  do {
    index = once(index);
  } while (index >= size_);
  return index;
}

/// Each step changes one half by a function of the other and is invertible for any function, so the whole is a
/// permutation, even with halves of different width.
std::uint64_t Permutation::once(std::uint64_t value) const {
  std::uint64_t low = value & low_bits(low_width_);
  std::uint64_t high = value >> low_width_;
  for (unsigned round = 0; round < rounds; ++round) {
    const std::uint64_t key = scramble(seed_ + std::uint64_t{2} * round + 1);
    low ^= scramble(high ^ key) & low_bits(low_width_);
    high ^= scramble(low + key) & low_bits(high_width_);
  }
  return high << low_width_ | low;
}

}  // namespace tablewalk

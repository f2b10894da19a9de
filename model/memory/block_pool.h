#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tablewalk {

/// Free blocks of power-of-two sizes, each aligned to its size, kept by size; a larger one is split if none of the
/// requested size is left. Addresses are in frames.
class BlockPool {
 public:
  /// Adds the frames from `first` up to, but excluding, `end`, cut into aligned blocks.
  void add(std::uint64_t first, std::uint64_t end);
  /// A block of 2^`order` frames, if there is one.
  std::optional<std::uint64_t> take(unsigned order);
  void give_back(std::uint64_t first, unsigned order) { free_of_order_[order].push_back(first); }

 private:
  static constexpr unsigned orders = 64;
  std::vector<std::vector<std::uint64_t>> free_of_order_ = std::vector<std::vector<std::uint64_t>>(orders);
};

}  // namespace tablewalk

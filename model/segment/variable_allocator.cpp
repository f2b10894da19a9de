#include "segment/variable_allocator.h"

#include <fmt/format.h>

#include <iterator>

#include "base/error.h"

namespace tablewalk {

VariableAllocator::VariableAllocator(std::uint64_t bytes, FitPolicy policy) : policy_(policy) {
  if (bytes != 0) add_free(0, bytes);
}

std::optional<std::uint64_t> VariableAllocator::allocate(std::uint64_t bytes) {
  const auto block = find(bytes);
  if (block == free_.end()) return std::nullopt;
  const auto [address, size] = *block;
  remove_free(block);
  if (size == bytes) {
    ++exact_fits_;
  } else {
    add_free(address + bytes, size - bytes);
  }
  allocated_.emplace(address, bytes);
  rover_ = address + bytes;
  return address;
}

/// The free block to cut the request from.
VariableAllocator::Blocks::iterator VariableAllocator::find(std::uint64_t bytes) {
  if (policy_ == FitPolicy::First) return first_from(free_.begin(), bytes);
  if (policy_ == FitPolicy::Next) {
    const auto begin = free_.lower_bound(rover_);
    const auto found = first_from(begin, bytes);
    if (found != free_.end()) return found;
    for (auto block = free_.begin(); block != begin; ++block) {
      ++examined_;
      if (block->second >= bytes) return block;
    }
    return free_.end();
  }
  examined_ += free_.size();
  const auto fit = by_size_.lower_bound({policy_ == FitPolicy::Best ? bytes : largest_free(), 0});
  return fit == by_size_.end() || fit->first < bytes ? free_.end() : free_.find(fit->second);
}

VariableAllocator::Blocks::iterator VariableAllocator::first_from(Blocks::iterator begin, std::uint64_t bytes) {
  for (; begin != free_.end(); ++begin) {
    ++examined_;
    if (begin->second >= bytes) return begin;
  }
  return begin;
}

void VariableAllocator::release(std::uint64_t address) {
  const auto block = allocated_.find(address);
  if (block == allocated_.end()) throw LawViolation(fmt::format("no block is allocated at {:#x}", address));
  std::uint64_t first = address;
  std::uint64_t end = address + block->second;
  allocated_.erase(block);
  auto after = free_.lower_bound(address);
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == first) {
      first = before->first;
      remove_free(before);
    }
  }
  if (after != free_.end() && after->first == end) {
    end += after->second;
    remove_free(after);
  }
  add_free(first, end - first);
}

double VariableAllocator::external_fragmentation() const {
  if (free_bytes_ == 0) return 0;
  return 1 - static_cast<double>(largest_free()) / static_cast<double>(free_bytes_);
}

void VariableAllocator::add_free(std::uint64_t address, std::uint64_t bytes) {
  free_.emplace(address, bytes);
  by_size_.emplace(bytes, address);
  free_bytes_ += bytes;
}

VariableAllocator::Blocks::iterator VariableAllocator::remove_free(Blocks::iterator block) {
  by_size_.erase({block->second, block->first});
  free_bytes_ -= block->second;
  return free_.erase(block);
}

}  // namespace tablewalk

#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace tablewalk {

/// A growing list of values whose bytes are 0 at first, at stable addresses. The host gives out memory that is zero
/// already, in large blocks, so nothing is written before the value is used. For large values.
template <class Value>
class ZeroedValues {
  static_assert(std::is_trivially_default_constructible_v<Value> && std::is_trivially_destructible_v<Value>);

 public:
  std::size_t size() const { return size_; }
  Value& emplace_back() {
    const std::size_t place = size_ % values_of_block;
    if (place == 0) add_block();
    ++size_;
    return blocks_.back().get()[place];
  }

 private:
  static constexpr std::size_t block_bytes = std::size_t{1} << 18;
  static constexpr std::size_t values_of_block = block_bytes / sizeof(Value);

  struct Free {
    void operator()(Value* values) const { std::free(values); }
  };

  void add_block() {
    auto* values = static_cast<Value*>(std::calloc(values_of_block, sizeof(Value)));
    if (values == nullptr) throw std::bad_alloc();
    blocks_.emplace_back(values);
  }

  std::vector<std::unique_ptr<Value[], Free>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace tablewalk

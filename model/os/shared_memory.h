#pragma once

#include <cstdint>
#include <iterator>
#include <map>

#include "base/error.h"

namespace tablewalk {

/// Anonymous memory that processes share after a fork (mmap with MAP_SHARED and MAP_ANONYMOUS). Each such memory is a
/// range of bytes of one large object; it exists as long as an address space has a region of it.
class SharedMemory {
 public:
  /// A new one with one user: its first byte. Ranges have room to grow, and none begins where another ends.
  std::uint64_t create(std::uint64_t bytes) {
    const std::uint64_t first = next_;
    const std::uint64_t size = bytes / room * room + room;
    if (size < bytes || next_ > ~std::uint64_t{0} - size) {
      throw InputError("shared memory of more than 16 EiB; expected less");
    }
    next_ += size;
    memories_[first] = {next_, 1};
    return first;
  }
  /// The first byte of the one that has this byte.
  std::uint64_t first_of(std::uint64_t byte) const { return std::prev(memories_.upper_bound(byte))->first; }
  std::uint64_t end_of(std::uint64_t first) const { return memories_.at(first).end; }
  bool exists(std::uint64_t byte) const {
    const auto after = memories_.upper_bound(byte);
    return after != memories_.begin() && byte < std::prev(after)->second.end;
  }
  void share(std::uint64_t first) { ++memories_.at(first).users; }
  /// One address space less uses it; true if it was the last.
  bool release(std::uint64_t first) { return --memories_.at(first).users == 0; }
  void remove(std::uint64_t first) { memories_.erase(first); }

 private:
  static constexpr std::uint64_t room = std::uint64_t{1} << 40;
  struct Memory {
    std::uint64_t end = 0;
    std::uint64_t users = 0;
  };
  std::map<std::uint64_t, Memory> memories_;  ///< by first byte
  std::uint64_t next_ = 0;
};

}  // namespace tablewalk

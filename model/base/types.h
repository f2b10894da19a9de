#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>

namespace tablewalk {

/// A 64-bit integer with a distinct type for each meaning, given by `Tag`. Addresses and numbers support offsets (+
/// uint64_t) and differences; they never mix with another Tag.
template <class Tag>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(std::uint64_t value) : value_(value) {}

  constexpr std::uint64_t value() const { return value_; }

  friend constexpr bool operator==(Strong a, Strong b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Strong a, Strong b) { return a.value_ != b.value_; }
  friend constexpr bool operator<(Strong a, Strong b) { return a.value_ < b.value_; }
  friend constexpr bool operator<=(Strong a, Strong b) { return a.value_ <= b.value_; }
  friend constexpr bool operator>(Strong a, Strong b) { return a.value_ > b.value_; }
  friend constexpr bool operator>=(Strong a, Strong b) { return a.value_ >= b.value_; }
  friend constexpr Strong operator+(Strong a, std::uint64_t offset) { return Strong(a.value_ + offset); }
  friend constexpr std::uint64_t operator-(Strong a, Strong b) { return a.value_ - b.value_; }
  constexpr Strong& operator+=(std::uint64_t offset) {
    value_ += offset;
    return *this;
  }

 private:
  std::uint64_t value_ = 0;
};

/// An address used by a program, in bytes.
using VirtualAddress = Strong<struct VirtualAddressTag>;
/// An address on the memory bus, in bytes.
using PhysicalAddress = Strong<struct PhysicalAddressTag>;
/// A physical frame's number: its address divided by the size of the smallest page.
using FrameNumber = Strong<struct FrameNumberTag>;

/// A duration or a point in time, in core clock cycles. Points count from 0 at the start of the run.
class Cycles {
 public:
  constexpr Cycles() = default;
  constexpr explicit Cycles(std::uint64_t count) : count_(count) {}

  constexpr std::uint64_t count() const { return count_; }
  /// A point in time that no run reaches.
  static constexpr Cycles never() { return Cycles(std::numeric_limits<std::uint64_t>::max()); }

  friend constexpr bool operator==(Cycles a, Cycles b) { return a.count_ == b.count_; }
  friend constexpr bool operator!=(Cycles a, Cycles b) { return a.count_ != b.count_; }
  friend constexpr bool operator<(Cycles a, Cycles b) { return a.count_ < b.count_; }
  friend constexpr bool operator<=(Cycles a, Cycles b) { return a.count_ <= b.count_; }
  friend constexpr bool operator>(Cycles a, Cycles b) { return a.count_ > b.count_; }
  friend constexpr bool operator>=(Cycles a, Cycles b) { return a.count_ >= b.count_; }
  friend constexpr Cycles operator+(Cycles a, Cycles b) { return Cycles(a.count_ + b.count_); }
  friend constexpr Cycles operator-(Cycles a, Cycles b) { return Cycles(a.count_ - b.count_); }
  constexpr Cycles& operator+=(Cycles other) {
    count_ += other.count_;
    return *this;
  }
  constexpr Cycles& operator-=(Cycles other) {
    count_ -= other.count_;
    return *this;
  }

 private:
  std::uint64_t count_ = 0;
};

/// An address-space identifier of the hardware (x86 PCID, RISC-V ASID): at most 16 bits.
using AddressSpaceId = std::uint16_t;

/// The kind of an access for permission checks.
enum class AccessKind : std::uint8_t { Fetch, Load, Store };
inline const char* to_string(AccessKind kind) {
  constexpr std::array names = {"fetch", "load", "store"};
  return names[static_cast<unsigned>(kind)];
}

/// A mask of the `bits` lowest bits; 64 gives all ones.
constexpr std::uint64_t low_bits(unsigned bits) {
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

constexpr bool is_power_of_two(std::uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

/// Floor of the binary logarithm; `value` is not 0.
constexpr unsigned log2_floor(std::uint64_t value) {
  unsigned bits = 0;
  while (value >>= 1) ++bits;
  return bits;
}

}  // namespace tablewalk

template <class Tag>
struct std::hash<tablewalk::Strong<Tag>> {
  std::size_t operator()(tablewalk::Strong<Tag> value) const noexcept {
    return std::hash<std::uint64_t>{}(value.value());
  }
};

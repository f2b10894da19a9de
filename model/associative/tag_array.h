#pragma once

#include <cstdint>
#include <vector>

namespace tablewalk {

/// One byte per way and set: a valid bit and seven bits of a hash of the key. Eight ways share a word and are compared
/// at once, so that a search compares few full keys, and a miss usually none.
class TagArray {
 public:
  TagArray(std::uint32_t sets, std::uint32_t ways)
      : words_per_set_(words_of(ways)), ways_(ways), words_(sets * words_per_set_) {}

  /// Host memory of the tags of a set, in bytes.
  static constexpr std::uint64_t bytes_of_set(std::uint64_t ways) { return words_of(ways) * sizeof(std::uint64_t); }

  /// The first valid way with the tag of `key`; `ways` if there is none: then no way holds the key.
  std::uint32_t first(std::uint32_t set, std::uint64_t key) const {
    const std::uint64_t* word = &words_[set * words_per_set_];
    const std::uint64_t tags = wanted(key);
    for (std::size_t i = 0; i < words_per_set_; ++i) {
      const std::uint64_t equal = zero_bytes(word[i] ^ tags);
      if (equal != 0) return first_way(i, equal);
    }
    return ways_;
  }
  /// The first valid way with the tag of `key` for which `is(way)` holds, if no way from `end` on is valid; `ways` if
  /// there is none.
  template <class Is>
  std::uint32_t find_below(std::uint32_t end, std::uint32_t set, std::uint64_t key, Is is) const {
    const std::uint64_t* word = &words_[set * words_per_set_];
    const std::uint64_t tags = wanted(key);
    for (std::size_t i = 0; i < words_of(end); ++i) {
      for (std::uint64_t equal = zero_bytes(word[i] ^ tags); equal != 0; equal &= equal - 1) {
        const std::uint32_t way = first_way(i, equal);
        if (is(way)) return way;
      }
    }
    return ways_;
  }

  /// The first invalid way; `ways` or more if all are valid.
  std::uint32_t first_invalid(std::uint32_t set) const {
    const std::uint64_t* words = &words_[set * words_per_set_];
    for (std::size_t word = 0; word < words_per_set_; ++word) {
      const std::uint64_t invalid = ~words[word] & valid_bits;
      if (invalid != 0) return first_way(word, invalid);  // bytes beyond the last way are never valid
    }
    return ways_;
  }

  void set(std::uint32_t set, std::uint32_t way, std::uint64_t key) {
    byte(set, way) = static_cast<unsigned char>(tag_of(key));
  }
  void clear(std::uint32_t set, std::uint32_t way) { byte(set, way) = 0; }

 private:
  static constexpr std::uint64_t each_byte = 0x0101010101010101ULL;
  static constexpr std::uint64_t valid_bits = 0x80 * each_byte;

  static constexpr std::size_t words_of(std::uint64_t ways) { return (ways + 7) / 8; }
  /// The valid bit, and the highest bits of a product that depend on every bit of the key.
  static std::uint64_t tag_of(std::uint64_t key) { return (key * 0x9E3779B97F4A7C15ULL >> 57) | 0x80; }
  static std::uint64_t wanted(std::uint64_t key) { return tag_of(key) * each_byte; }
  /// Sets the highest bit of each byte that is 0, and possibly of bytes that are 1 above such a byte. Never of a byte
  /// whose highest bit is set, such as an invalid way's difference to a tag.
  static std::uint64_t zero_bytes(std::uint64_t word) { return (word - each_byte) & ~word & valid_bits; }
  static std::uint32_t first_way(std::size_t word, std::uint64_t highest_bits) {
    return static_cast<std::uint32_t>(8 * word) + (static_cast<std::uint32_t>(__builtin_ctzll(highest_bits)) >> 3);
  }

  /// The lowest byte of a word is that of its first way, independent of host byte order.
  unsigned char& byte(std::uint32_t set, std::uint32_t way) {
    constexpr std::uint32_t flip = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 7 : 0;
    return reinterpret_cast<unsigned char*>(&words_[set * words_per_set_])[way ^ flip];
  }

  std::size_t words_per_set_;
  std::uint32_t ways_;
  std::vector<std::uint64_t> words_;
};

}  // namespace tablewalk

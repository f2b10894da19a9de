#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tablewalk {

/// A number of bytes; text may use binary suffixes: 4K, 2M, 1G, 1T (KiB, MiB, GiB, TiB).
struct ByteSize {
  std::uint64_t bytes = 0;
  friend constexpr bool operator==(ByteSize a, ByteSize b) { return a.bytes == b.bytes; }
  friend constexpr bool operator!=(ByteSize a, ByteSize b) { return a.bytes != b.bytes; }
};

/// Parses `4096`, `0x1000`, `4K`, `4KiB`, `2M`, `1G`, `512GiB`, `1T`. Throws InputError that quotes the text.
ByteSize parse_byte_size(std::string_view text);
/// The shortest exact text: `4K`, `1536`, `2M`.
std::string format_byte_size(ByteSize size);
/// For people: `4.0 KiB`, `512 GiB`, `8,832 B`.
std::string humane_byte_size(std::uint64_t bytes);
/// A whole number in decimal or, after 0x, hexadecimal; throws InputError that quotes the text.
std::uint64_t parse_integer(std::string_view text);
/// A count of things (records, cycles): as parse_integer, optionally followed by K, M, G or T, which are powers of
/// 1000, unlike sizes: `250K` records are 250,000. Throws InputError that quotes the text.
std::uint64_t parse_count(std::string_view text);

}  // namespace tablewalk

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tablewalk {

/// A message in the wire format of protocol buffers, as far as the timeline needs it.
class ProtobufMessage {
 public:
  void whole(unsigned field, std::uint64_t value) {
    varint(std::uint64_t{field} << 3U | Varint);
    varint(value);
  }
  void fixed64(unsigned field, std::uint64_t value) {
    varint(std::uint64_t{field} << 3U | Fixed64);
    for (unsigned byte = 0; byte < sizeof(value); ++byte) bytes_ += static_cast<char>(value >> 8 * byte & 0xff);
  }
  void text(unsigned field, std::string_view value) {
    varint(std::uint64_t{field} << 3U | Bytes);
    varint(value.size());
    bytes_ += value;
  }
  void message(unsigned field, const ProtobufMessage& value) { text(field, value.bytes_); }

  const std::string& bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

 private:
  enum WireType : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2 };

  /// Seven bits per byte, lowest first; all but the last byte have the top bit set.
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace tablewalk

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trace/record.h"
#include "trace/twt_predictor.h"

namespace tablewalk {

/// The bits of a code byte; a block has one per record. Part of the native format.
namespace twt_code {
constexpr unsigned guess_mask = 0x03;  ///< a Guess, if the address is not explicit
constexpr unsigned explicit_address = 0x04;
constexpr unsigned from_last_here =
    0x08;  ///< the explicit difference is relative to the entry's address, not to the reference
constexpr unsigned explicit_shape = 0x80;
constexpr unsigned length_shift = 4;  ///< bits 4..6: bytes of the explicit difference, minus one
constexpr unsigned length_mask = 0x07;
}  // namespace twt_code

/// Shapes already seen in a block, which operands reference by number. Further ones are stored in full each time.
constexpr std::size_t max_known_shapes = 4096;

/// Encodes the records of a block into code bytes and operand bytes, one record at a time.
class TwtEncoder {
 public:
  explicit TwtEncoder(std::size_t max_records);

  void start_block();
  void encode(const Record* records, std::size_t count);

  std::size_t records() const { return records_; }
  std::string_view codes() const { return {reinterpret_cast<const char*>(codes_.get()), records_}; }
  std::string_view operands() const {
    return {reinterpret_cast<const char*>(operands_.get()), static_cast<std::size_t>(next_operand_ - operands_.get())};
  }

 private:
  struct KnownShape {
    std::uint64_t shape = 0;  // invalid: its size is 0
    std::uint16_t number = 0;
  };

  unsigned put_address(const TwtPredictor::Entry& entry, std::uint64_t reference, std::uint64_t address);
  void put_shape(std::uint64_t shape);
  void put_new_shape(KnownShape& recent, std::uint64_t shape);

  TwtPredictor predictor_;
  std::unordered_map<std::uint64_t, std::uint16_t> known_shapes_;
  std::array<KnownShape, 256> recent_shapes_{};  // cache for the map, by hash of the shape
  std::unique_ptr<std::uint8_t[]> codes_;
  std::unique_ptr<std::uint8_t[]> operands_;
  std::uint8_t* next_operand_ = nullptr;
  std::size_t records_ = 0;
};

/// Decodes the bytes of a block into records, in any number of steps.
class TwtDecoder {
 public:
  explicit TwtDecoder(TwtPredictor::Memory memory = TwtPredictor::Memory::Fast) : predictor_(memory) {}

  /// `codes` and `operands` must stay valid until the block is done; `operands_padding` bytes after the operands must
  /// be readable.
  void start_block(std::string_view codes, std::string_view operands);
  /// Continues the block with these bytes, which replace the remaining ones.
  void go_on(std::string_view codes, std::string_view operands);

  /// Whether records may have a distance: not in version 1 of the format.
  void allow_distances(bool allowed) { distances_allowed_ = allowed; }

  /// Decodes the next `count` records of the block. False if the bytes are invalid: an operand beyond the end, an
  /// unknown shape, an invalid access.
  bool decode(Record* records, std::size_t count);

  std::size_t records_left() const { return static_cast<std::size_t>(codes_end_ - next_code_); }
  /// 0 after the last record of a valid block.
  std::size_t operands_left() const { return static_cast<std::size_t>(operands_end_ - next_operand_); }

  static constexpr std::size_t operands_padding = 32;

 private:
  template <TwtPredictor::Memory Size>
  bool decode_with(Record* records, std::size_t count);
  bool take_shape(std::uint64_t& shape);
  bool take_explicit(unsigned code, TwtPredictor::Entry& entry, Record& record);
  bool take_address(unsigned code, TwtPredictor::Entry& entry, std::uint64_t reference, std::uint64_t& address);

  bool distances_allowed_ = false;
  TwtPredictor predictor_;
  std::vector<std::uint64_t> known_shapes_;
  const std::uint8_t* next_code_ = nullptr;
  const std::uint8_t* codes_end_ = nullptr;
  const std::uint8_t* next_operand_ = nullptr;
  const std::uint8_t* operands_end_ = nullptr;
};

/// Maximum operand bytes of one record: a number, a full shape, and a full address difference.
constexpr std::size_t max_operand_bytes = 2 + 8 + 8;

}  // namespace tablewalk

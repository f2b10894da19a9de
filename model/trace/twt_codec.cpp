#include "trace/twt_codec.h"

#include <cstring>

#include "trace/record_check.h"

namespace tablewalk {
namespace {

/// Maps signed differences near zero to small numbers: 0, -1, 1, -2, ...
std::uint64_t zigzag(std::uint64_t difference) {
  return difference << 1 ^ (0 - (difference >> 63));
}
std::uint64_t unzigzag(std::uint64_t value) {
  return value >> 1 ^ (0 - (value & 1));
}

unsigned bytes_needed(std::uint64_t value) {
  return value == 0 ? 1 : (64 - static_cast<unsigned>(__builtin_clzll(value)) + 7) / 8;
}

std::uint64_t load_word(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

bool is_possible_shape(std::uint64_t shape) {
  if (kind_in_shape(shape) >= record_kinds) return false;
  Record record;
  record.size = size_in_shape(shape);
  record.distance = distance_in_shape(shape);
  record.kind = static_cast<RecordKind>(kind_in_shape(shape));
  record.privilege = static_cast<Privilege>(privilege_in_shape(shape));
  record.asid = asid_in_shape(shape);
  return is_possible_record(record);
}

void put_record(Record& record, std::uint64_t address, std::uint64_t shape) {
  const std::uint64_t words[2] = {address, shape};
  std::memcpy(static_cast<void*>(&record), words, sizeof(record));
}

}  // namespace

TwtEncoder::TwtEncoder(std::size_t max_records)
    : codes_(new std::uint8_t[max_records]), operands_(new std::uint8_t[max_records * max_operand_bytes + 8]) {
  start_block();
}

void TwtEncoder::start_block() {
  predictor_.reset();
  known_shapes_.clear();
  recent_shapes_.fill({});
  next_operand_ = operands_.get();
  records_ = 0;
}

void TwtEncoder::encode(const Record* records, std::size_t count) {
  std::uint8_t* code_out = codes_.get() + records_;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t address = records[i].address.value();
    const std::uint64_t shape = shape_of(records[i]);
    TwtPredictor::Entry& entry = predictor_.here();
    const std::uint64_t reference = predictor_.reference(shape);
    unsigned code = 0;
    if (entry.shape != shape) {
      code = twt_code::explicit_shape;
      put_shape(shape);
    }
    if (TwtPredictor::guess(entry, reference, entry.favourite) != address) {
      code |= put_address(entry, reference, address);
      if ((code & twt_code::explicit_address) == 0) entry.favourite = code & twt_code::guess_mask;
    }
    *code_out++ = static_cast<std::uint8_t>(code);
    predictor_.learn(entry, shape, address);
  }
  records_ += count;
}

/// The code of an address that the favourite guess missed: another guess, or a difference to the nearer base.
unsigned TwtEncoder::put_address(const TwtPredictor::Entry& entry, std::uint64_t reference, std::uint64_t address) {
  for (const Guess how : {Guess::Relative, Guess::Repeat, Guess::Stride}) {
    const auto number = static_cast<std::uint32_t>(how);
    if (TwtPredictor::guess(entry, reference, number) == address) return number;
  }
  const std::uint64_t to_reference = zigzag(address - reference);
  const std::uint64_t to_last_here = zigzag(address - entry.address);
  const bool last_here_is_nearer = to_last_here < to_reference;
  const std::uint64_t difference = last_here_is_nearer ? to_last_here : to_reference;
  const unsigned length = bytes_needed(difference);
  std::memcpy(next_operand_, &difference, sizeof(difference));
  next_operand_ += length;
  return twt_code::explicit_address | (last_here_is_nearer ? twt_code::from_last_here : 0) |
         (length - 1) << twt_code::length_shift;
}

void TwtEncoder::put_shape(std::uint64_t shape) {
  KnownShape& recent = recent_shapes_[(shape * 0x9E3779B97F4A7C15ull) >> 56];
  const auto known = recent.shape == shape ? known_shapes_.end() : known_shapes_.find(shape);
  if (recent.shape != shape && known == known_shapes_.end()) {
    put_new_shape(recent, shape);
    return;
  }
  if (recent.shape != shape) recent = {shape, known->second};
  std::memcpy(next_operand_, &recent.number, sizeof(recent.number));
  next_operand_ += sizeof(recent.number);
}

/// A shape new in this block: the next number, and the shape itself.
void TwtEncoder::put_new_shape(KnownShape& recent, std::uint64_t shape) {
  const auto number = static_cast<std::uint16_t>(known_shapes_.size());
  std::memcpy(next_operand_, &number, sizeof(number));
  std::memcpy(next_operand_ + sizeof(number), &shape, sizeof(shape));
  next_operand_ += sizeof(number) + sizeof(shape);
  if (known_shapes_.size() >= max_known_shapes) return;
  known_shapes_.emplace(shape, number);
  recent = {shape, number};
}

void TwtDecoder::start_block(std::string_view codes, std::string_view operands) {
  predictor_.reset();
  known_shapes_.clear();
  go_on(codes, operands);
}

void TwtDecoder::go_on(std::string_view codes, std::string_view operands) {
  next_code_ = reinterpret_cast<const std::uint8_t*>(codes.data());
  codes_end_ = next_code_ + codes.size();
  next_operand_ = reinterpret_cast<const std::uint8_t*>(operands.data());
  operands_end_ = next_operand_ + operands.size();
}

bool TwtDecoder::decode(Record* records, std::size_t count) {
  return predictor_.memory() == TwtPredictor::Memory::Small ? decode_with<TwtPredictor::Memory::Small>(records, count)
                                                            : decode_with<TwtPredictor::Memory::Fast>(records, count);
}

template <TwtPredictor::Memory Size>
bool TwtDecoder::decode_with(Record* records, std::size_t count) {
  const std::uint8_t* const codes = next_code_;
  next_code_ += count;
  TwtPredictor::Position position = predictor_.position();
  for (std::size_t i = 0; i < count; ++i) {
    TwtPredictor::Entry& entry = predictor_.at<Size>(position);
    if (codes[i] != 0) {
      predictor_.move_to(position);
      if (!take_explicit(codes[i], entry, records[i])) return false;
      position = predictor_.position();
      continue;
    }
    const std::uint64_t shape = entry.shape;
    const std::uint64_t address = is_data_shape(shape) ? TwtPredictor::follow_favourite<true>(position, entry)
                                                       : TwtPredictor::follow_favourite<false>(position, entry);
    put_record(records[i], address, shape);
    // A new entry's shape has the size 0, like an event's; other shapes were checked when they were taken.
    const bool is_plain = address + size_in_shape(shape) > address;
    if (!is_plain && !is_possible_record(records[i])) return false;
  }
  predictor_.move_to(position);
  return true;
}

/// A record whose code marks a misprediction.
bool TwtDecoder::take_explicit(unsigned code, TwtPredictor::Entry& entry, Record& record) {
  std::uint64_t shape = entry.shape;
  if ((code & twt_code::explicit_shape) != 0 && !take_shape(shape)) return false;
  std::uint64_t address = 0;
  if (!take_address(code, entry, predictor_.reference(shape), address)) return false;
  put_record(record, address, shape);
  if (!is_possible_record(record)) return false;
  predictor_.learn(entry, shape, address);
  return true;
}

bool TwtDecoder::take_address(unsigned code, TwtPredictor::Entry& entry, std::uint64_t reference,
                              std::uint64_t& address) {
  if ((code & twt_code::explicit_address) == 0) {
    if ((code & twt_code::guess_mask) != 0) entry.favourite = code & twt_code::guess_mask;
    address = TwtPredictor::guess(entry, reference, entry.favourite);
    return true;
  }
  const unsigned length = (code >> twt_code::length_shift & twt_code::length_mask) + 1;
  if (static_cast<std::size_t>(operands_end_ - next_operand_) < length) return false;
  const std::uint64_t difference = unzigzag(load_word(next_operand_) & low_bits(8 * length));
  next_operand_ += length;
  address = difference + ((code & twt_code::from_last_here) != 0 ? entry.address : reference);
  return true;
}

bool TwtDecoder::take_shape(std::uint64_t& shape) {
  std::uint16_t number = 0;
  if (operands_end_ - next_operand_ < static_cast<std::ptrdiff_t>(sizeof(number))) return false;
  std::memcpy(&number, next_operand_, sizeof(number));
  next_operand_ += sizeof(number);
  if (number < known_shapes_.size()) {
    shape = known_shapes_[number];
    return true;
  }
  if (number != known_shapes_.size()) return false;
  if (operands_end_ - next_operand_ < static_cast<std::ptrdiff_t>(sizeof(shape))) return false;
  shape = load_word(next_operand_);
  next_operand_ += sizeof(shape);
  if (known_shapes_.size() < max_known_shapes) known_shapes_.push_back(shape);
  return is_possible_shape(shape) && (distances_allowed_ || distance_in_shape(shape) == 0);
}

}  // namespace tablewalk

#include "trace/champsim_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "trace/record_check.h"

namespace tablewalk {
namespace {

constexpr std::size_t is_branch_at = 8;
constexpr std::size_t taken_at = 9;
constexpr std::size_t stores_at = 16;
constexpr std::size_t loads_at = 32;
constexpr std::size_t stores = 2;
constexpr std::size_t loads = 4;
constexpr std::uint32_t fetch_bytes = 4;
constexpr std::uint32_t data_bytes = 8;

std::uint64_t word_at(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

bool flags_are_plausible(std::string_view instruction) {
  const unsigned is_branch = static_cast<unsigned char>(instruction[is_branch_at]);
  const unsigned taken = static_cast<unsigned char>(instruction[taken_at]);
  return is_branch <= 1 && taken <= 1;
}

}  // namespace

bool looks_like_champsim(std::string_view head, std::size_t stride) {
  if (head.size() < stride) return false;
  for (std::size_t at = 0; at + stride <= head.size(); at += stride) {
    const std::string_view instruction = head.substr(at, stride);
    if (word_at(instruction, 0) == 0 || !flags_are_plausible(instruction)) return false;
  }
  return true;
}

std::size_t ChampsimReader::read_records(Record* records, std::size_t capacity) {
  std::size_t count = 0;
  while (count < capacity) {
    if (pending_begin_ == pending_end_ && !next_instruction()) break;
    const std::size_t moved = std::min(capacity - count, pending_end_ - pending_begin_);
    std::copy_n(pending_ + pending_begin_, moved, records + count);
    pending_begin_ += moved;
    count += moved;
  }
  return count;
}

bool ChampsimReader::next_instruction() {
  const std::uint64_t offset = bytes_->offset();
  const std::string_view bytes = bytes_->peek(instruction_bytes);
  if (bytes.empty()) return false;
  if (bytes.size() < instruction_bytes) {
    throw InputError(fmt::format("{}: byte {}: truncated: the last ChampSim record has {} of {} bytes", bytes_->path(),
                                 offset, bytes.size(), instruction_bytes));
  }
  if (!flags_are_plausible(bytes)) {
    throw InputError(
        fmt::format("{}: byte {}: not a ChampSim record: expected flags is_branch, taken of 0 or 1, found "
                    "{}, {}",
                    bytes_->path(), offset, static_cast<unsigned char>(bytes[is_branch_at]),
                    static_cast<unsigned char>(bytes[taken_at])));
  }
  pending_begin_ = pending_end_ = 0;
  const auto add = [&](std::uint64_t address, std::uint32_t size, RecordKind kind) {
    if (!is_possible_access(address, size)) {
      throw InputError(fmt::format("{}: byte {}: {}", bytes_->path(), offset, why_impossible(address, size)));
    }
    pending_[pending_end_++] = Record{VirtualAddress(address), size, kind};
  };
  add(word_at(bytes, 0), fetch_bytes, RecordKind::Fetch);
  for (std::size_t i = 0; i < loads; ++i) {
    if (const auto address = word_at(bytes, loads_at + 8 * i)) add(address, data_bytes, RecordKind::Load);
  }
  for (std::size_t i = 0; i < stores; ++i) {
    if (const auto address = word_at(bytes, stores_at + 8 * i)) add(address, data_bytes, RecordKind::Store);
  }
  bytes_->skip(instruction_bytes);
  return true;
}

}  // namespace tablewalk

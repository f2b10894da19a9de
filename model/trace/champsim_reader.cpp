#include "trace/champsim_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace tablewalk {
namespace {

constexpr std::size_t is_branch_at = 8;
constexpr std::size_t taken_at = 9;
constexpr std::size_t written_registers_at = 10;
constexpr std::size_t written_registers = 2;
constexpr std::size_t read_registers_at = 12;
constexpr std::size_t read_registers = 4;
// ChampSim's register numbers (inc/trace_instruction.h); 0 is none.
constexpr unsigned stack_pointer = 6;
constexpr unsigned flags = 25;
constexpr unsigned instruction_pointer = 26;
constexpr std::size_t examined_head = 1 << 16;  // bytes examined to decide whether a trace has registers
constexpr std::size_t stores_at = 16;
constexpr std::size_t loads_at = 32;
constexpr std::size_t stores = 2;
constexpr std::size_t loads = 4;
constexpr std::uint32_t unknown_size = 1;  // the first byte only: touches no page or line that the trace does not name

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

unsigned register_at(std::string_view instruction, std::size_t at) {
  return static_cast<unsigned char>(instruction[at]);
}

/// Whether the register carries data that a core must wait for. Pushes, pops, calls and returns update the stack
/// pointer without the execution units, and the front end tracks it.
bool carries_data(unsigned number) {
  return number != 0 && number != stack_pointer && number != instruction_pointer;
}

/// False for traces from converters that do not know registers.
bool names_registers(std::string_view head) {
  for (std::size_t at = 0; at + ChampsimReader::instruction_bytes <= head.size();
       at += ChampsimReader::instruction_bytes) {
    const std::string_view registers = head.substr(at + written_registers_at, written_registers + read_registers);
    if (registers.find_first_not_of('\0') != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

ChampsimReader::ChampsimReader(std::unique_ptr<ByteSource> bytes) : StreamReader(std::move(bytes), "champsim") {
  description_.dependences = names_registers(bytes_->peek(examined_head));
}

bool looks_like_champsim(std::string_view head, std::size_t stride) {
  if (head.size() < stride) return false;
  std::size_t without_pointer = 0;
  for (std::size_t at = 0; at + stride <= head.size(); at += stride) {
    const std::string_view instruction = head.substr(at, stride);
    if (!flags_are_plausible(instruction)) return false;
    without_pointer += word_at(instruction, 0) == 0;
  }
  return 2 * without_pointer * stride <= head.size();  // some are damage, which the reader reports
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

void ChampsimReader::fail(const std::string& what) const {
  const std::uint64_t offset = bytes_->offset();
  throw InputError(
      fmt::format("{}: record {} (byte {}): {}", bytes_->path(), offset / instruction_bytes + 1, offset, what));
}

bool ChampsimReader::next_instruction() {
  const std::string_view bytes = bytes_->peek(instruction_bytes);
  if (bytes.empty()) return false;
  if (bytes.size() < instruction_bytes) {
    fail(fmt::format("truncated: the last ChampSim record has {} of {} bytes", bytes.size(), instruction_bytes));
  }
  if (!flags_are_plausible(bytes)) {
    fail(fmt::format("not a ChampSim record: expected flags is_branch, taken of 0 or 1, found {}, {}",
                     static_cast<unsigned char>(bytes[is_branch_at]), static_cast<unsigned char>(bytes[taken_at])));
  }
  if (word_at(bytes, 0) == 0) fail("its instruction pointer (ip) is 0: expected the address of an instruction");
  add_accesses(bytes);
  bytes_->skip(instruction_bytes);
  return true;
}

/// An address depends on the newest load among the origins of the source registers. A result depends on the
/// instruction's own last load or, if it has none, on the origins of its sources.
void ChampsimReader::add_accesses(std::string_view bytes) {
  LoadNumber address_from = 0;
  LoadNumber value_from = 0;
  for (std::size_t i = 0; description_.dependences && i < read_registers; ++i) {
    const unsigned number = register_at(bytes, read_registers_at + i);
    if (!carries_data(number)) continue;
    value_from = std::max(value_from, registers_.of(number));
    if (number != flags) address_from = std::max(address_from, registers_.of(number));
  }
  pending_begin_ = pending_end_ = 0;
  const auto add = [&](std::uint64_t address, RecordKind kind) {
    Record& record = pending_[pending_end_++] = Record{VirtualAddress(address), unknown_size, kind};
    if (kind != RecordKind::Fetch) record.distance = loads_.distance_to(address_from);
  };
  add(word_at(bytes, 0), RecordKind::Fetch);
  for (std::size_t i = 0; i < loads; ++i) {
    const auto address = word_at(bytes, loads_at + 8 * i);
    if (address == 0) continue;
    add(address, RecordKind::Load);
    value_from = loads_.next();
  }
  for (std::size_t i = 0; i < stores; ++i) {
    if (const auto address = word_at(bytes, stores_at + 8 * i)) add(address, RecordKind::Store);
  }
  for (std::size_t i = 0; i < written_registers; ++i) {
    const unsigned number = register_at(bytes, written_registers_at + i);
    if (carries_data(number)) registers_.set(number, value_from);
  }
}

}  // namespace tablewalk

#include "trace/dependence_follower.h"

#include <algorithm>
#include <utility>

namespace tablewalk {

DependenceCounts& DependenceCounts::operator+=(const DependenceCounts& other) {
  instructions += other.instructions;
  unknown_instructions += other.unknown_instructions;
  loads += other.loads;
  from_loads += other.from_loads;
  unknown_loads += other.unknown_loads;
  return *this;
}

bool DependenceFollower::possible() {
#if defined(__x86_64__)
  return true;
#else
  return false;
#endif
}

void DependenceFollower::follow(unsigned number, LoadCount& loads, Record* records, std::size_t count,
                                DependenceCounts& counts) {
  Thread& thread = threads_[number];
  for (Record* record = records; record != records + count; ++record) {
    if (record->kind == RecordKind::Fetch) {
      begin_instruction(thread, *record);
      ++counts.instructions;
      counts.unknown_instructions += thread.known ? 0 : 1;
    } else if (record->kind == RecordKind::Store) {
      record->distance = loads.distance_to(thread.stores_to);
    } else {
      record->distance = loads.distance_to(thread.loads_from);
      thread.value_from = loads.next();
      ++counts.loads;
      counts.from_loads += record->distance != 0 ? 1 : 0;
      counts.unknown_loads += thread.known ? 0 : 1;
    }
  }
}

/// The last instruction's results depend on its last load or, if it only computed, on the origins of its sources.
void DependenceFollower::begin_instruction(Thread& thread, const Record& fetch) {
  thread.registers.set_all(thread.writes, thread.value_from);
  const DecodedInstruction& next = instruction_at(fetch);
  thread.writes = next.writes;
  thread.value_from = thread.registers.newest(next.reads);
  thread.loads_from = thread.registers.newest(next.load_address);
  thread.stores_to = thread.registers.newest(next.store_address);
  thread.known = next.known;
}

const DecodedInstruction& DependenceFollower::instruction_at(const Record& fetch) {
  const std::uint64_t address = fetch.address.value();
  Slot* slot = &slot_of(address);
  if (slot->instruction == 0) {
    if (2 * (instructions_.size() + 1) > slots_.size()) {
      grow();
      slot = &slot_of(address);
    }
    instructions_.push_back(decode(fetch));
    *slot = {address, static_cast<std::uint32_t>(instructions_.size())};
  }
  DecodedInstruction& instruction = instructions_[slot->instruction - 1];
  if (instruction.size != fetch.size) instruction = decode(fetch);  // the code has changed
  return instruction;
}

DependenceFollower::Slot& DependenceFollower::slot_of(std::uint64_t address) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = (address * 0x9e3779b97f4a7c15U >> 20) & mask;
  while (slots_[at].instruction != 0 && slots_[at].address != address) at = (at + 1) & mask;
  return slots_[at];
}

void DependenceFollower::grow() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.instruction != 0) slot_of(slot.address) = slot;
  }
}

/// The fetched instruction; unknown, with its size, if its bytes are not available or do not match.
DecodedInstruction DependenceFollower::decode(const Record& fetch) {
  if (!decoder_) {
    decoder_ = std::make_unique<X86Decoder>(code_.is_32_bits() ? X86Decoder::Mode::Bits32 : X86Decoder::Mode::Bits64);
  }
  const std::uint64_t address = fetch.address.value();
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::uint8_t bytes[X86Decoder::longest];
    const std::size_t count = code_.read(address, bytes, std::min<std::size_t>(fetch.size, sizeof(bytes)));
    const DecodedInstruction decoded = decoder_->decode(bytes, count, address);
    if (decoded.known && decoded.size == fetch.size) return decoded;
    code_.doubt(address);
  }
  DecodedInstruction decoded;
  decoded.size = static_cast<std::uint8_t>(std::min<std::size_t>(fetch.size, 0xff));
  return decoded;
}

}  // namespace tablewalk

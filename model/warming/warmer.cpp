#include "warming/warmer.h"

#include <utility>

#include "cpu/access_splitter.h"

namespace tablewalk {
namespace {

constexpr std::array<AccessKind, access_kinds> kind_of_access{AccessKind::Fetch, AccessKind::Load, AccessKind::Store,
                                                              AccessKind::Store};

}  // namespace

Warmer::Warmer(const WarmCore& core, WarmSide instructions, WarmSide data)
    : core_(core), instructions_(std::move(instructions)), data_(std::move(data)) {}

std::size_t Warmer::execute(const Record* first, const Record* last, RunningSpace running,
                            std::optional<bool> only_user) {
  running_ = running;
  const Record* record = first;
  for (; record != last; ++record) {
    const bool user = record->privilege == Privilege::User;
    if (is_event(record->kind) || record->asid != running.space || (only_user && *only_user != user)) break;
    saw_fetches_ = saw_fetches_ || record->kind == RecordKind::Fetch;
    if (record->kind == RecordKind::Fetch && core_.fetches_ahead) {
      if (!fetch(*record)) break;
      continue;
    }
    WarmSide& side = record->kind == RecordKind::Fetch ? instructions_ : data_;
    const Access its{kind_of_access[static_cast<unsigned>(record->kind)], user};
    if (!access(side, record->address, record->size, its, record->kind >= RecordKind::Store)) break;
  }
  return static_cast<std::size_t>(record - first);
}

/// An instruction, by fetch blocks: one lookup for those in sequence in a line.
bool Warmer::fetch(const Record& record) {
  const std::uint64_t address = record.address.value();
  const std::uint64_t line = address >> core_.line_shift;
  const std::uint64_t last_line = (address + record.size - 1) >> core_.line_shift;
  const bool user = record.privilege == Privilege::User;
  const bool goes_on = run_end_ == record.address && line == line_ && user == user_;
  run_end_ = record.address + record.size;
  if (goes_on && last_line == line) return true;
  user_ = user;
  if (!goes_on && !fetch_block(record.address, user)) return false;
  for (line_ = line; line_ != last_line;) {
    ++line_;
    if (!fetch_block(VirtualAddress(line_ << core_.line_shift), user)) return false;
  }
  return true;
}

bool Warmer::fetch_block(VirtualAddress start, bool user) {
  const Translation* found = instructions_.translation.find(start, running_, {AccessKind::Fetch, user});
  if (found == nullptr) return false;
  if (instructions_.cache == nullptr) return true;
  const PhysicalAddress address = found->physical(start);
  instructions_.cache->access(address, false, false);
  if (!core_.prefetches) return true;
  const std::uint64_t next = ((start.value() >> core_.line_shift) + 1) << core_.line_shift;
  const bool same_page = next >> core_.page_shift == start.value() >> core_.page_shift;
  const std::uint64_t line = (address.value() >> core_.line_shift) + 1;
  if (same_page) instructions_.cache->access(PhysicalAddress(line << core_.line_shift), false, false);
  return true;
}

/// Part by part, if it crosses a page. False if one faults.
bool Warmer::access(WarmSide& side, VirtualAddress address, std::uint32_t size, Access access, bool write) {
  while (size != 0) {
    const PagePart part = take_part(address, size, core_.page_shift);
    const Translation* found = side.translation.find(part.address, running_, access);
    if (found == nullptr) return false;
    if (side.cache != nullptr) access_lines(*side.cache, found->physical(part.address), part.size, write);
  }
  return true;
}

void Warmer::access_lines(WarmCache& cache, PhysicalAddress address, std::uint32_t size, bool write) const {
  VirtualAddress place(address.value());
  if (within_block(place, size, core_.line_shift)) return cache.access(address, write, false);
  while (size != 0) {
    const PagePart part = take_part(place, size, core_.line_shift);
    cache.access(PhysicalAddress(part.address.value()), write, false);
  }
}

}  // namespace tablewalk

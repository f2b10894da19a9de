#include "cpu/fetch_path.h"

namespace tablewalk {

std::optional<FetchBlock> FetchPath::next(const RecordSource& source, AddressSpaceId asid) {
  if (stopped_) return std::nullopt;
  if (line_ != last_line_) return next_line();
  const Record* const first = source.look_at(cursor_);
  if (first == nullptr) return std::nullopt;
  const Record* const end = source.end_of_visible();
  const AccessFilter on_path(asid, only_);
  const Record* record = first;
  for (; record != end; ++record) {
    const std::uint32_t what = what_is(*record);
    if (what == open_ && continues_block(*record)) continue;
    stopped_ = !on_path.passes(what);
    if (stopped_) break;
    if (record->kind != RecordKind::Fetch) continue;
    const bool goes_on = extend_path(*record);
    if (goes_on && last_line_ == line_) continue;
    cursor_ += static_cast<std::uint64_t>(record - first) + 1;
    return goes_on ? next_line() : FetchBlock{cursor_ - 1, record->address, user_};
  }
  cursor_ += static_cast<std::uint64_t>(record - first);
  return std::nullopt;
}

/// Whether the instruction starts in the last block, where the one before it ended.
bool FetchPath::extend_path(const Record& fetch) {
  const std::uint64_t address = fetch.address.value();
  const std::uint64_t line = address >> line_shift_;
  const bool user = fetch.privilege == Privilege::User;
  const bool goes_on = expected_ == fetch.address && line == line_ && user == user_;
  expected_ = VirtualAddress(address + fetch.size);
  line_ = line;
  last_line_ = (address + fetch.size - 1) >> line_shift_;
  user_ = user;
  open_ = what_is(fetch);
  return goes_on;
}

/// The block into which the last instruction of the previous one crosses.
FetchBlock FetchPath::next_line() {
  ++line_;
  return {cursor_ - 1, VirtualAddress(line_ << line_shift_), user_};
}

}  // namespace tablewalk

#include "cpu/fetch_path.h"

namespace tablewalk {

std::optional<FetchBlock> FetchPath::next(const RecordSource& source, AddressSpaceId asid) {
  if (stopped_) return std::nullopt;
  if (line_ != last_line_) return next_line();
  const Record* const first = source.look_at(cursor_);
  if (first == nullptr) return std::nullopt;
  for (const Record* record = first; record != source.end_of_visible(); ++record) {
    stopped_ = is_event(record->kind) || record->asid != asid || record->privilege == other_privilege_;
    if (stopped_) {
      cursor_ += static_cast<std::uint64_t>(record - first);
      return std::nullopt;
    }
    if (record->kind != RecordKind::Fetch) continue;
    const std::uint64_t address = record->address.value();
    const std::uint64_t line = address >> line_shift_;
    const bool user = record->privilege == Privilege::User;
    const bool goes_on = expected_ == record->address && line == line_ && user == user_;
    expected_ = VirtualAddress(address + record->size);
    last_line_ = (address + record->size - 1) >> line_shift_;
    if (goes_on && last_line_ == line) continue;
    cursor_ += static_cast<std::uint64_t>(record - first) + 1;
    line_ = line;
    user_ = user;
    return goes_on ? next_line() : FetchBlock{cursor_ - 1, record->address, user};
  }
  cursor_ += static_cast<std::uint64_t>(source.end_of_visible() - first);
  return std::nullopt;
}

/// The block into which the last instruction of the previous one crosses.
FetchBlock FetchPath::next_line() {
  ++line_;
  return {cursor_ - 1, VirtualAddress(line_ << line_shift_), user_};
}

}  // namespace tablewalk

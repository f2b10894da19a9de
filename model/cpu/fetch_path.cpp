#include "cpu/fetch_path.h"

namespace tablewalk {

std::optional<FetchBlock> FetchPath::next(const RecordSource& source, AddressSpaceId asid) {
  if (stopped_) return std::nullopt;
  for (;;) {
    if (line_ != last_line_) {
      ++line_;
      return FetchBlock{cursor_ - 1, VirtualAddress(line_ << line_shift_), user_};
    }
    const Record* record = source.look_at(cursor_);
    if (record == nullptr) return std::nullopt;
    stopped_ = is_event(record->kind) || record->asid != asid;
    if (stopped_) return std::nullopt;
    ++cursor_;
    if (record->kind != RecordKind::Fetch) continue;
    const std::uint64_t address = record->address.value();
    const std::uint64_t line = address >> line_shift_;
    const bool user = record->privilege == Privilege::User;
    const bool goes_on = expected_ == record->address && line == line_ && user == user_;
    expected_ = VirtualAddress(address + record->size);
    line_ = line;
    last_line_ = (address + record->size - 1) >> line_shift_;
    user_ = user;
    if (!goes_on) return FetchBlock{cursor_ - 1, record->address, user};
  }
}

}  // namespace tablewalk

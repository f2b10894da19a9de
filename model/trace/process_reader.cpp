#include "trace/process_reader.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "trace/event_form.h"

namespace tablewalk {

ProcessReader::ProcessReader(std::unique_ptr<TraceReader> reader, unsigned process, unsigned processes)
    : reader_(std::move(reader)), process_(process), processes_(processes) {
  if (process >= processes) throw std::invalid_argument("a process is one of those that there are");
  describe();
}

std::size_t ProcessReader::read(Record* records, std::size_t capacity) {
  const std::size_t count = reader_->read(records, capacity);
  if (processes_ != 1) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!names_address_space(records[i].kind)) continue;
      records[i].asid = renamed(records[i].asid, records_ + i + 1);
    }
  }
  records_ += count;
  if (count == 0 || reader_->description().layout.size() != description_.layout.size()) describe();
  return count;
}

/// Takes over the description as it is now, with the changes of the layout that are new.
void ProcessReader::describe() {
  Layout layout = std::move(description_.layout);
  const Layout& below = reader_->description().layout;
  for (std::size_t i = layout.size(); i < below.size(); ++i) {
    layout.push_back(below[i]);
    if (processes_ == 1) continue;
    LayoutChange& change = layout.back();
    change.asid = renamed(change.asid, change.record + 1);
    if (change.operation == LayoutOperation::Fork) change.child = renamed(change.child, change.record + 1);
  }
  description_ = reader_->description();
  description_.layout = std::move(layout);
}

void ProcessReader::refuse(AddressSpaceId id, std::uint64_t number, std::uint64_t record_number) const {
  const std::string expected = process_ > largest_id
                                   ? fmt::format("at most {} processes", largest_id + 1)
                                   : fmt::format("address spaces up to {}", (largest_id - process_) / processes_);
  throw InputError(fmt::format("{}: record {}: address space {} of process {} among {} would be number {}: expected {}",
                               reader_->description().path, record_number, id, process_, processes_, number, expected));
}

}  // namespace tablewalk

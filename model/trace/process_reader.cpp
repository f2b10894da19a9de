#include "trace/process_reader.h"

#include <fmt/format.h>

#include <limits>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "trace/event_form.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t largest_id = std::numeric_limits<AddressSpaceId>::max();

}  // namespace

ProcessReader::ProcessReader(std::unique_ptr<TraceReader> reader, unsigned process, unsigned processes)
    : reader_(std::move(reader)), process_(process), processes_(processes) {
  if (process >= processes) throw std::invalid_argument("a process is one of those that there are");
}

std::size_t ProcessReader::read(Record* records, std::size_t capacity) {
  const std::size_t count = reader_->read(records, capacity);
  if (processes_ != 1) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!names_address_space(records[i].kind)) continue;
      const std::uint64_t id = records[i].asid * processes_ + process_;
      if (id > largest_id) fail(records[i], records_ + i + 1);
      records[i].asid = static_cast<AddressSpaceId>(id);
    }
  }
  records_ += count;
  return count;
}

void ProcessReader::fail(const Record& record, std::uint64_t number) const {
  const std::string expected = process_ > largest_id
                                   ? fmt::format("at most {} processes", largest_id + 1)
                                   : fmt::format("address spaces up to {}", (largest_id - process_) / processes_);
  throw InputError(fmt::format("{}: record {}: address space {} of process {} among {} would be number {}: expected {}",
                               description().path, number, record.asid, process_, processes_,
                               record.asid * processes_ + process_, expected));
}

}  // namespace tablewalk

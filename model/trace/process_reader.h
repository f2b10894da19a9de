#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "trace/trace_reader.h"

namespace tablewalk {

/// A trace as one process among several: its address space `a` becomes `a * processes + process`, in accesses, in
/// events and in the layout, so that no two processes share an address space. With one process nothing changes.
///
/// Checksum and progress are those of the underlying trace. Messages count the records of the reader below, so below a
/// ThreadReader they give the position in the file.
class ProcessReader : public TraceReader {
 public:
  /// `process`: its number, from 0, below `processes`; else std::invalid_argument.
  ProcessReader(std::unique_ptr<TraceReader> reader, unsigned process, unsigned processes);

  const TraceDescription& description() const override { return description_; }
  double progress() const override { return reader_->progress(); }
  std::uint64_t checksum() const override { return reader_->checksum(); }

  /// Throws InputError if an address space's new number is above 65535, and the reader's errors.
  std::size_t read(Record* records, std::size_t capacity) override;

 private:
  static constexpr std::uint64_t largest_id = std::numeric_limits<AddressSpaceId>::max();

  AddressSpaceId renamed(AddressSpaceId id, std::uint64_t record_number) const {
    const std::uint64_t number = id * processes_ + process_;
    if (number > largest_id) refuse(id, number, record_number);
    return static_cast<AddressSpaceId>(number);
  }
  [[noreturn]] void refuse(AddressSpaceId id, std::uint64_t number, std::uint64_t record_number) const;
  void describe();

  std::unique_ptr<TraceReader> reader_;
  TraceDescription description_;
  std::uint64_t process_;
  std::uint64_t processes_;
  std::uint64_t records_ = 0;  ///< read so far
};

}  // namespace tablewalk

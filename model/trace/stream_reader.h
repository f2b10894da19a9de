#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/byte_source.h"
#include "trace/record_checksum.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// The largest access a trace may contain, bytes: no instruction touches more, and it limits an access to two pages.
constexpr std::uint32_t max_record_size = 4096;

/// A text trace's last line without a line end may be complete, so it is accepted with this note.
constexpr const char* no_line_end_note =
    "the last line has no line end: if the file was cut, its last record may be wrong";

/// Common to readers of a file: a source of bytes, a description, the checksum of the records delivered.
///
/// A reader rejects, with the line or record: what is malformed, an access that is_possible_access() does not accept,
/// and a trace that ends without any record, of which an event is one. A reader of lines also accepts what detection
/// skips at the head (blank lines, comments, `thread N`; open_trace.cpp), rejects the comment `# addresses: physical`
/// wherever it comes (says_physical()), and adds no_line_end_note to the description if the last line has no line end.
class StreamReader : public TraceReader {
 public:
  StreamReader(std::unique_ptr<ByteSource> bytes, const std::string& format) : bytes_(std::move(bytes)) {
    description_.path = bytes_->path();
    description_.format = format;
  }

  const TraceDescription& description() const override { return description_; }
  double progress() const override { return bytes_->progress(); }
  std::uint64_t checksum() const override { return checksum_.value(); }

  std::size_t read(Record* records, std::size_t capacity) override {
    const std::size_t count = read_records(records, capacity);
    checksum_.add(records, count);
    return count;
  }

 protected:
  /// The next records, as read() but before they enter the checksum.
  virtual std::size_t read_records(Record* records, std::size_t capacity) = 0;

  std::unique_ptr<ByteSource> bytes_;
  TraceDescription description_;
  RecordChecksum checksum_;
};

}  // namespace tablewalk

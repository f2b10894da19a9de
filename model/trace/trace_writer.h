#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "trace/record.h"

namespace tablewalk {

/// A trace being written. Nothing stands under the trace's name until finish() has returned.
class TraceWriter {
 public:
  virtual ~TraceWriter() = default;

  /// Appends records. Throws InputError when the output cannot be written or a record is no possible access.
  virtual void write(const Record* records, std::size_t count) = 0;

  /// Completes the file. No record may follow.
  virtual void finish() = 0;

  virtual std::uint64_t bytes_written() const = 0;
};

struct TraceWriterOptions {
  std::string provenance;    ///< how the trace was made; one line of text or JSON
  bool dependences = false;  ///< whether the records say from which loads addresses come
  int level = 1;             ///< zstd's, 1 to 19; of .twt only
  /// Of .twt only. Smaller blocks make larger files, at 2^17 up to six times as large: what is known of the program is
  /// forgotten at a block's end.
  std::uint32_t records_per_block = 1U << 20;
};

/// A trace that was written.
struct WrittenTrace {
  std::string path;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

/// A writer for `path` by its ending: `.twt` (native) or `.txt` (plain text, also for `-`). Throws InputError.
std::unique_ptr<TraceWriter> make_trace_writer(const std::string& path, const TraceWriterOptions& options = {});

}  // namespace tablewalk

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "trace/layout_change.h"
#include "trace/record.h"

namespace tablewalk {

/// A trace being written. The file appears under its name only when finish() has returned.
class TraceWriter {
 public:
  virtual ~TraceWriter() = default;

  /// Appends records. Throws InputError if the output cannot be written or a record is invalid.
  virtual void write(const Record* records, std::size_t count) = 0;

  /// Records a change of the layout, which takes effect before the next record written (its own `record` is ignored). A
  /// change after the last record is dropped. Throws InputError if the options declare no layout.
  virtual void change_layout(const LayoutChange& change) = 0;

  /// Completes the file. No record may follow.
  virtual void finish() = 0;

  virtual std::uint64_t bytes_written() const = 0;
};

struct TraceWriterOptions {
  std::string provenance;    ///< how the trace was made; one line of text or JSON
  bool dependences = false;  ///< whether the records name the loads that addresses depend on
  bool layout = false;       ///< whether it records how the address spaces change
  int level = 1;             ///< zstd level, 1 to 19; .twt only
  /// .twt only. Smaller blocks make larger files, up to six times at 2^17: the predictor restarts with each block.
  std::uint32_t records_per_block = 1U << 20;
};

/// Writes records of a trace from number `first` on, and before each of them the changes of the layout at its place.
void write_with_layout(TraceWriter& writer, const Layout& layout, std::uint64_t first, const Record* records,
                       std::size_t count);

/// A trace that was written.
struct WrittenTrace {
  std::string path;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

/// Creates the writer for `path` by its ending: `.twt` (native) or `.txt` (plain text, also for `-`). Throws
/// InputError.
std::unique_ptr<TraceWriter> make_trace_writer(const std::string& path, const TraceWriterOptions& options = {});

}  // namespace tablewalk

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "trace/layout_change.h"
#include "trace/record.h"

namespace tablewalk {

/// Properties of a trace that are known before its end is reached.
struct TraceDescription {
  std::string path;                      ///< as given by the user; `-` is standard input
  std::string format;                    ///< champsim, lackey, text, twt
  std::string provenance;                ///< how it was made, if the trace records it
  std::string note;                      ///< remarks for the user about how it was read; complete at its end
  bool dependences = false;              ///< whether its records name the loads that addresses depend on; else unknown
  std::optional<std::uint64_t> records;  ///< number of records, if the trace records it
  bool has_layout = false;               ///< whether it records how the program's address spaces change
  /// These changes, in ascending order of records: at least those before the records read so far, and all of them in a
  /// plain .twt file.
  Layout layout;
};

/// Adds to a description's note.
inline void add_note(TraceDescription& description, const std::string& note) {
  description.note += (description.note.empty() ? "" : "; ") + note;
}

/// A trace as a stream of records in program order, in constant memory.
class TraceReader {
 public:
  virtual ~TraceReader() = default;

  virtual const TraceDescription& description() const = 0;

  /// Fills `records` with up to `capacity` records and returns how many; 0 is the end. Throws InputError (path, line or
  /// byte offset, what was expected) on malformed input.
  virtual std::size_t read(Record* records, std::size_t capacity) = 0;

  /// Makes `record` (from 0), which has not been read, the next one to read; checksum() is then without meaning. False
  /// if the trace can only be read from front to back.
  virtual bool skip_to(std::uint64_t /*record*/) { return false; }

  /// Share of the input consumed so far, 0 to 1; negative if unknown (standard input).
  virtual double progress() const = 0;

  /// A 64-bit checksum (XXH3) of the records delivered so far, over (address, size, distance, kind, privilege, asid) of
  /// each: independent of format and compression.
  virtual std::uint64_t checksum() const = 0;
};

struct TwtScratch;

/// Opens `path` (`-` for standard input), decompressing gzip, xz, zstd or bz2. The format is detected from content
/// unless `format` names one. Readers used in turn take less memory if they share one `shared` (trace/twt_reader.h).
/// Throws InputError.
std::unique_ptr<TraceReader> open_trace(const std::string& path, const std::string& format = "auto",
                                        const std::shared_ptr<TwtScratch>& shared = nullptr);

}  // namespace tablewalk

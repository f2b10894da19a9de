#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "trace/record.h"

namespace tablewalk {

/// What is known of a trace before its end is reached.
struct TraceDescription {
  std::string path;                      ///< as the user gave it; `-` is standard input
  std::string format;                    ///< champsim, lackey, text, twt
  std::string provenance;                ///< how it was made, when the trace itself says so
  std::string note;                      ///< what the user should know of how it was read; complete at its end
  bool dependences = false;              ///< whether its records say from which loads addresses come; else nobody knows
  std::optional<std::uint64_t> records;  ///< how many records it holds, when the trace itself says so
};

/// Adds to a description's note.
inline void add_note(TraceDescription& description, const std::string& note) {
  description.note += (description.note.empty() ? "" : "; ") + note;
}

/// A trace as a stream of records, in program order. Memory does not grow with the trace.
class TraceReader {
 public:
  virtual ~TraceReader() = default;

  virtual const TraceDescription& description() const = 0;

  /// Fills `records` with up to `capacity` next records and returns how many; 0 means the end.
  /// Throws InputError (path, line or byte offset, what was expected) on anything malformed.
  virtual std::size_t read(Record* records, std::size_t capacity) = 0;

  /// Share of the input consumed so far, 0 to 1; negative when it cannot be known (standard input).
  virtual double progress() const = 0;

  /// A 64-bit checksum (XXH3) of the records delivered so far, over (address, size, distance, kind, privilege, asid) of
  /// each: the same for one trace in any format and any compression.
  virtual std::uint64_t checksum() const = 0;
};

struct TwtScratch;

/// Opens `path` (`-` for standard input), through gzip, xz, zstd or bz2 if it is so compressed.
/// The format is detected from content unless `format` names one. Readers that are read in turn take less memory with
/// one `shared` by all (trace/twt_reader.h). Throws InputError.
std::unique_ptr<TraceReader> open_trace(const std::string& path, const std::string& format = "auto",
                                        const std::shared_ptr<TwtScratch>& shared = nullptr);

}  // namespace tablewalk

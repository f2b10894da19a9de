#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cpu/record_source.h"
#include "system/run.h"
#include "trace/stoppable_reader.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// What the cores of a machine run: each trace is a process, and each thread in it a stream of records. The streams are
/// dealt to the cores in turn; streams of one core are time-sliced.
class Streams {
 public:
  /// Opens the traces of the options. Throws InputError, also if there are fewer streams than cores.
  Streams(const MachineConfig& config, const RunOptions& options);
  /// A single stream, of an open trace.
  Streams(const MachineConfig& config, TraceReader& trace, const RunOptions& options);

  std::size_t processes() const { return processes_; }
  /// The streams of a core, in the order of their turns.
  std::vector<RecordSource*> of_core(unsigned core);

  /// All of them: thread by thread of the first process, and so on.
  std::vector<RecordSource*> all();

  /// Records delivered by all streams so far; and their share of the work, negative if unknown.
  std::uint64_t delivered() const;
  double progress() const;
  /// Records of the first stream after that many, if its trace records their number.
  std::optional<std::uint64_t> records_after(std::uint64_t warmup) const;
  /// Whether the user ended one of them.
  bool stopped() const;
  /// The regions of traces of several threads, which calls do not change.
  const Layout& fixed_layout() const { return fixed_layout_; }
  /// The path of the source's trace.
  const std::string& path_of(const RecordSource& source) const;
  /// Of each stream, in the order of the traces.
  std::vector<TraceSummary> summaries() const;
  /// Remarks for users about how the traces were read, with their paths.
  std::vector<std::string> notes() const;
  /// Closes all traces and frees their memory. The sources become invalid.
  void close() { streams_.clear(); }
  /// Throws InputError if the warm-up consumes a whole trace.
  void refuse_short(std::uint64_t warmup) const;

 private:
  struct Stream {
    std::string path;
    std::string dependences;              ///< trace, none or chained
    std::unique_ptr<TraceReader> opened;  ///< none if owned elsewhere
    std::unique_ptr<StoppableReader> stoppable;
    std::unique_ptr<RecordSource> source;
  };

  void add(const MachineConfig& config, const RunOptions& options, const std::string& path, TraceReader& reader,
           std::unique_ptr<TraceReader> opened);

  void fix_layout(const Layout& layout, std::size_t process);

  unsigned cores_;
  std::uint64_t limit_;  ///< records per stream, or 0
  std::size_t processes_ = 1;
  std::vector<Stream> streams_;
  Layout fixed_layout_;
};

}  // namespace tablewalk

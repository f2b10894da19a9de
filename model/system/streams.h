#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cpu/record_source.h"
#include "system/run.h"
#include "trace/stoppable_reader.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// What the cores of a machine run: each trace is a process of its own, and each thread in it a stream of records. The
/// streams are dealt to the cores in turn; those of one core take turns in time.
class Streams {
 public:
  /// Opens the traces of the options. Throws InputError, also if there are fewer streams than cores.
  Streams(const MachineConfig& config, const RunOptions& options);
  /// One stream, of a trace that is open already.
  Streams(const MachineConfig& config, TraceReader& trace, const RunOptions& options);

  std::size_t processes() const { return processes_; }
  /// Those of a core, in the order of their turns.
  std::vector<RecordSource*> of_core(unsigned core);

  /// Records so far, of all streams; and which share of the work that is, negative if unknown.
  std::uint64_t delivered() const;
  double progress() const;
  /// Whether one of them was ended by the user.
  bool stopped() const;
  /// The path of the trace that the source reads.
  const std::string& path_of(const RecordSource& source) const;
  /// Of each stream, in the order of the traces.
  std::vector<TraceSummary> summaries() const;
  /// What users should know of how the traces were read, with their paths.
  std::vector<std::string> notes() const;
  /// Ends the reading of all traces and gives its memory back. The sources are no more.
  void close() { streams_.clear(); }
  /// Throws InputError if the warm-up has used up a whole trace.
  void refuse_short(std::uint64_t warmup) const;

 private:
  struct Stream {
    std::string path;
    std::string dependences;              ///< trace, none or chained
    std::unique_ptr<TraceReader> opened;  ///< none if somebody else has it
    std::unique_ptr<StoppableReader> stoppable;
    std::unique_ptr<RecordSource> source;
  };

  void add(const MachineConfig& config, const RunOptions& options, const std::string& path, TraceReader& reader,
           std::unique_ptr<TraceReader> opened);

  unsigned cores_;
  std::uint64_t limit_;  ///< records of each stream, or 0
  std::size_t processes_ = 1;
  std::vector<Stream> streams_;
};

}  // namespace tablewalk

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "trace/capture.h"
#include "trace/dependence_follower.h"
#include "trace/lackey_reader.h"
#include "trace/trace_writer.h"

namespace tablewalk {

/// The traces written for one captured process: one per thread, or one for all.
class CaptureOutputs {
 public:
  /// Process 1 is the one that was started. Throws InputError if an output cannot be written, before the program runs.
  CaptureOutputs(const CaptureConfig& config, TraceWriterOptions options, unsigned process = 1);

  /// Adds the dependences found by the follower to the records.
  void use(DependenceFollower& follower) { follower_ = &follower; }

  /// Records the layout: how the program began, when the first accesses have been read, and the changes from then on.
  void use(SyscallLayout& changes, std::function<Layout()> initial) {
    changes_ = &changes;
    initial_ = std::move(initial);
  }

  /// Converts the reader's records according to the configuration and adds them to the result; the reader's errors
  /// propagate. Returns the number of records kept.
  std::uint64_t convert(const LackeyReader& lackey, TraceReader& reader, CaptureResult& result,
                        const std::function<void(std::uint64_t)>& on_progress);

  /// Gives the files their final names.
  std::vector<CapturedTrace> finish();

 private:
  struct Output {
    std::unique_ptr<TraceWriter> writer;
    std::uint64_t records = 0;
    unsigned running = 0;  ///< the thread of the last Thread event
    DependenceCounts addresses;
  };

  void change_layout(std::uint64_t accesses);
  void skip(unsigned thread, Record* records, std::size_t count);
  void write(unsigned thread, Record* records, std::size_t count);
  /// The trace that a thread's accesses go to; 0 is the common one.
  unsigned trace_of(unsigned thread) const { return config_.threads == CapturedThreads::Apart ? thread : 0; }
  /// The loads that distances count: those of the thread, if the trace distinguishes threads.
  LoadCount& loads_of(unsigned thread) { return loads_[config_.threads == CapturedThreads::Mixed ? 0 : thread]; }
  void mark(Output& to, unsigned thread) const;
  std::string path_of(unsigned thread) const { return thread == 0 ? path_ : path_of_thread(path_, thread); }
  Output& output(unsigned thread);

  const CaptureConfig& config_;
  TraceWriterOptions options_;
  std::string path_;
  AddressSpaceId asid_;
  DependenceFollower* follower_ = nullptr;
  SyscallLayout* changes_ = nullptr;
  std::function<Layout()> initial_;
  Layout layout_;                        ///< until now
  std::map<unsigned, Output> outputs_;   ///< by trace_of()
  std::map<unsigned, LoadCount> loads_;  ///< by thread, or 0 for all; includes threads without recorded accesses
};

}  // namespace tablewalk

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "trace/capture.h"
#include "trace/dependence_follower.h"
#include "trace/lackey_reader.h"
#include "trace/trace_writer.h"

namespace tablewalk {

/// The traces that the capture of one process writes: one for each thread, or one for all.
class CaptureOutputs {
 public:
  /// Process 1 is the one that was started. Throws InputError when an output cannot be written, before the program
  /// runs.
  CaptureOutputs(const CaptureConfig& config, TraceWriterOptions options, unsigned process = 1);

  /// The records are to have the dependences that the follower finds.
  void use(DependenceFollower& follower) { follower_ = &follower; }

  /// Passes on what the reader gives, as the configuration says, and adds it to the result; the reader's errors pass
  /// through. Returns how many records were kept.
  std::uint64_t convert(const LackeyReader& lackey, TraceReader& reader, CaptureResult& result,
                        const std::function<void(std::uint64_t)>& on_progress);

  /// The files get their names only now.
  std::vector<CapturedTrace> finish();

 private:
  struct Output {
    std::unique_ptr<TraceWriter> writer;
    std::uint64_t records = 0;
    unsigned running = 0;  ///< the thread that the trace says to run
    DependenceCounts addresses;
  };

  void skip(unsigned thread, Record* records, std::size_t count);
  void write(unsigned thread, Record* records, std::size_t count);
  /// Whose trace a thread's accesses are in; 0 is that of all.
  unsigned trace_of(unsigned thread) const { return config_.threads == CapturedThreads::Apart ? thread : 0; }
  /// Among which loads distances count: those of the thread, where the trace tells threads apart.
  LoadCount& loads_of(unsigned thread) { return loads_[config_.threads == CapturedThreads::Mixed ? 0 : thread]; }
  void mark(Output& to, unsigned thread) const;
  std::string path_of(unsigned thread) const { return thread == 0 ? path_ : path_of_thread(path_, thread); }
  Output& output(unsigned thread);

  const CaptureConfig& config_;
  TraceWriterOptions options_;
  std::string path_;
  AddressSpaceId asid_;
  DependenceFollower* follower_ = nullptr;
  std::map<unsigned, Output> outputs_;   ///< by trace_of()
  std::map<unsigned, LoadCount> loads_;  ///< by thread, or 0 for all; also of those of which nothing is kept
};

}  // namespace tablewalk

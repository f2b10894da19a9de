#pragma once

#include <memory>
#include <optional>

#include "cpu/request_port.h"
#include "system/sampler.h"
#include "system/shard_start.h"
#include "system/streams.h"

namespace tablewalk {

/// A run that does not simulate every record with timing: by samples, or one shard. The others warm without time.
class PartialRun {
 public:
  /// Throws InputError for options and machines that have no functional model. Before any file is opened.
  static void check(const MachineConfig& config, const RunOptions& options);
  /// Makes the job such a run, if the options ask for one. Throws InputError for what has no functional model.
  static std::unique_ptr<PartialRun> make(const MachineConfig& config, const RunOptions& options, Machine& machine,
                                          Streams& streams, RequestPort::Job& job);
  PartialRun(const PartialRun&) = delete;
  PartialRun& operator=(const PartialRun&) = delete;

  /// The figures of the run, and the trace's summary where records were skipped.
  void add_figures(Machine& machine, Streams& streams, const RunOptions& options, RunResult& result);

 private:
  PartialRun() = default;
  void sample(const MachineConfig& config, const RunOptions& options, Machine& machine, Streams& streams,
              RequestPort::Job& job);
  void shard(const MachineConfig& config, const RunOptions& options, Machine& machine, Streams& streams,
             RequestPort::Job& job);

  std::optional<MachineWarming> warming_;
  std::optional<Sampler> sampler_;
  std::optional<ShardStart> start_;  ///< none at the beginning of the trace
  ShardPlan plan_;
};

}  // namespace tablewalk

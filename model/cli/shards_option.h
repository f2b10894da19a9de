#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "stats/result.h"
#include "system/machine_config.h"
#include "system/run.h"

namespace tablewalk {

/// --shards, --shard and --jobs of `run`.
class ShardsOption {
 public:
  void add_to(CLI::App& command);
  /// Sets the shard of a run that simulates only one. Throws InputError for options that do not fit together, or with a
  /// trace that cannot be split.
  void check(RunOptions& options) const;
  bool of_all() const { return !all_.empty(); }
  bool of_one() const { return !one_.empty(); }

  /// Runs all shards, each in a process of its own, and merges them. Nothing if interrupted. `with_cost`: also with
  /// free translation.
  std::optional<RunResult> run(const MachineConfig& config, const RunOptions& options, bool with_cost) const;
  /// What the shard's file says of its trace, so that only shards of one trace are merged.
  static void identify(RunResult& result, const RunOptions& options);

 private:
  std::string all_;
  std::string one_;
  std::optional<unsigned> jobs_;
};

}  // namespace tablewalk

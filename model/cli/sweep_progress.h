#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "sweep/sweep.h"

namespace tablewalk {

/// Shows a sweep on the terminal: progress with the time left, and messages on standard error.
class SweepProgress {
 public:
  explicit SweepProgress(bool keep_going);
  SweepProgress(const SweepProgress&) = delete;
  SweepProgress& operator=(const SweepProgress&) = delete;

  const EngineWatch& watch() const { return watch_; }
  /// Removes the progress line.
  void end() { line_.reset(); }

 private:
  EngineWatch watch_;
  std::optional<ProgressLine> line_;
  std::size_t total_ = 0;
};

/// Throws Difference if the sweep was interrupted or points failed: it was reported, and the exit code is 1.
void report_unfinished(const SweepReport& report);

/// A line for each failed point, at most 20 of them.
std::string failures_text(const std::vector<FailedPoint>& failed);

}  // namespace tablewalk

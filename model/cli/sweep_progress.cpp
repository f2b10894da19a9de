#include "cli/sweep_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "base/text.h"

namespace tablewalk {
namespace {

constexpr std::size_t shown_failures = 20;

}  // namespace

SweepProgress::SweepProgress(bool keep_going) {
  watch_.keep_going = keep_going;
  watch_.on_start = [this](std::size_t tasks) {
    total_ = tasks;
    line_.emplace(fmt::format("of {} simulations", with_thousands(tasks)));
  };
  watch_.on_progress = [this](std::size_t ended) {
    line_->show(ended, static_cast<double>(ended) / static_cast<double>(std::max<std::size_t>(total_, 1)));
  };
  watch_.on_message = [this](const std::string& message) {
    if (line_) line_->clear();
    std::cerr << "tablewalk: " << printable(message) << '\n';
  };
}

std::string failures_text(const std::vector<FailedPoint>& failed) {
  std::string text;
  for (std::size_t i = 0; i < std::min(failed.size(), shown_failures); ++i) {
    text += fmt::format("\n  {}: {}", failed[i].name, failed[i].message);
  }
  if (failed.size() > shown_failures) text += fmt::format("\n  and {} more", failed.size() - shown_failures);
  return text;
}

void report_unfinished(const SweepReport& report) {
  const SweepCounts& counts = report.state.counts;
  if (report.outcome.interrupted) {
    throw Difference(fmt::format("interrupted: {} of {} points are done; the same command goes on from there",
                                 counts.done, counts.points));
  }
  if (counts.failed != 0) {
    throw Difference(
        fmt::format("{} of {} points failed:{}", counts.failed, counts.points, failures_text(report.state.failed)));
  }
}

}  // namespace tablewalk

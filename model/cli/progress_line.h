#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include "base/text.h"
#include "report/figures.h"

namespace tablewalk {

/// A progress line on standard error: count, rate, time left. Silent if that is not a terminal.
class ProgressLine {
 public:
  ~ProgressLine() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }

  /// `share` of the work done, 0 to 1; negative if unknown.
  void update(std::uint64_t records, double share) {
    if (!is_terminal_) return;
    const auto now = Clock::now();
    if (now - last_shown_ < std::chrono::milliseconds(200)) return;
    last_shown_ = now;
    shown_ = true;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::string line = fmt::format("{} records, {}/s", with_thousands(records),
                                   short_number(static_cast<double>(records) / std::max(seconds, 1e-3)));
    if (share > 0.0) line += fmt::format(", {:.0f} %, {:.0f} s left", 100.0 * share, seconds * (1.0 - share) / share);
    fmt::print(stderr, "\r\033[K{}", line);
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_shown_ = start_;
};

}  // namespace tablewalk

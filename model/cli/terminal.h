#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/interrupt.h"
#include "report/print_options.h"

namespace tablewalk {

/// How to print on standard output: `format` is text, json or csv; colours only on a terminal that has them, and if
/// NO_COLOR is not set. From here on, text is wrapped. Throws InputError.
PrintOptions print_options(const std::string& format);

/// Breaks lines of standard output that are wider than the terminal, if its width is known. Only for text to read.
void wrap_output();

/// One line on standard error.
void print_warning(const std::string& warning);

/// A line on standard error that is updated in place; nothing if that is not a terminal, or one without escape
/// sequences.
class ProgressLine {
 public:
  /// `things`: what is counted, such as "records".
  explicit ProgressLine(std::string things);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `share` of the work done, 0 to 1; negative if unknown.
  void show(std::uint64_t done, double share);
  /// The same, a few times a second at most.
  void update(std::uint64_t done, double share);
  void clear();

 private:
  std::string things_;
  bool visible_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_update_;
};

}  // namespace tablewalk

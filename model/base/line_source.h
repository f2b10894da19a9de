#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_source.h"

namespace tablewalk {

/// A byte source split into lines, counted from 1, without line ends (LF or CR LF).
class LineSource {
 public:
  explicit LineSource(ByteSource& bytes) : bytes_(bytes) {}

  /// The next line in `line` (valid until the next call); false at the end of the input. Throws InputError on a line
  /// longer than any trace has.
  bool next(std::string_view& line);

  /// Whether the last line returned had a line end; only the last line of the input may lack it.
  bool ended() const { return ended_; }

  std::uint64_t line_number() const { return line_number_; }

  /// Throws InputError `PATH:LINE: message` for the last line returned.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  ByteSource& bytes_;
  std::uint64_t line_number_ = 0;
  bool ended_ = true;
};

/// A line's text for an error message: at most a few dozen printable characters, quoted.
std::string in_quotes(std::string_view text);

}  // namespace tablewalk

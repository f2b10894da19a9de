#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/line_source.h"
#include "trace/stream_reader.h"

namespace tablewalk {

/// How what wrote Lackey's output may have come to its end.
enum class LackeyEnd : std::uint8_t {
  Proper,  ///< by itself
  Killed,  ///< anywhere: there may be no access at all, and a last line without a line end is dropped
};

/// Valgrind Lackey's `--trace-mem=yes`: `I  addr,size` and ` L|S|M addr,size`, hexadecimal addresses without 0x.
/// Valgrind's own lines (`==pid==`, `--pid--`, `**pid**`) are passed over. So are other lines, and what stands before
/// an access on its line: output of the traced program in the same pipe. They are counted, and the description's note
/// says so at the end; when more than nine lines of ten are such, the input is refused. A line that begins as an access
/// and is none is an error.
class LackeyReader : public StreamReader {
 public:
  explicit LackeyReader(std::unique_ptr<ByteSource> bytes, LackeyEnd end = LackeyEnd::Proper)
      : StreamReader(std::move(bytes), "lackey"), lines_(*bytes_), end_(end) {}

  /// Whose records the last read() gave, by Valgrind's number of the thread: it says so with `--trace-sched=yes`, and
  /// then all that one read() gives are of one thread. Else 1, the main thread's. A number is given again when its
  /// thread has ended.
  unsigned thread() const { return thread_; }

 protected:
  std::size_t read_records(Record* records, std::size_t capacity) override;

 private:
  bool next_line(std::string_view& line) { return lines_.next(line) && (lines_.ended() || end_ == LackeyEnd::Proper); }
  void pass_over(std::string_view text);
  bool mostly_passed_over() const;
  [[noreturn]] void fail_passed_over() const;
  void at_end();
  void parse(std::string_view line, Record& record) const;

  LineSource lines_;
  LackeyEnd end_;
  unsigned thread_ = 1;
  unsigned running_ = 1;  ///< whose the next records are
  std::uint64_t accesses_ = 0;
  std::uint64_t passed_over_ = 0;
  std::string first_passed_over_;
};

/// Whether a line is one that Valgrind itself prints between the accesses.
bool is_valgrind_noise(std::string_view line);

/// The thread that a line of `--trace-sched=yes` says to run from there on; 0 if it is no such line.
unsigned thread_scheduled_by(std::string_view line);

/// The access that a line is, or ends with when output without a line end stands before it; empty if there is none. It
/// may still be a bad one.
std::string_view lackey_access_in(std::string_view line);

/// Whether a line is one of Lackey's accesses, by its first characters.
bool looks_like_lackey(std::string_view line);

}  // namespace tablewalk

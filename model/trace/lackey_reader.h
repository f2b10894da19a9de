#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/line_source.h"
#include "trace/stream_reader.h"
#include "trace/syscall_layout.h"

namespace tablewalk {

/// How the writer of Lackey's output may have ended.
enum class LackeyEnd : std::uint8_t {
  Proper,  ///< normally
  Killed,  ///< at any point: there may be no access at all, and an incomplete last line is dropped
};

/// Valgrind Lackey's `--trace-mem=yes`: `I  addr,size` and ` L|S|M addr,size`, hexadecimal addresses without 0x.
/// Valgrind's own lines (`==pid==`, `--pid--`, `**pid**`) are skipped. Other lines, and text before an access on its
/// line, are output of the traced program in the same pipe: they are skipped, counted, and reported in the
/// description's note. If more than nine of ten lines are such, the input is rejected. A malformed access is an error.
class LackeyReader : public StreamReader {
 public:
  explicit LackeyReader(std::unique_ptr<ByteSource> bytes, LackeyEnd end = LackeyEnd::Proper)
      : StreamReader(std::move(bytes), "lackey"), lines_(*bytes_), end_(end) {}

  /// The thread (Valgrind's number) of the records of the last read(), which are all of one thread with
  /// `--trace-sched=yes`; else 1, the main thread. A number can be reused after its thread has ended.
  unsigned thread() const { return thread_; }

  /// What Valgrind says of the access that ended the program by SIGSEGV, which Lackey does not print; empty if none
  /// did.
  const std::string& fatal_access() const { return fatal_access_; }

  /// Follows the changes of the address space by `--trace-syscalls=yes`. A read() then ends where there is one.
  void follow(SyscallLayout& layout) { layout_ = &layout; }

 protected:
  std::size_t read_records(Record* records, std::size_t capacity) override;

 private:
  bool next_line(std::string_view& line) { return lines_.next(line) && (lines_.ended() || end_ == LackeyEnd::Proper); }
  void look_at_noise(std::string_view line);
  void pass_over(std::string_view text);
  bool mostly_passed_over() const;
  [[noreturn]] void fail_passed_over() const;
  void at_end();
  void parse(std::string_view line, Record& record) const;

  LineSource lines_;
  LackeyEnd end_;
  unsigned thread_ = 1;
  unsigned running_ = 1;  ///< of the next records
  std::uint64_t accesses_ = 0;
  SyscallLayout* layout_ = nullptr;
  std::string fatal_access_;
  bool place_follows_ = false;  ///< the next line has the instruction of the fatal access
  std::uint64_t passed_over_ = 0;
  std::string first_passed_over_;
};

/// Whether a line is one that Valgrind itself prints between the accesses.
bool is_valgrind_noise(std::string_view line);

/// The thread that runs from this `--trace-sched=yes` line on; 0 for any other line.
unsigned thread_scheduled_by(std::string_view line);

/// The access on a line, which may follow program output without a line end; empty if there is none. It may still be
/// malformed.
std::string_view lackey_access_in(std::string_view line);

/// Whether a line is a Lackey access, by its first characters.
bool looks_like_lackey(std::string_view line);

}  // namespace tablewalk

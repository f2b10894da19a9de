#include "trace/lackey_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "trace/record_check.h"
#include "trace/text_fields.h"

namespace tablewalk {
namespace {

constexpr std::size_t kind_width = 3;
constexpr std::uint64_t look_of_lines = 10000;  // decide after this many other lines, without waiting for the end
constexpr std::uint64_t most_passed_over_per_access = 9;

bool starts_with_kind(std::string_view text) {
  if (text.size() < kind_width || text[2] != ' ') return false;
  const bool fetch = text[0] == 'I' && text[1] == ' ';
  return fetch || (text[0] == ' ' && (text[1] == 'L' || text[1] == 'S' || text[1] == 'M'));
}

}  // namespace

bool is_valgrind_noise(std::string_view line) {
  if (line.size() < 5) return false;
  const char mark = line[0];
  if ((mark != '=' && mark != '-' && mark != '*') || line[1] != mark) return false;
  std::size_t at = 2;
  while (at < line.size() && line[at] >= '0' && line[at] <= '9') ++at;
  return at > 2 && at + 1 < line.size() && line[at] == mark && line[at + 1] == mark;
}

unsigned thread_scheduled_by(std::string_view line) {
  constexpr std::string_view mark = "SCHED[";
  const std::size_t at = line.find(mark);
  if (at == std::string_view::npos || line.find("acquired lock", at) == std::string_view::npos) return 0;
  std::string_view rest = line.substr(at + mark.size());
  std::uint64_t number = 0;
  const bool read = take_decimal(rest, number) == FieldResult::Good && !rest.empty() && rest[0] == ']';
  return read && number <= std::numeric_limits<unsigned>::max() ? static_cast<unsigned>(number) : 0;
}

bool looks_like_lackey(std::string_view line) {
  if (line.size() < 6 || !starts_with_kind(line)) return false;
  std::string_view rest = line.substr(kind_width);
  std::uint64_t value = 0;
  return take_hex(rest, value) != FieldResult::NoDigits && !rest.empty() && rest[0] == ',';
}

std::string_view lackey_access_in(std::string_view line) {
  if (starts_with_kind(line) && line.size() > kind_width && hex_digit(line[kind_width]) <= 15) return line;
  std::size_t at = line.size();
  while (at > 0 && line[at - 1] >= '0' && line[at - 1] <= '9') --at;
  if (at == line.size() || at == 0 || line[at - 1] != ',') return {};
  const std::size_t comma = --at;
  while (at > 0 && hex_digit(line[at - 1]) <= 15) --at;
  if (at == comma || at < kind_width || !starts_with_kind(line.substr(at - kind_width))) return {};
  return line.substr(at - kind_width);
}

std::size_t LackeyReader::read_records(Record* records, std::size_t capacity) {
  std::size_t count = 0;
  std::string_view line;
  thread_ = running_;
  while (count < capacity && next_line(line)) {
    if (is_valgrind_noise(line)) {
      look_at_noise(line);
      if (running_ != thread_ && count != 0) return count;
      thread_ = running_;
      continue;
    }
    if (layout_ != nullptr && layout_->take(line, accesses_)) {
      if (layout_->has_changes() && count != 0) return count;
      continue;
    }
    const std::string_view access = lackey_access_in(line);
    if (access.empty()) {
      pass_over(line);
      continue;
    }
    if (access.size() != line.size()) pass_over(line.substr(0, line.size() - access.size()));
    parse(access, records[count]);
    ++count;
    ++accesses_;
  }
  if (count == 0 && capacity != 0) at_end();
  return count;
}

/// A line of Valgrind itself.
void LackeyReader::look_at_noise(std::string_view line) {
  if (const unsigned thread = thread_scheduled_by(line)) running_ = thread;
  const std::string_view text = line.substr(std::min(line.find("== ") + 2, line.size()));
  const std::string_view words = text.substr(std::min(text.find_first_not_of(' '), text.size()));
  if (place_follows_ && words.substr(0, 3) == "at ") fatal_access_ += ", " + printable(words);
  place_follows_ = words.find(" mapped region at address 0x") != std::string_view::npos;
  if (place_follows_) fatal_access_ = printable(words);
}

/// Program output in the same pipe.
void LackeyReader::pass_over(std::string_view text) {
  if (passed_over_++ == 0) first_passed_over_ = fmt::format("line {}, {}", lines_.line_number(), in_quotes(text));
  if (passed_over_ >= look_of_lines && mostly_passed_over()) fail_passed_over();
}

bool LackeyReader::mostly_passed_over() const {
  return passed_over_ > most_passed_over_per_access * accesses_;
}

void LackeyReader::fail_passed_over() const {
  throw InputError(
      fmt::format("{}: not a Lackey trace: {} lines are Lackey accesses and {} are not (the first: {}): expected at "
                  "least one in ten",
                  bytes_->path(), accesses_, passed_over_, first_passed_over_));
}

void LackeyReader::at_end() {
  if (accesses_ == 0 && passed_over_ == 0) {
    if (end_ == LackeyEnd::Killed) return;
    lines_.fail("the Lackey output ends without any access: was valgrind given --trace-mem=yes?");
  }
  if (mostly_passed_over()) fail_passed_over();
  if (passed_over_ != 0) {
    description_.note = fmt::format("{} {} not Lackey accesses, skipped (the first: {})", passed_over_,
                                    passed_over_ == 1 ? "line is" : "lines are", first_passed_over_);
  }
  if (!lines_.ended() && end_ == LackeyEnd::Proper) add_note(description_, no_line_end_note);
}

void LackeyReader::parse(std::string_view line, Record& record) const {
  RecordKind kind = RecordKind::Fetch;
  if (line[1] == 'L') kind = RecordKind::Load;
  if (line[1] == 'S') kind = RecordKind::Store;
  if (line[1] == 'M') kind = RecordKind::Modify;
  std::string_view rest = line.substr(kind_width);
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  const FieldResult address_result = take_hex(rest, address);
  if (address_result == FieldResult::TooLarge) lines_.fail("an address beyond 64 bits in " + in_quotes(line));
  const bool comma = !rest.empty() && rest[0] == ',';
  if (comma) rest.remove_prefix(1);
  if (address_result != FieldResult::Good || !comma || take_decimal(rest, size) == FieldResult::NoDigits ||
      !rest.empty()) {
    lines_.fail("expected ADDRESS,SIZE (hexadecimal without 0x, decimal) after the kind, found " + in_quotes(line));
  }
  if (!is_possible_access(address, size)) lines_.fail(why_impossible(address, size));
  record = Record{VirtualAddress(address), static_cast<std::uint32_t>(size), kind};
}

}  // namespace tablewalk

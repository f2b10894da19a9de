#include "trace/lackey_reader.h"

#include "trace/record_check.h"
#include "trace/text_fields.h"

namespace tablewalk {

bool is_valgrind_noise(std::string_view line) {
  if (line.size() < 5) return false;
  const char mark = line[0];
  if ((mark != '=' && mark != '-' && mark != '*') || line[1] != mark) return false;
  std::size_t at = 2;
  while (at < line.size() && line[at] >= '0' && line[at] <= '9') ++at;
  return at > 2 && at + 1 < line.size() && line[at] == mark && line[at + 1] == mark;
}

bool looks_like_lackey(std::string_view line) {
  if (line.size() < 6) return false;
  const bool fetch = line[0] == 'I' && line[1] == ' ' && line[2] == ' ';
  const bool data = line[0] == ' ' && (line[1] == 'L' || line[1] == 'S' || line[1] == 'M') && line[2] == ' ';
  if (!fetch && !data) return false;
  std::string_view rest = line.substr(3);
  std::uint64_t value = 0;
  return take_hex(rest, value) != FieldResult::NoDigits && !rest.empty() && rest[0] == ',';
}

std::size_t LackeyReader::read_records(Record* records, std::size_t capacity) {
  std::size_t count = 0;
  std::string_view line;
  while (count < capacity && lines_.next(line)) {
    if (is_valgrind_noise(line)) continue;
    parse(line, records[count]);
    ++count;
  }
  seen_access_ = seen_access_ || count != 0;
  if (count == 0 && capacity != 0 && !seen_access_) {
    lines_.fail("the Lackey output ends without any access: was valgrind given --trace-mem=yes?");
  }
  return count;
}

void LackeyReader::parse(std::string_view line, Record& record) const {
  RecordKind kind = RecordKind::Fetch;
  if (line.size() < 4 || line[2] != ' ') {
    lines_.fail("expected a Lackey access such as 'I  0401ab70,3' or ' L 1fff0006c8,8', found " + quoted(line));
  } else if (line[0] == ' ' && line[1] == 'L') {
    kind = RecordKind::Load;
  } else if (line[0] == ' ' && line[1] == 'S') {
    kind = RecordKind::Store;
  } else if (line[0] == ' ' && line[1] == 'M') {
    kind = RecordKind::Modify;
  } else if (line[0] != 'I' || line[1] != ' ') {
    lines_.fail("expected a Lackey access such as 'I  0401ab70,3' or ' L 1fff0006c8,8', found " + quoted(line));
  }
  std::string_view rest = line.substr(3);
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  const FieldResult address_result = take_hex(rest, address);
  if (address_result == FieldResult::TooLarge) lines_.fail("an address beyond 64 bits in " + quoted(line));
  const bool comma = !rest.empty() && rest[0] == ',';
  if (comma) rest.remove_prefix(1);
  if (address_result != FieldResult::Good || !comma || take_decimal(rest, size) == FieldResult::NoDigits ||
      !rest.empty()) {
    lines_.fail("expected ADDRESS,SIZE (hexadecimal without 0x, decimal) after the kind, found " + quoted(line));
  }
  if (!is_possible_access(address, size)) lines_.fail(why_impossible(address, size));
  record = Record{VirtualAddress(address), static_cast<std::uint32_t>(size), kind};
}

}  // namespace tablewalk

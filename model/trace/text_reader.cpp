#include "trace/text_reader.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "trace/record_check.h"
#include "trace/text_fields.h"

namespace tablewalk {
namespace {

constexpr std::string_view expected_line = "expected 'R|W|X|M 0xADDRESS [SIZE] [@ASID]'";
constexpr std::string_view provenance_key = "# provenance: ";

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void drop_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

std::optional<RecordKind> kind_of(char letter) {
  switch (letter) {
    case 'R':
      return RecordKind::Load;
    case 'W':
      return RecordKind::Store;
    case 'X':
      return RecordKind::Fetch;
    case 'M':
      return RecordKind::Modify;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool looks_like_text(std::string_view line) {
  drop_blanks(line);
  if (line.size() < 2 || !kind_of(line[0]) || !is_blank(line[1])) return false;
  line.remove_prefix(1);
  drop_blanks(line);
  return line.substr(0, 2) == "0x";
}

bool says_physical(std::string_view comment) {
  std::string words;
  for (const char c : comment) {
    if (!is_blank(c) && c != '#') words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return words.rfind("addresses:physical", 0) == 0 || words.rfind("addresses=physical", 0) == 0;
}

TextReader::TextReader(std::unique_ptr<ByteSource> bytes) : StreamReader(std::move(bytes), "text"), lines_(*bytes_) {
  read_header();
}

/// Looks through the comments at the head without consuming them, so that line numbers stay true.
void TextReader::read_header() {
  const std::string_view head = bytes_->peek(1 << 16);
  for (std::size_t start = 0; start < head.size() && head[start] == '#';) {
    const std::size_t end = std::min(head.find('\n', start), head.size());
    const std::string_view line = head.substr(start, end - start);
    if (line.substr(0, provenance_key.size()) == provenance_key) {
      description_.provenance = line.substr(provenance_key.size());
    }
    start = end + 1;
  }
}

std::size_t TextReader::read_records(Record* records, std::size_t capacity) {
  std::size_t count = 0;
  std::string_view line;
  while (count < capacity && lines_.next(line)) {
    const std::size_t hash = line.find('#');
    if (hash != std::string_view::npos) {
      if (says_physical(line.substr(hash))) {
        lines_.fail(
            "the trace says that its addresses are physical: expected virtual addresses, which are what is "
            "translated");
      }
      line = line.substr(0, hash);
    }
    drop_blanks(line);
    if (line.empty()) continue;
    parse(line, records[count]);
    ++count;
  }
  seen_access_ = seen_access_ || count != 0;
  if (count == 0 && capacity != 0 && !seen_access_) lines_.fail("the trace ends without any access");
  return count;
}

void TextReader::parse(std::string_view line, Record& record) const {
  const auto malformed = [&] { lines_.fail(std::string(expected_line) + ", found " + quoted(line)); };
  const std::optional<RecordKind> kind = kind_of(line[0]);
  std::string_view rest = line.substr(1);
  if (!kind || rest.empty() || !is_blank(rest[0])) malformed();
  drop_blanks(rest);
  if (rest.substr(0, 2) != "0x") malformed();
  rest.remove_prefix(2);
  std::uint64_t address = 0;
  const FieldResult address_result = take_hex(rest, address);
  if (address_result == FieldResult::TooLarge) lines_.fail("an address beyond 64 bits in " + quoted(line));
  if (address_result != FieldResult::Good || (!rest.empty() && !is_blank(rest[0]))) malformed();
  drop_blanks(rest);
  std::uint64_t size = *kind == RecordKind::Fetch ? 4 : 8;
  if (!rest.empty() && rest[0] != '@') {
    if (take_decimal(rest, size) == FieldResult::NoDigits || (!rest.empty() && !is_blank(rest[0]))) malformed();
    drop_blanks(rest);
  }
  std::uint64_t asid = 0;
  if (!rest.empty()) {
    if (rest[0] != '@') malformed();
    rest.remove_prefix(1);
    if (take_decimal(rest, asid) != FieldResult::Good) malformed();
    drop_blanks(rest);
    if (!rest.empty()) malformed();
    if (asid > 0xffff) lines_.fail("an address-space id above 65535 in " + quoted(line));
  }
  if (!is_possible_access(address, size)) lines_.fail(why_impossible(address, size));
  record =
      Record{VirtualAddress(address), static_cast<std::uint32_t>(size), *kind, 0, static_cast<AddressSpaceId>(asid)};
}

}  // namespace tablewalk

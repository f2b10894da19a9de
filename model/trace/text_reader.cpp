#include "trace/text_reader.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "trace/event_form.h"
#include "trace/record_check.h"
#include "trace/text_fields.h"

namespace tablewalk {
namespace {

constexpr std::string_view expected_access = "expected 'R|W|X|M 0xADDRESS [SIZE] [@ASID] [supervisor] [<-N]'";
constexpr std::string_view dependences_line = "# dependences: known";
constexpr std::string_view provenance_key = "# provenance: ";
constexpr std::string_view layout_key = "# layout: ";
constexpr std::string_view layout_line = "# layout: known";

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void drop_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

/// Removes a word and following blanks from the start of `text`, if it is there as a whole word.
bool take_word(std::string_view& text, std::string_view word) {
  if (text.substr(0, word.size()) != word) return false;
  if (text.size() > word.size() && !is_blank(text[word.size()])) return false;
  text.remove_prefix(word.size());
  drop_blanks(text);
  return true;
}

/// Removes the one or two words of an event.
bool take_event_word(std::string_view& text, std::string_view word) {
  const std::size_t space = word.find(' ');
  std::string_view rest = text;
  if (!take_word(rest, word.substr(0, space))) return false;
  if (space != std::string_view::npos && !take_word(rest, word.substr(space + 1))) return false;
  text = rest;
  return true;
}

std::string_view first_word(std::string_view word) {
  return word.substr(0, word.find(' '));
}

/// Whether the line's first word is that of an event; an access has a single letter.
bool names_event(std::string_view line) {
  if (line.size() > 1 && is_blank(line[1])) return false;
  return std::any_of(event_forms.begin(), event_forms.end(), [&](const EventForm& form) {
    std::string_view rest = line;
    return take_word(rest, first_word(form.word));
  });
}

/// The forms of the event named by the line's first word, for a message.
std::string expected_event(std::string_view line) {
  std::vector<std::string> forms;
  for (const EventForm& form : event_forms) {
    std::string_view rest = line;
    if (!take_word(rest, first_word(form.word))) continue;
    std::string text(form.word);
    if (form.has_address) text += " 0xADDRESS";
    if (form.asid == AsidField::Optional) text += " [@ASID]";
    if (form.asid == AsidField::Required) text += " @ASID";
    if (form.asid == AsidField::Thread) text += " N";
    forms.push_back("'" + text + "'");
  }
  return "expected " + words_with_or(forms);
}

std::optional<RecordKind> kind_of(char letter) {
  switch (letter) {
    case 'R':
    case 'r':
      return RecordKind::Load;
    case 'W':
    case 'w':
      return RecordKind::Store;
    case 'X':
    case 'x':
      return RecordKind::Fetch;
    case 'M':
    case 'm':
      return RecordKind::Modify;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool looks_like_text(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  drop_blanks(line);
  for (const EventForm& form : event_forms) {
    std::string_view rest = line;
    if (form.kind == RecordKind::Thread || !take_event_word(rest, form.word)) continue;
    if (form.has_address ? has_hex_prefix(rest) : rest.empty() || rest[0] == '@' || rest[0] == '#') return true;
  }
  if (line.size() < 2 || !kind_of(line[0]) || !is_blank(line[1])) return false;
  line.remove_prefix(1);
  drop_blanks(line);
  return has_hex_prefix(line);
}

bool names_thread(std::string_view line) {
  drop_blanks(line);
  std::uint64_t number = 0;
  if (!take_word(line, form_of(RecordKind::Thread).word) || take_decimal(line, number) == FieldResult::NoDigits)
    return false;
  line = line.substr(0, line.find('#'));
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
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

/// Examines the comments at the head without consuming them, so that line numbers stay correct.
void TextReader::read_header() {
  const std::string_view head = bytes_->peek(1 << 16);
  for (std::size_t start = 0; start < head.size() && head[start] == '#';) {
    const std::size_t end = std::min(head.find('\n', start), head.size());
    const std::string_view line = head.substr(start, end - start);
    if (line.substr(0, provenance_key.size()) == provenance_key) {
      description_.provenance = line.substr(provenance_key.size());
    }
    const std::size_t last = line.find_last_not_of(" \t\r");
    if (line.substr(0, last + 1) == dependences_line) description_.dependences = true;
    if (line.substr(0, last + 1) == layout_line) description_.has_layout = true;
    start = end + 1;
  }
}

std::size_t TextReader::read_records(Record* records, std::size_t capacity) {
  std::size_t count = 0;
  std::string_view line;
  while (count < capacity && lines_.next(line)) {
    const std::size_t hash = line.find('#');
    if (hash != std::string_view::npos) {
      read_comment(line, hash, count);
      line = line.substr(0, hash);
    }
    drop_blanks(line);
    if (line.empty()) continue;
    const bool had_size = has_size_;
    parse(line, records[count]);
    check_not_cut(line, had_size && !is_event(records[count].kind));
    ++count;
  }
  records_read_ += count;
  seen_access_ = seen_access_ || count != 0;
  if (count == 0 && capacity != 0) {
    if (!seen_access_) lines_.fail("the trace ends without any access");
    if (last_is_doubtful_) add_note(description_, no_line_end_note);
    last_is_doubtful_ = false;
  }
  return count;
}

/// `at`: where the comment begins; `records_before`: in the current batch.
void TextReader::read_comment(std::string_view line, std::size_t at, std::size_t records_before) {
  std::string_view comment = line.substr(at);
  if (says_physical(comment)) {
    lines_.fail(
        "the trace declares physical addresses: expected virtual addresses, which are what is "
        "translated");
  }
  const bool alone = line.find_first_not_of(" \t") == at;
  if (!alone || comment.substr(0, layout_key.size()) != layout_key) return;
  if (comment.substr(0, comment.find_last_not_of(" \t") + 1) == layout_line) return;
  if (!description_.has_layout) {
    lines_.fail("a change of the layout in a trace whose head does not declare a layout: expected the line '" +
                std::string(layout_line) + "' before the first access");
  }
  comment.remove_prefix(layout_key.size());
  try {
    description_.layout.push_back(parse_layout_change(comment));
  } catch (const InputError& error) {
    lines_.fail(error.what());
  }
  description_.layout.back().record = records_read_ + records_before;
}

/// A cut file ends in the middle of a line. A last line without a line end is rejected if it lacks the size that the
/// previous access has; otherwise it may be complete and is accepted with a note.
void TextReader::check_not_cut(std::string_view line, bool had_size) {
  if (lines_.ended()) return;
  if (had_size && !has_size_) {
    lines_.fail(
        "the trace is cut: its last line has neither a line end nor a size, as the previous access has: found " +
        in_quotes(line));
  }
  last_is_doubtful_ = true;
}

void TextReader::parse(std::string_view line, Record& record) {
  if (names_event(line)) {
    parse_event(line, record);
  } else {
    parse_access(line, record);
  }
}

void TextReader::parse_access(std::string_view line, Record& record) {
  const std::optional<RecordKind> kind = kind_of(line[0]);
  std::string_view rest = line.substr(1);
  if (!kind || rest.empty() || !is_blank(rest[0])) fail(line, expected_access);
  drop_blanks(rest);
  const VirtualAddress address = take_address(rest, line, expected_access);
  std::uint64_t size = *kind == RecordKind::Fetch ? 4 : 8;
  has_size_ = !rest.empty() && rest[0] >= '0' && rest[0] <= '9';
  if (has_size_) {
    take_decimal(rest, size);
    if (!rest.empty() && !is_blank(rest[0])) fail(line, expected_access);
    drop_blanks(rest);
  }
  record = Record{address, static_cast<std::uint32_t>(size), *kind};
  if (!rest.empty()) parse_optional_fields(rest, line, record);
  if (!is_possible_access(address.value(), size)) lines_.fail(why_impossible(address.value(), size));
}

/// The optional fields after the size of an access.
void TextReader::parse_optional_fields(std::string_view rest, std::string_view line, Record& record) {
  record.asid = take_asid(rest, line, expected_access);
  if (take_word(rest, "supervisor")) record.privilege = Privilege::Supervisor;
  record.distance = take_distance(rest, line);
  if (!rest.empty()) fail(line, expected_access);
  if (record.distance != 0 && record.kind == RecordKind::Fetch) {
    lines_.fail("a fetch has no load distance: expected no '<-N' in " + in_quotes(line));
  }
}

/// Selects the form that matches the line's fields.
void TextReader::parse_event(std::string_view line, Record& record) {
  const std::string expected = expected_event(line);
  has_size_ = false;
  for (const EventForm& form : event_forms) {
    std::string_view rest = line;
    if (!take_event_word(rest, form.word) || form.has_address != has_hex_prefix(rest)) continue;
    record = Record{};
    record.kind = form.kind;
    if (form.has_address) record.address = take_address(rest, line, expected);
    if (form.asid == AsidField::Thread) {
      record.asid = take_id(rest, line, expected, "a thread number");
    } else {
      const bool names_space = rest.substr(0, 1) == "@";
      if (names_space ? form.asid == AsidField::None : form.asid == AsidField::Required) continue;
      record.asid = take_asid(rest, line, expected);
    }
    if (!rest.empty()) fail(line, expected);
    return;
  }
  fail(line, expected);
}

/// Removes `0x...` and following blanks from the start of `rest`.
VirtualAddress TextReader::take_address(std::string_view& rest, std::string_view line,
                                        std::string_view expected) const {
  if (!has_hex_prefix(rest)) fail(line, expected);
  rest.remove_prefix(2);
  std::uint64_t address = 0;
  const FieldResult result = take_hex(rest, address);
  if (result == FieldResult::TooLarge) lines_.fail("an address beyond 64 bits in " + in_quotes(line));
  if (result != FieldResult::Good || (!rest.empty() && !is_blank(rest[0]))) fail(line, expected);
  drop_blanks(rest);
  return VirtualAddress(address);
}

/// Removes `<-N` and following blanks from the start of `rest`; 0 if absent.
std::uint16_t TextReader::take_distance(std::string_view& rest, std::string_view line) const {
  if (rest.substr(0, 2) != "<-") return 0;
  rest.remove_prefix(2);
  std::uint64_t distance = 0;
  const bool is_number = take_decimal(rest, distance) != FieldResult::NoDigits;
  if (!is_number || (!rest.empty() && !is_blank(rest[0]))) fail(line, expected_access);
  if (distance == 0 || distance > 0xffff) {
    lines_.fail("a distance of 0 or above 65535 in " + in_quotes(line) + ": expected the N-th load before, from 1 on");
  }
  if (!description_.dependences) {
    lines_.fail("'<-N' in a trace whose head does not declare dependences: expected the line '" +
                std::string(dependences_line) + "' before the first access");
  }
  drop_blanks(rest);
  return static_cast<std::uint16_t>(distance);
}

/// Removes `@...` and following blanks from the start of `rest`; 0 if absent.
AddressSpaceId TextReader::take_asid(std::string_view& rest, std::string_view line, std::string_view expected) const {
  if (rest.substr(0, 1) != "@") return 0;
  rest.remove_prefix(1);
  return take_id(rest, line, expected, "an address-space id");
}

/// Removes a decimal number and following blanks from the start of `rest`.
AddressSpaceId TextReader::take_id(std::string_view& rest, std::string_view line, std::string_view expected,
                                   const char* what) const {
  std::uint64_t id = 0;
  const bool is_number = take_decimal(rest, id) != FieldResult::NoDigits;
  if (!is_number || (!rest.empty() && !is_blank(rest[0]))) fail(line, expected);
  if (id > 0xffff) lines_.fail(std::string(what) + " above 65535 in " + in_quotes(line));
  drop_blanks(rest);
  return static_cast<AddressSpaceId>(id);
}

void TextReader::fail(std::string_view line, std::string_view expected) const {
  lines_.fail(std::string(expected) + ", found " + in_quotes(line));
}

}  // namespace tablewalk

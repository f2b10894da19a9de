#include "trace/layout_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "base/line_source.h"
#include "trace/text_fields.h"

namespace tablewalk {
namespace {

struct OperationForm {
  LayoutOperation operation;
  std::string_view word;
  std::string_view fields;  ///< for messages
};
constexpr std::array<OperationForm, 8> operation_forms{{
    {LayoutOperation::Reserve, "reserve",
     "0xADDRESS 0xBYTES rwxu [shared] [stack] [file 0xOFFSET] [page 0xBYTES] [huge|no-huge] [: LABEL]"},
    {LayoutOperation::Unmap, "unmap", "0xADDRESS 0xBYTES"},
    {LayoutOperation::Protect, "protect", "0xADDRESS 0xBYTES rwxu"},
    {LayoutOperation::Remap, "remap", "0xADDRESS 0xBYTES 0xADDRESS 0xBYTES"},
    {LayoutOperation::Advise, "advise", "0xADDRESS 0xBYTES huge|no-huge|default"},
    {LayoutOperation::Discard, "discard", "0xADDRESS 0xBYTES"},
    {LayoutOperation::Fork, "fork", "@CHILD"},
    {LayoutOperation::Exit, "exit", ""},
}};

const OperationForm& form_of(LayoutOperation operation) {
  return operation_forms[static_cast<unsigned>(operation)];
}

constexpr std::array<std::string_view, 3> advice_words{"default", "huge", "no-huge"};

std::optional<HugePages> advice_of(std::string_view word) {
  const auto* const found = std::find(advice_words.begin(), advice_words.end(), word);
  if (found == advice_words.end()) return std::nullopt;
  return static_cast<HugePages>(found - advice_words.begin());
}

std::string rights_of(const LayoutChange& change) {
  return {change.read ? 'r' : '-', change.write ? 'w' : '-', change.execute ? 'x' : '-', change.user ? 'u' : '-'};
}

/// Takes one line apart, word by word.
class ChangeParser {
 public:
  explicit ChangeParser(std::string_view text)
      : text_(text.substr(0, text.find_last_not_of(" \t\r") + 1)), rest_(text_) {}

  LayoutChange parse() {
    if (rest_.substr(0, 1) == "@") change_.asid = read_space();
    const std::string_view word = take_word();
    const auto* const form = std::find_if(operation_forms.begin(), operation_forms.end(),
                                          [&](const OperationForm& one) { return one.word == word; });
    if (form == operation_forms.end()) {
      throw InputError(fmt::format("expected reserve, unmap, protect, remap, advise, discard, fork or exit, found {}",
                                   in_quotes(text_)));
    }
    form_ = form;
    change_.operation = form->operation;
    if (has_range(change_.operation)) read_range(change_.first, change_.bytes);
    if (change_.operation == LayoutOperation::Fork) read_child();
    if (change_.operation == LayoutOperation::Remap) read_range(change_.to, change_.to_bytes);
    if (change_.operation == LayoutOperation::Reserve || change_.operation == LayoutOperation::Protect) read_rights();
    if (change_.operation == LayoutOperation::Reserve) read_properties();
    if (change_.operation == LayoutOperation::Advise) read_advice();
    if (!rest_.empty()) fail();
    return std::move(change_);
  }

 private:
  [[noreturn]] void fail() const {
    const std::string_view word = form_ == nullptr ? "[@ASID]" : form_->word;
    throw InputError(fmt::format("expected {} {}, found {}", word, form_ == nullptr ? "OPERATION" : form_->fields,
                                 in_quotes(text_)));
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw InputError(fmt::format("{} in {}", problem, in_quotes(text_)));
  }

  std::string_view take_word() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    return word;
  }

  AddressSpaceId read_space() {
    std::string_view word = take_word().substr(1);
    std::uint64_t id = 0;
    if (take_decimal(word, id) == FieldResult::NoDigits || !word.empty()) fail();
    if (id > 0xffff) fail("an address-space id above 65535");
    return static_cast<AddressSpaceId>(id);
  }
  void read_child() {
    if (rest_.substr(0, 1) != "@") fail();
    change_.child = read_space();
    if (change_.child == change_.asid) fail("expected another address space than that of the parent");
  }

  std::uint64_t read_number() {
    std::string_view word = take_word();
    if (!has_hex_prefix(word)) fail();
    word.remove_prefix(2);
    std::uint64_t value = 0;
    const FieldResult result = take_hex(word, value);
    if (result == FieldResult::TooLarge) fail("a number beyond 64 bits");
    if (result != FieldResult::Good || !word.empty()) fail();
    return value;
  }

  void read_range(VirtualAddress& first, std::uint64_t& bytes) {
    first = VirtualAddress(read_number());
    bytes = read_number();
    if (bytes == 0) fail("a range of 0 bytes: expected at least 1");
    if (first.value() > ~std::uint64_t{0} - (bytes - 1)) fail("a range that ends beyond the 64-bit address space");
  }

  void read_rights() {
    const std::string_view word = take_word();
    const auto is = [&](std::size_t at, char letter) { return word[at] == letter || word[at] == '-'; };
    if (word.size() != 4 || !is(0, 'r') || !is(1, 'w') || !is(2, 'x') || !is(3, 'u')) {
      fail("expected rights as rwxu, with a hyphen for each that is missing,");
    }
    change_.read = word[0] == 'r';
    change_.write = word[1] == 'w';
    change_.execute = word[2] == 'x';
    change_.user = word[3] == 'u';
  }

  void read_properties() {
    while (!rest_.empty()) {
      const std::string_view word = take_word();
      if (word == ":") {
        read_label();
      } else if (word == "shared") {
        change_.shared = true;
      } else if (word == "stack") {
        change_.grows_down = true;
      } else if (word == "file") {
        change_.file = true;
        change_.file_offset = read_number();
      } else if (word == "page") {
        change_.page_bytes = read_number();
        if (!is_power_of_two(change_.page_bytes)) fail("expected a page size that is a power of two");
      } else if (const auto advice = advice_of(word); advice && *advice != HugePages::Default) {
        change_.huge_pages = *advice;
      } else {
        fail();
      }
    }
  }

  void read_label() {
    if (rest_.size() > longest_label) fail(fmt::format("a label of more than {} bytes", longest_label));
    if (std::any_of(rest_.begin(), rest_.end(), [](char c) { return c == '\x7f' || (c >= '\0' && c < ' '); })) {
      fail("a label with a control character");
    }
    change_.label = rest_;
    rest_ = {};
  }

  void read_advice() {
    const std::optional<HugePages> advice = advice_of(take_word());
    if (!advice) fail();
    change_.huge_pages = *advice;
  }

  std::string_view text_;
  std::string_view rest_;
  const OperationForm* form_ = nullptr;
  LayoutChange change_;
};

auto all_of(const LayoutChange& c) {
  return std::tie(c.operation, c.asid, c.record, c.first, c.bytes, c.read, c.write, c.execute, c.user, c.shared,
                  c.grows_down, c.file, c.file_offset, c.page_bytes, c.label, c.huge_pages, c.to, c.to_bytes, c.child);
}

}  // namespace

bool operator==(const LayoutChange& a, const LayoutChange& b) {
  return all_of(a) == all_of(b);
}

std::string to_text(const LayoutChange& change) {
  std::string text = change.asid == 0 ? "" : fmt::format("@{} ", change.asid);
  text += form_of(change.operation).word;
  if (has_range(change.operation)) text += fmt::format(" {:#x} {:#x}", change.first.value(), change.bytes);
  const std::string_view advice = advice_words[static_cast<unsigned>(change.huge_pages)];
  switch (change.operation) {
    case LayoutOperation::Reserve:
      text += " " + rights_of(change);
      if (change.shared) text += " shared";
      if (change.grows_down) text += " stack";
      if (change.file) text += fmt::format(" file {:#x}", change.file_offset);
      if (change.page_bytes != 0) text += fmt::format(" page {:#x}", change.page_bytes);
      if (change.huge_pages != HugePages::Default) text += fmt::format(" {}", advice);
      if (!change.label.empty()) text += " : " + change.label;
      break;
    case LayoutOperation::Protect:
      text += " " + rights_of(change);
      break;
    case LayoutOperation::Remap:
      text += fmt::format(" {:#x} {:#x}", change.to.value(), change.to_bytes);
      break;
    case LayoutOperation::Advise:
      text += fmt::format(" {}", advice);
      break;
    case LayoutOperation::Fork:
      text += fmt::format(" @{}", change.child);
      break;
    case LayoutOperation::Unmap:
    case LayoutOperation::Discard:
    case LayoutOperation::Exit:
      break;
  }
  return text;
}

LayoutChange parse_layout_change(std::string_view text) {
  return ChangeParser(text).parse();
}

}  // namespace tablewalk

#include "lecture/lecture.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"

namespace tablewalk {
namespace {

constexpr std::string_view title_mark = "# ";
constexpr std::string_view fence = "```";
constexpr std::string_view prompt = "$ ";
constexpr std::string_view program = "tablewalk ";

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

class PageParser {
 public:
  explicit PageParser(const LectureFile& file) : file_(file), lines_(file.text) {}

  Lecture parse() {
    parse_name();
    if (!next() || !starts_with(line_, title_mark)) fail("expected a title after '# ' in the first line");
    lecture_.title = line_.substr(title_mark.size());
    while (next()) {
      if (line_.empty()) {
        end_paragraph();
      } else if (line_ == fence) {
        end_paragraph();
        parse_command();
      } else {
        paragraph_ += line_ + "\n";
      }
    }
    end_paragraph();
    const auto is_command = [](const LecturePart& part) { return part.is_command; };
    if (std::none_of(lecture_.parts.begin(), lecture_.parts.end(), is_command)) fail("expected a command");
    return std::move(lecture_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw InputError(fmt::format("{}.md:{}: {}", file_.name, number_, message));
  }

  bool next() {
    ++number_;
    return static_cast<bool>(std::getline(lines_, line_));
  }

  void parse_name() {
    const std::size_t dash = file_.name.find('-');
    const std::string digits = file_.name.substr(0, dash);
    const bool is_number = !digits.empty() && digits.size() <= 3 &&
                           std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number || dash == std::string::npos || dash + 1 == file_.name.size()) {
      fail("expected a file name such as 03-flat-table.md");
    }
    lecture_.number = static_cast<unsigned>(std::stoul(digits));
    lecture_.name = file_.name.substr(dash + 1);
  }

  void end_paragraph() {
    if (!paragraph_.empty()) lecture_.parts.push_back({false, paragraph_, {}});
    paragraph_.clear();
  }

  /// From the line after the fence.
  void parse_command() {
    LecturePart part{true, {}, {}};
    if (!next() || !starts_with(line_, std::string(prompt) + std::string(program))) {
      fail("expected '$ tablewalk ...' as the first line of a block");
    }
    part.text = line_.substr(prompt.size());
    try {
      command_words(part.text);
    } catch (const InputError& error) {
      fail(error.what());
    }
    while (next() && line_ != fence) part.output += line_ + "\n";
    if (line_ != fence) fail("expected the end of the block");
    lecture_.parts.push_back(std::move(part));
  }

  const LectureFile& file_;
  std::istringstream lines_;
  std::string line_;
  unsigned number_ = 0;
  std::string paragraph_;
  Lecture lecture_;
};

}  // namespace

Lecture parse_lecture(const LectureFile& file) {
  return PageParser(file).parse();
}

std::vector<Lecture> parse_lectures(const std::vector<LectureFile>& files) {
  std::vector<Lecture> lectures;
  for (const LectureFile& file : files) {
    Lecture lecture = parse_lecture(file);
    for (const Lecture& other : lectures) {
      if (other.number != lecture.number && other.name != lecture.name) continue;
      throw InputError(
          fmt::format("{}.md: has the number or the name of '{}'; expected one of its own", file.name, other.name));
    }
    lectures.push_back(std::move(lecture));
  }
  return lectures;
}

std::vector<Lecture> all_lectures() {
  return parse_lectures(embedded_lectures());
}

const Lecture& find_lecture(const std::vector<Lecture>& lectures, const std::string& wanted) {
  std::vector<std::string> names;
  for (const Lecture& lecture : lectures) {
    if (lecture.name == wanted || std::to_string(lecture.number) == wanted) return lecture;
    names.push_back(lecture.name);
  }
  throw InputError(fmt::format("lecture '{}' is unknown: expected a number or a name that `tablewalk lecture` lists{}",
                               wanted, did_you_mean(wanted, names)));
}

std::vector<std::string> command_words(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (const char c : command) {
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        words.back() += c;
      }
      continue;
    }
    if (c == ' ') {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\'') {
      quote = c;
    } else if (std::string_view("\"\\|&;<>()$`*?[]{}~#!").find(c) != std::string_view::npos) {
      throw InputError(fmt::format("'{}': has a meaning to a shell; expected plain words, or words in '...'", c));
    } else {
      words.back() += c;
    }
  }
  if (quote != '\0') throw InputError("a quote without its end; expected another '");
  return words;
}

}  // namespace tablewalk

#include "lecture/lecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"

namespace tablewalk::lecture_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string problem_of(const std::string& name, const std::string& text) {
  try {
    parse_lecture({name, text});
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(LecturePage, HasParagraphsAndCommands) {
  const Lecture lecture =
      parse_lecture({"07-two-words", "# A title\n\nOne\nline.\n```\n$ tablewalk a 'b c'\nout\n\nput\n```\n\nEnd.\n"});
  EXPECT_EQ(lecture.number, 7);
  EXPECT_EQ(lecture.name, "two-words");
  EXPECT_EQ(lecture.title, "A title");
  ASSERT_EQ(lecture.parts.size(), 3);
  EXPECT_FALSE(lecture.parts[0].is_command);
  EXPECT_EQ(lecture.parts[0].text, "One\nline.\n");
  EXPECT_TRUE(lecture.parts[1].is_command);
  EXPECT_EQ(lecture.parts[1].text, "tablewalk a 'b c'");
  EXPECT_EQ(lecture.parts[1].output, "out\n\nput\n");
  EXPECT_FALSE(lecture.parts[2].is_command);
  EXPECT_EQ(lecture.parts[2].text, "End.\n");
}

TEST(LecturePage, AnEmptyLineEndsAParagraph) {
  const Lecture lecture = parse_lecture({"1-a", "# T\n\nOne.\n\nTwo\nlines.\n\n```\n$ tablewalk a\n```\n"});
  ASSERT_EQ(lecture.parts.size(), 3);
  EXPECT_EQ(lecture.parts[0].text, "One.\n");
  EXPECT_EQ(lecture.parts[1].text, "Two\nlines.\n");
}

TEST(LecturePages, NoTwoHaveOneNumberOrOneName) {
  const std::string page = "# T\n\n```\n$ tablewalk a\n```\n";
  EXPECT_EQ(parse_lectures({{"1-a", page}, {"2-b", page}}).size(), 2);
  for (const char* other : {"1-b", "2-a"}) {
    try {
      parse_lectures({{"1-a", page}, {other, page}});
      FAIL() << other;
    } catch (const InputError& error) {
      EXPECT_EQ(error.what(), other + std::string(".md: has the number or the name of 'a'; expected one of its own"));
    }
  }
}

TEST(LecturePage, BadPagesAreReportedWithTheirLine) {
  const std::string page = "# T\n\n```\n$ tablewalk a\n```\n";
  EXPECT_EQ(problem_of("1-a", page), "none");
  EXPECT_THAT(problem_of("a", page), HasSubstr("a.md:0: expected a file name"));
  EXPECT_THAT(problem_of("1", page), HasSubstr("expected a file name"));
  EXPECT_THAT(problem_of("1-", page), HasSubstr("expected a file name"));
  EXPECT_THAT(problem_of("x-a", page), HasSubstr("expected a file name"));
  EXPECT_THAT(problem_of("1x-a", page), HasSubstr("expected a file name"));
  EXPECT_THAT(problem_of("1-a", page.substr(2)), HasSubstr("1-a.md:1: expected a title"));
  EXPECT_THAT(problem_of("1-a", "# T\n\nText.\n"), HasSubstr("expected a command"));
  EXPECT_THAT(problem_of("1-a", "# T\n```\ntablewalk a\n```\n"), HasSubstr("1-a.md:3: expected '$ tablewalk"));
  EXPECT_THAT(problem_of("1-a", "# T\n```\n$ tablewalk a\nout\n"), HasSubstr("expected the end of the block"));
  EXPECT_THAT(problem_of("1-a", "# T\n```\n$ tablewalk a | b\n```\n"), HasSubstr("1-a.md:3: '|': has a meaning"));
}

TEST(LecturePage, OneIsFoundByNumberAndByName) {
  const std::vector<Lecture> lectures = {{3, "flat-table", "F", {}}, {12, "page-states", "P", {}}};
  EXPECT_EQ(find_lecture(lectures, "12").name, "page-states");
  EXPECT_EQ(find_lecture(lectures, "flat-table").number, 3);
  try {
    find_lecture(lectures, "page-state");
    FAIL() << "found";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'page-states'?"));
  }
}

TEST(LectureCommand, WordsAreThoseOfAShell) {
  EXPECT_THAT(command_words("tablewalk  a=b 'c; d' e'f g'h ''"), ElementsAre("tablewalk", "a=b", "c; d", "ef gh", ""));
  EXPECT_THROW(command_words("tablewalk 'a"), InputError);
  for (const char c : std::string("\"\\|&;<>()$`*?[]{}~#!")) {
    EXPECT_THROW(command_words(std::string("tablewalk a") + c), InputError) << c;
  }
}

/// A page fits a slide: its sentences and its outputs.
TEST(Lectures, AreInOrderAndShort) {
  constexpr std::size_t longest_text_line = 80;
  constexpr std::size_t longest_output_line = 160;
  constexpr std::ptrdiff_t most_output_lines = 26;
  const std::vector<Lecture> lectures = all_lectures();
  ASSERT_GE(lectures.size(), 12);
  unsigned last = 0;
  for (const Lecture& lecture : lectures) {
    EXPECT_GT(lecture.number, last) << lecture.name;
    last = lecture.number;
    EXPECT_LE(lecture.title.size(), longest_text_line);
    EXPECT_FALSE(lecture.parts.front().is_command) << lecture.name << ": begins with sentences";
    for (const LecturePart& part : lecture.parts) {
      const std::string& text = part.is_command ? part.output : part.text;
      EXPECT_FALSE(text.empty()) << lecture.name;
      EXPECT_LE(std::count(text.begin(), text.end(), '\n'), most_output_lines) << lecture.name;
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), part.is_command ? longest_output_line : longest_text_line) << lecture.name << line;
      }
    }
  }
}

}  // namespace
}  // namespace tablewalk::lecture_test

#include "base/terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tablewalk::terminal_test {
namespace {

TEST(Wrapped, LinesAreBrokenBetweenWordsThatStillFit) {
  EXPECT_EQ(wrapped("a b c d e f", 5), "a b c\n    d\n    e\n    f");
  EXPECT_EQ(wrapped("a b c d e f", 5, 0), "a b c\nd e f");
  EXPECT_EQ(wrapped("one two three", 13, 0), "one two three");
  EXPECT_EQ(wrapped("one two three", 12, 0), "one two\nthree");
}

TEST(Wrapped, WhatFollowsIsIndentedFurtherThanItsLine) {
  EXPECT_EQ(wrapped("  one two three", 9, 2), "  one two\n    three");
}

TEST(Wrapped, AWordThatIsTooLongStaysWhole) {
  EXPECT_EQ(wrapped("an incomprehensible word", 6, 0), "an\nincomprehensible\nword");
}

TEST(Wrapped, EachLineIsWrappedAloneAndLinesThatFitStayAsTheyAre) {
  EXPECT_EQ(wrapped("a  b\n\none two\n", 4, 0), "a  b\n\none\ntwo\n");
}

TEST(Wrapped, EscapeSequencesAndFurtherBytesOfACharacterTakeNoColumns) {
  EXPECT_EQ(wrapped("\033[1mone\033[0m two three", 7, 0), "\033[1mone\033[0m two\nthree");
  EXPECT_EQ(wrapped("µs µs µs", 5, 0), "µs µs\nµs");
}

TEST(Terminal, ItsColumnsAreThoseOfTheEnvironmentIfItSaysANumber) {
  ::setenv("COLUMNS", "73", 1);
  EXPECT_EQ(terminal_columns(), 73u);
  for (const char* no_number : {"73x", "", "-1", "10001"}) {
    ::setenv("COLUMNS", no_number, 1);
    EXPECT_NE(terminal_columns(), 73u) << no_number;
    EXPECT_NE(terminal_columns(), 10001u);
  }
  ::unsetenv("COLUMNS");
}

}  // namespace
}  // namespace tablewalk::terminal_test

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/types.h"
#include "base/units.h"

namespace tablewalk::base_test {
namespace {

TEST(ByteSize, ReadsEverySuffix) {
  EXPECT_EQ(parse_byte_size("4096").bytes, 4096U);
  EXPECT_EQ(parse_byte_size("0x1000").bytes, 4096U);
  EXPECT_EQ(parse_byte_size("4K").bytes, 4096U);
  EXPECT_EQ(parse_byte_size("4KiB").bytes, 4096U);
  EXPECT_EQ(parse_byte_size("2M").bytes, 2097152U);
  EXPECT_EQ(parse_byte_size("512GiB").bytes, 512ULL << 30);
  EXPECT_EQ(parse_byte_size("1T").bytes, 1ULL << 40);
  EXPECT_EQ(parse_byte_size("0").bytes, 0U);
}

TEST(ByteSize, RefusesWhatIsNoSize) {
  for (const char* text : {"", "K", "4Q", "-4", "4.5K", "4KK", "4 K", "99999999999999999999", "16E", "0x"}) {
    EXPECT_THROW(parse_byte_size(text), InputError) << text;
  }
  EXPECT_EQ(parse_byte_size("15E").bytes, 15ULL << 60);
}

TEST(ByteSize, ShortestTextReadsBackToTheSame) {
  EXPECT_EQ(format_byte_size({0}), "0");
  EXPECT_EQ(format_byte_size({1536}), "1536");
  EXPECT_EQ(format_byte_size({2U << 20}), "2M");
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 1000; ++i) {
    const ByteSize size{(random() >> (random() % 64)) << (random() % 4 * 10)};
    EXPECT_EQ(parse_byte_size(format_byte_size(size)), size);
  }
}

TEST(ByteSize, TextForPeopleIsRounded) {
  EXPECT_EQ(humane_byte_size(1023), "1023 B");
  EXPECT_EQ(humane_byte_size(4096), "4 KiB");
  EXPECT_EQ(humane_byte_size(8832), "8.6 KiB");
  EXPECT_EQ(humane_byte_size(512ULL << 30), "512 GiB");
}

TEST(Integer, RefusesWhatIsNone) {
  EXPECT_EQ(parse_integer("12"), 12U);
  EXPECT_EQ(parse_integer("0xffffffffffffffff"), ~std::uint64_t{0});
  for (const char* text : {"", "1x", "-1", " 1", "0x", "18446744073709551616"}) {
    EXPECT_THROW(parse_integer(text), InputError) << text;
  }
}

TEST(Count, UnitsArePowersOfAThousand) {
  EXPECT_EQ(parse_count("12"), 12U);
  EXPECT_EQ(parse_count("0x10"), 16U);
  EXPECT_EQ(parse_count("250K"), 250000U);
  EXPECT_EQ(parse_count("250k"), 250000U);
  EXPECT_EQ(parse_count("4M"), 4000000U);
  EXPECT_EQ(parse_count("1G"), 1000000000U);
  EXPECT_EQ(parse_count("18446744T"), 18446744000000000000U);
  for (const char* text : {"", "K", "1x", "-1", "1.5M", "1Ki", "1KB", "1MM", "18446745T", "20000000T"}) {
    EXPECT_THROW(parse_count(text), InputError) << text;
  }
}

TEST(NearestName, FindsALikelySlipOnly) {
  const std::vector<std::string> names = {"entries", "ways", "latency_cycles"};
  EXPECT_EQ(nearest_name("entires", names), "entries");
  EXPECT_EQ(nearest_name("latency", names), "");
  EXPECT_EQ(nearest_name("wasy", names), "ways");
  EXPECT_EQ(nearest_name("replacement", names), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  EXPECT_EQ(did_you_mean("entry", {"entries"}), "");
  EXPECT_EQ(did_you_mean("entrie", {"entries"}), " (did you mean 'entries'?)");
}

TEST(Text, WordsAreListedWithOrBeforeTheLast) {
  EXPECT_EQ(words_with_or({"a"}), "a");
  EXPECT_EQ(words_with_or({"a", "b"}), "a or b");
  EXPECT_EQ(words_with_or({"a", "b", "c"}), "a, b or c");
}

TEST(Text, ThousandsAreSeparated) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(~std::uint64_t{0}), "18,446,744,073,709,551,615");
  EXPECT_EQ(grouped_hex(0), "0x0");
  EXPECT_EQ(grouped_hex(0xfff0), "0xfff0");
  EXPECT_EQ(grouped_hex(0x10000), "0x1_0000");
  EXPECT_EQ(grouped_hex(0x7f1234000000), "0x7f12_3400_0000");
  EXPECT_EQ(grouped_hex(~std::uint64_t{0}), "0xffff_ffff_ffff_ffff");
}

TEST(Text, ShortNumbersHaveAtMostSevenColumns) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(812), "812");
  EXPECT_EQ(short_number(3.4375), "3.44");
  EXPECT_EQ(short_number(1234567), "1.23 M");
  EXPECT_EQ(short_number(999999), "1.00 M");
  EXPECT_EQ(short_number(999.96), "1.00 k");
  EXPECT_EQ(short_number(9.996), "10.0");
  for (double value = 1.0; value < 1e20; value *= 1.37) EXPECT_LE(short_number(value).size(), 7U) << value;
}

TEST(Text, RealsKeepTheDigitsThatMatter) {
  EXPECT_EQ(humane_real(1234567.89), "1,234,567.9");
  EXPECT_EQ(humane_real(999.97), "1,000.0");
  EXPECT_EQ(humane_real(45.678), "45.68");
  EXPECT_EQ(humane_real(0.012345), "0.0123");
}

TEST(Text, PaddingCountsColumnsNotBytes) {
  EXPECT_EQ(pad_left("µs", 4), "  µs");
  EXPECT_EQ(pad_right("µs", 4), "µs  ");
  EXPECT_EQ(pad_left("long", 2), "long");
}

/// RFC 3629: the shortest form of a character, no surrogates, and none beyond U+10FFFF.
TEST(Text, WhatIsNoUtf8IsShownAsBytes) {
  for (const char* good : {"A", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(printable(good), good);
  }
  EXPECT_EQ(printable("\xc1\x80"), "\\xc1\\x80") << "not the shortest";
  EXPECT_EQ(printable("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf") << "not the shortest";
  EXPECT_EQ(printable("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf") << "not the shortest";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "too large";
  EXPECT_EQ(printable("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80") << "too large";
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82") << "cut";
  EXPECT_EQ(printable("\xe2\x82x"), "\\xe2\\x82x") << "cut";
}

TEST(Text, ControlCharactersAreShownAsBytesAndLineEndsOnlyWhereTheyAreWanted) {
  EXPECT_EQ(printable("\x1b[1m"), "\\x1b[1m");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\xc2\x9f"), "\\xc2\\x9f");
  EXPECT_EQ(printable("a\n\tb"), "a\\x0a\\x09b");
  EXPECT_EQ(printable("a\n\tb", true), "a\n\tb");
  EXPECT_EQ(printable("\\x41"), "\\x5cx41") << "no byte is shown as this was";
}

TEST(File, LinksAreFollowedToTheEnd) {
  const std::string folder = testing::TempDir() + "links_test/";
  create_folder(folder);
  write_text_file(folder + "end", "");
  const auto link = [&](const std::string& from, const std::string& to) {
    ::unlink((folder + from).c_str());
    ASSERT_EQ(::symlink(to.c_str(), (folder + from).c_str()), 0);
  };
  link("first", "second");
  link("second", folder + "end");
  EXPECT_EQ(through_links(folder + "first"), folder + "end");
  EXPECT_EQ(through_links(folder + "end"), folder + "end");
  EXPECT_EQ(through_links(folder + "none"), folder + "none");
  link("one", "other");
  link("other", "one");
  EXPECT_EQ(through_links(folder + "one"), folder + "one") << "a circle has an end too: after an even number";
}

TEST(File, WrittenTextReadsBackAndLeavesNoTemporaryBehind) {
  const std::string folder = testing::TempDir() + "file_test/deep";
  create_folder(folder);
  write_text_file(folder + "/a.txt", "first");
  write_text_file(folder + "/a.txt", std::string("se\0cond", 7));
  EXPECT_EQ(read_text_file(folder + "/a.txt"), std::string("se\0cond", 7));
}

TEST(File, UnusablePathsAreNamedWithTheReason) {
  const auto problem = [](auto action) -> std::string {
    try {
      action();
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(problem([] { write_text_file("/no/such/folder/a", "x"); }),
            "/no/such/folder/a: cannot be written: No such file or directory");
  EXPECT_EQ(problem([] { write_text_file("/dev/full", "x"); }),
            "/dev/full: cannot be written: No space left on device");
  EXPECT_EQ(problem([] { read_text_file("/no/such"); }), "/no/such: cannot be read: No such file or directory");
  EXPECT_EQ(problem([] { read_text_file("/"); }), "/: cannot be read: Is a directory");
  EXPECT_THAT(problem([] { create_folder("/dev/null/a"); }), testing::StartsWith("/dev/null/a: cannot be created: "));
}

TEST(Split, HasAPartMoreThanSeparators) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(split("row:rank:bank", ':'), (Parts{"row", "rank", "bank"}));
  EXPECT_EQ(split(":a::", ':'), (Parts{"", "a", "", ""}));
  EXPECT_EQ(split("a,b", ':'), (Parts{"a,b"}));
  EXPECT_EQ(split("", ','), (Parts{""}));
}

}  // namespace
}  // namespace tablewalk::base_test

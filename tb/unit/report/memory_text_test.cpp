#include "report/memory_text.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tablewalk::memory_text_test {
namespace {

std::vector<MemorySample> samples(std::uint64_t count) {
  std::vector<MemorySample> all;
  for (std::uint64_t i = 1; i <= count; ++i) all.push_back({1000 * i, 256, 10 + i, 2, 11 + i, i, 1, i % 2, 4});
  return all;
}

TEST(MemoryText, HasARowForEachIntervalAndABarForTheMostFaults) {
  const std::string text = memory_text(samples(2), 2);
  EXPECT_NE(text.find("          1,000       256       11        2       12        1        1        1  ####"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("          2,000       256       12        2       13        2        1        0\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '#'), 30);
}

TEST(MemoryText, JoinsIntervalsIfTheyAreMany) {
  const std::string text = memory_text(samples(41), 2, 20);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 14);
  EXPECT_NE(text.find("          3,000       256       13        2       14        3        3        2  "),
            std::string::npos)
      << text;
}

TEST(MemoryText, WritesEveryIntervalAsCsv) {
  EXPECT_EQ(memory_csv(samples(1)),
            "end_cycle,reserved_pages,cached_pages,uncached_pages,frames,working_set_pages,minor_faults,major_faults,"
            "evictions\n1000,256,11,2,12,1,1,1,4\n");
}

}  // namespace
}  // namespace tablewalk::memory_text_test

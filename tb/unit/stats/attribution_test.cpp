#include "stats/attribution.h"

#include <gtest/gtest.h>

namespace tablewalk::attribution_test {
namespace {

std::vector<std::string> names_of(const AttributedRows& rows) {
  std::vector<std::string> names;
  for (const AttributedWalks& row : rows) names.push_back(row.name);
  return names;
}

TEST(Attribution, RowsHaveMostCyclesFirstThenTheLowestAddressAndOthersLast) {
  AttributedRows rows{{"others", {}, 0, 9, 900},
                      {"c", 0x3000, 0, 1, 10},
                      {"b1", 0x2000, 1, 1, 10},
                      {"b0", 0x2000, 0, 1, 10},
                      {"a", 0x9000, 0, 1, 11}};
  sort_rows(rows);
  EXPECT_EQ(names_of(rows), (std::vector<std::string>{"a", "b0", "b1", "c", "others"}));
}

TEST(Attribution, RowsThatAreLeftOutAreSummedUp) {
  const AttributedRows rows{{"a", 1, 0, 4, 40}, {"b", 2, 0, 3, 30}, {"c", 3, 0, 2, 20}, {"others", {}, 0, 1, 10}};
  const AttributedRows two = first_rows(rows, 2);
  EXPECT_EQ(names_of(two), (std::vector<std::string>{"a", "b", "others"}));
  EXPECT_EQ(two[2].walks, 3U);
  EXPECT_EQ(two[2].walk_cycles, 30U);
  EXPECT_EQ(names_of(first_rows(rows, 0)), names_of(rows));
  EXPECT_EQ(names_of(first_rows(rows, 9)), names_of(rows));
  EXPECT_EQ(first_rows({rows[0], rows[1]}, 2).size(), 2U) << "nothing is left out";
  EXPECT_EQ(names_of(first_rows(two, 2)), names_of(two)) << "doing it again changes nothing";
}

}  // namespace
}  // namespace tablewalk::attribution_test

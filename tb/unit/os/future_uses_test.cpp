#include "os/future_uses.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/listed_trace.h"

namespace tablewalk::future_uses_test {
namespace {

FutureUses future_of(const std::vector<Record>& records, std::uint64_t page_bytes = 4096,
                     std::uint64_t limit = 1000000) {
  FutureUses future;
  test::ListedTrace trace(records);
  future.add(trace, page_bytes, limit);
  return future;
}
FutureUses future_of_pages(const std::vector<std::uint64_t>& numbers) {
  FutureUses future;
  for (const std::uint64_t number : numbers) future.add({0, number});
  return future;
}

TEST(FutureUses, AccessesInARowToAPageAreOneUse) {
  FutureUses future = future_of({{VirtualAddress(0x1000), 8},
                                 {VirtualAddress(0x1ff8), 8},
                                 {VirtualAddress(0x2000), 1, RecordKind::Fetch},
                                 {VirtualAddress(0x1000), 8, RecordKind::Store}});
  EXPECT_EQ(future.size(), 3u);
  EXPECT_EQ(future.next_use(future.find({0, 1}).value()), 0u);
  EXPECT_EQ(future.next_use(future.find({0, 2}).value()), 1u);
  EXPECT_FALSE(future.find({0, 3}).has_value());
  EXPECT_FALSE(future.find({1, 1}).has_value());
}

TEST(FutureUses, AnAccessThatCrossesAPageUsesBoth) {
  EXPECT_EQ(future_of({{VirtualAddress(0x1ff9), 8}}).size(), 2u);
  EXPECT_EQ(future_of({{VirtualAddress(0x1ff8), 8}}).size(), 1u);
  EXPECT_EQ(future_of({{VirtualAddress(0x2ff9), 8}}, 8192).size(), 1u);
  EXPECT_EQ(future_of({{VirtualAddress(~std::uint64_t{0}), 1}}).size(), 1u) << "the last byte of all";
}

TEST(PageKey, IsAPageOfAnAddressSpace) {
  EXPECT_EQ(PageKey{}, (PageKey{0, 0}));
  EXPECT_NE((PageKey{1, 2}), (PageKey{2, 2}));
  EXPECT_NE((PageKey{1, 2}), (PageKey{1, 3}));
}

TEST(FutureUses, AddressSpacesAreDifferentPagesAndEventsAreNone) {
  Record other(VirtualAddress(0x1000), 8, RecordKind::Load, Privilege::User, 7);
  Record event(VirtualAddress(0x5008), 0, RecordKind::InvalidatePage);
  FutureUses future = future_of({{VirtualAddress(0x1000), 8}, event, other});
  EXPECT_EQ(future.size(), 2u);
  EXPECT_EQ(future.next_use(future.find({7, 1}).value()), 1u);
}

TEST(FutureUses, AsManyRecordsAsAskedFor) {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < 10'000; ++i) records.emplace_back(VirtualAddress(i * 4096), 8);
  EXPECT_EQ(future_of(records, 4096, 5000).size(), 5000u);
  EXPECT_EQ(future_of(records).size(), 10'000u);
}

TEST(FutureUses, UsesPassOneAfterTheOther) {
  FutureUses future = future_of_pages({5, 6, 5, 7});
  const FutureUses::Page five = future.find({0, 5}).value();
  const FutureUses::Page six = future.find({0, 6}).value();
  EXPECT_EQ(future.next_use(five), 0u);
  future.accessed(five);
  EXPECT_EQ(future.next_use(five), 2u);
  future.accessed(five);
  EXPECT_EQ(future.next_use(six), 1u) << "an access in a row to the same page";
  future.accessed(six);
  EXPECT_EQ(future.next_use(six), FutureUses::never);
  future.accessed(five);
  EXPECT_EQ(future.next_use(five), FutureUses::never);
  EXPECT_EQ(future.deviations(), 0u);
  EXPECT_THROW(future.add(PageKey{0, 8}), LawViolation);
}

TEST(FutureUses, UsesLeftOutAreSkipped) {
  FutureUses future = future_of_pages({5, 6, 7, 5, 6, 5});
  const FutureUses::Page five = future.find({0, 5}).value();
  const FutureUses::Page seven = future.find({0, 7}).value();
  future.accessed(seven);
  EXPECT_EQ(future.deviations(), 1u);
  EXPECT_EQ(future.next_use(five), 3u);
  future.accessed(five);
  EXPECT_EQ(future.deviations(), 1u);
  future.accessed(seven);
  EXPECT_EQ(future.deviations(), 2u) << "it is not used again";
  EXPECT_EQ(future.next_use(five), 5u) << "and what follows is as expected";
}

TEST(FutureUses, AnAccessFarAheadIsNotTheProgramsNext) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < 100; ++i) numbers.push_back(i);
  FutureUses future = future_of_pages(numbers);
  future.accessed(future.find({0, 64}).value());
  EXPECT_EQ(future.next_use(future.find({0, 0}).value()), 0u);
  future.accessed(future.find({0, 63}).value());
  EXPECT_EQ(future.next_use(future.find({0, 0}).value()), FutureUses::never);
  EXPECT_EQ(future.deviations(), 2u);
}

}  // namespace
}  // namespace tablewalk::future_uses_test

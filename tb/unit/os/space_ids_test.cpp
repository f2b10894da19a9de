#include "os/space_ids.h"

#include <gtest/gtest.h>

namespace tablewalk::space_ids_test {
namespace {

SpaceIds ids(AsidKind kind, std::uint32_t count, unsigned cores) {
  AsidConfig config;
  config.kind = kind;
  config.count = count;
  return SpaceIds(config, cores);
}

TEST(SpaceIds, OfTheTraceAreItsOwn) {
  SpaceIds trace = ids(AsidKind::Trace, 1, 2);
  for (const AddressSpaceId space : {7, 9, 7}) {
    const SpaceIds::Entered entered = trace.enter(1, space);
    EXPECT_EQ(entered.id, space);
    EXPECT_EQ(entered.flush, SpaceIds::Flush::None);
  }
  EXPECT_EQ(trace.id_of(0, 12345), 12345);
}

TEST(SpaceIds, OfACoreAreTakenInTurnAndFlushed) {
  SpaceIds two = ids(AsidKind::PerCore, 2, 2);
  EXPECT_EQ(two.enter(0, 10).id, 1);
  EXPECT_EQ(two.enter(0, 11).id, 2);
  EXPECT_EQ(two.enter(0, 10).id, 1);
  const SpaceIds::Entered third = two.enter(0, 12);
  EXPECT_EQ(third.id, 1);
  EXPECT_EQ(third.flush, SpaceIds::Flush::Id);
  EXPECT_EQ(third.evicted, AddressSpaceId{10});
  EXPECT_EQ(two.id_of(0, 10), std::nullopt);
  EXPECT_EQ(two.id_of(1, 12), std::nullopt) << "the other core has not run it";
  const SpaceIds::Entered elsewhere = two.enter(1, 12);
  EXPECT_EQ(elsewhere.id, 1);
  EXPECT_EQ(elsewhere.flush, SpaceIds::Flush::None) << "nothing on that core had the id";
}

TEST(SpaceIds, ByDefaultACoreHasSixLikeLinux) {
  SpaceIds six = ids(AsidKind::PerCore, 0, 1);
  for (AddressSpaceId space = 100; space < 106; ++space) EXPECT_EQ(six.enter(0, space).flush, SpaceIds::Flush::None);
  EXPECT_EQ(six.enter(0, 106).evicted, AddressSpaceId{100});
}

TEST(SpaceIds, OfTheMachineBeginAnewWhenAllAreUsed) {
  SpaceIds three = ids(AsidKind::PerMachine, 3, 2);
  EXPECT_EQ(three.enter(0, 10).id, 1);
  EXPECT_EQ(three.enter(1, 11).id, 2);
  EXPECT_EQ(three.enter(1, 10).id, 1) << "one id on all cores";
  EXPECT_EQ(three.enter(1, 11).id, 2);
  EXPECT_EQ(three.enter(0, 12).id, 3);
  const SpaceIds::Entered fourth = three.enter(0, 13);
  EXPECT_TRUE(fourth.rollover);
  EXPECT_EQ(fourth.flush, SpaceIds::Flush::All);
  EXPECT_EQ(fourth.id, 1) << "2 runs on core 1, and 3 on core 0 until now";
  EXPECT_EQ(three.id_of(1, 11), AddressSpaceId{2});
  EXPECT_EQ(three.id_of(0, 12), AddressSpaceId{3});
  EXPECT_EQ(three.id_of(0, 10), std::nullopt) << "its id is another's now";
  const SpaceIds::Entered other_core = three.enter(1, 13);
  EXPECT_EQ(other_core.id, 1);
  EXPECT_EQ(other_core.flush, SpaceIds::Flush::All) << "that core may have entries of address space 10";
  EXPECT_FALSE(other_core.rollover);
  EXPECT_EQ(three.enter(1, 11).flush, SpaceIds::Flush::None);
}

}  // namespace
}  // namespace tablewalk::space_ids_test

#include "os/space_presence.h"

#include <gtest/gtest.h>

namespace tablewalk::space_presence_test {
namespace {

constexpr unsigned cores = 4;
const Invalidation page_of_7{Invalidation::Scope::Page, VirtualAddress(0x1000), 7};

std::uint64_t mask(std::initializer_list<unsigned> numbers) {
  std::uint64_t bits = 0;
  for (const unsigned core : numbers) bits |= std::uint64_t{1} << core;
  return bits;
}

TEST(SpacePresence, IpisGoToEveryCoreThatHasRunTheAddressSpace) {
  SpacePresence presence(ShootdownKind::Ipi, cores);
  for (const unsigned core : {0, 1, 2}) presence.enter(core, 7);
  presence.enter(1, 8);
  EXPECT_EQ(presence.targets(page_of_7, 0), mask({1, 2}));
  presence.leave(1, 7);
  EXPECT_EQ(presence.targets(page_of_7, 0), mask({2}));
  EXPECT_FALSE(presence.enter(1, 7)) << "nothing is flushed later";
}

TEST(SpacePresence, LazySparesCoresThatRunAnotherAndFlushesWhenTheyReturn) {
  SpacePresence presence(ShootdownKind::Lazy, cores);
  for (const unsigned core : {0, 1, 2}) EXPECT_FALSE(presence.enter(core, 7));
  presence.enter(1, 8);
  EXPECT_EQ(presence.targets(page_of_7, 0), mask({2}));
  EXPECT_TRUE(presence.enter(1, 7)) << "it missed one";
  EXPECT_FALSE(presence.enter(1, 7));
  EXPECT_FALSE(presence.enter(2, 7)) << "it was interrupted";
  EXPECT_FALSE(presence.enter(0, 7)) << "the initiator";
  EXPECT_FALSE(presence.enter(3, 7)) << "it had nothing";
}

TEST(SpacePresence, AnInitiatorThatMissedAnEarlierInvalidationFlushesStill) {
  SpacePresence presence(ShootdownKind::Lazy, cores);
  presence.enter(0, 7);
  presence.enter(1, 7);
  presence.enter(1, 8);
  presence.targets(page_of_7, 0);
  presence.targets(page_of_7, 1);  // core 1 evicts a page of 7 while it runs 8
  EXPECT_TRUE(presence.enter(1, 7));
}

TEST(SpacePresence, LazySparesCoresThatHaveEnded) {
  SpacePresence presence(ShootdownKind::Lazy, cores);
  for (const unsigned core : {0, 1, 2}) presence.enter(core, 7);
  presence.end(2);
  EXPECT_EQ(presence.targets(page_of_7, 0), mask({1}));
}

TEST(SpacePresence, OnlyInvalidationsOfOneAddressSpaceSpareACore) {
  const Invalidation every{Invalidation::Scope::PageOfEverySpace, VirtualAddress(0x1000), 7};
  SpacePresence lazy(ShootdownKind::Lazy, cores);
  EXPECT_EQ(lazy.targets(every, 0) & mask({0, 1, 2, 3}), mask({1, 2, 3}));
  SpacePresence broadcast(ShootdownKind::Broadcast, cores);
  EXPECT_EQ(broadcast.targets(page_of_7, 2) & mask({0, 1, 2, 3}), mask({0, 1, 3})) << "hardware knows no address space";
}

}  // namespace
}  // namespace tablewalk::space_presence_test

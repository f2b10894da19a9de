#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "protocol/inbox.h"
#include "protocol/memory_access.h"
#include "protocol/translation_request.h"

namespace tablewalk {
namespace {

TEST(Inbox, ShowsNothingBeforeItsCycle) {
  Inbox<int> inbox;
  EXPECT_EQ(inbox.next_visible(), Cycles::never());
  inbox.push(Cycles(7), 1);
  EXPECT_FALSE(inbox.due(Cycles(6)));
  EXPECT_TRUE(inbox.due(Cycles(7)));
}

TEST(Inbox, OrdersByCycleAndByArrivalAmongEquals) {
  constexpr std::uint64_t seed = 3;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  Inbox<int> inbox;
  std::vector<std::pair<std::uint64_t, int>> naive;
  std::uint64_t now = 0;
  for (int i = 0; i < 20000; ++i) {
    if (random() % 2 == 0 || naive.empty()) {
      const std::uint64_t visible = now + random() % 10;
      inbox.push(Cycles(visible), i);
      const auto after = std::upper_bound(naive.begin(), naive.end(), visible,
                                          [](std::uint64_t value, const auto& item) { return value < item.first; });
      naive.insert(after, {visible, i});
    } else {
      now = std::max(now, naive.front().first);
      ASSERT_EQ(inbox.next_visible(), Cycles(naive.front().first));
      ASSERT_EQ(inbox.front(), naive.front().second);
      inbox.pop();
      naive.erase(naive.begin());
    }
    ASSERT_EQ(inbox.size(), naive.size());
    ASSERT_EQ(inbox.empty(), naive.empty());
  }
}

TEST(Inbox, GivesThoseOfOneCycleByPortAndThenByArrival) {
  Inbox<int> inbox;
  inbox.push(Cycles(9), 1, 3);
  inbox.push(Cycles(7), 2, 200);
  inbox.push(Cycles(7), 3, 1);
  inbox.push(Cycles(7), 4, 200);
  inbox.push(Cycles(7), 5, 0);
  std::vector<std::pair<int, unsigned>> taken;
  for (; !inbox.empty(); inbox.pop()) taken.emplace_back(inbox.front(), inbox.front_port());
  EXPECT_EQ(taken, (std::vector<std::pair<int, unsigned>>{{5, 0}, {3, 1}, {2, 200}, {4, 200}, {1, 3}}));
}

TEST(Inbox, KeepsItsOrderWhenItsRingGrowsAndWraps) {
  Inbox<int> inbox;
  int next = 0;
  int expected = 0;
  for (int round = 1; round < 20; ++round) {
    for (int i = 0; i < 2 * round; ++i, ++next) inbox.push(Cycles(static_cast<std::uint64_t>(next / 3)), next);
    for (int i = 0; i < round; ++i, inbox.pop()) ASSERT_EQ(inbox.front(), expected++);
  }
  for (; !inbox.empty(); inbox.pop()) ASSERT_EQ(inbox.front(), expected++);
  EXPECT_EQ(expected, next);
}

TEST(WaitingRequests, AreTakenInOrderOfArrival) {
  std::array<TranslationRequest, 3> requests;
  WaitingRequests waiting;
  EXPECT_EQ(waiting.take(), nullptr);
  waiting.add(requests[1]);
  waiting.add(requests[0]);
  EXPECT_EQ(waiting.take(), &requests[1]);
  waiting.add(requests[2]);
  EXPECT_EQ(waiting.take(), &requests[0]);
  EXPECT_EQ(waiting.take(), &requests[2]);
  EXPECT_TRUE(waiting.empty());
}

TEST(TranslationRequest, AccountGoesOnUntilItIsClearedAndAddsUp) {
  TranslationRequest request;
  request.begin_account(Cycles(10));
  request.account(request.cycles.tlb_lookup, Cycles(12));
  request.begin_account(Cycles(15));  // already open
  request.account(request.cycles.queue, Cycles(20));
  request.account(request.cycles.memory[2][1], Cycles(33));
  EXPECT_EQ(request.cycles.tlb_lookup, 2u);
  EXPECT_EQ(request.cycles.queue, 8u);
  EXPECT_EQ(request.cycles.total(), 23u);
  LatencyBreakdown sum = request.cycles;
  sum.add(request.cycles);
  EXPECT_EQ(sum.total(), 46u);
}

class SharedAnswer : public testing::Test {
 protected:
  bool share(AccessKind kind) {
    waiting.access = {kind, true};
    return share_answer(*mode, answer, waiting);
  }
  std::shared_ptr<const PagingMode> mode = make_paging_mode("x86-64");
  Answer answer;
  TranslationRequest waiting;
};

TEST_F(SharedAnswer, ServesWhatTheTranslationAllows) {
  answer.translation.page = PhysicalAddress(0x5000);
  answer.translation.dirty = true;
  ASSERT_TRUE(share(AccessKind::Store));
  EXPECT_EQ(waiting.answer.translation.page, PhysicalAddress(0x5000));
}

TEST_F(SharedAnswer, StoreMustSetTheDirtyBitItself) {
  EXPECT_FALSE(share(AccessKind::Store));
  EXPECT_TRUE(share(AccessKind::Load));
}

TEST_F(SharedAnswer, AccessThatIsNotAllowedMustFaultItself) {
  answer.translation.rights.execute = false;
  EXPECT_FALSE(share(AccessKind::Fetch));
  EXPECT_TRUE(share(AccessKind::Load));
}

TEST_F(SharedAnswer, MissingPageIsMissingForEverybodyWithTheirOwnCode) {
  answer.faulted = true;
  answer.fault = {FaultReason::NotPresent, 0, mode->error_code(FaultReason::NotPresent, 0, {AccessKind::Load, true})};
  ASSERT_TRUE(share(AccessKind::Store));
  EXPECT_TRUE(waiting.answer.faulted);
  EXPECT_EQ(waiting.answer.fault.error_code, mode->error_code(FaultReason::NotPresent, 0, {AccessKind::Store, true}));
}

TEST_F(SharedAnswer, SomebodyElsesPermissionFaultSettlesNothing) {
  answer.faulted = true;
  answer.fault = {FaultReason::Permission, 0, 0};
  EXPECT_FALSE(share(AccessKind::Load));
}

TEST(MemoryAccess, CarriesTheBytesOfAnEntry) {
  PhysicalMemory memory;
  memory.write(PhysicalAddress(0x100), 4, 0xa1b2c3d4);
  AccessPool pool;
  MemoryAccess& access = pool.take();
  access.prepare(PhysicalAddress(0x100), 4, false);
  access.transfer_entry(memory);
  EXPECT_EQ(access.entry(), 0xa1b2c3d4u);
  EXPECT_FALSE(access.info.swapped);
  access.release();
}

TEST(MemoryAccess, SwapsOnlyWhatItExpects) {
  PhysicalMemory memory;
  memory.write(PhysicalAddress(0x100), 8, 7);
  AccessPool pool;
  MemoryAccess& access = pool.take();
  access.prepare(PhysicalAddress(0x100), 8, false);
  access.info.operation = AccessInfo::Operation::CompareAndSwap;
  access.info.expected = 6;
  access.info.desired = 9;
  access.transfer_entry(memory);
  EXPECT_TRUE(access.info.swapped);
  EXPECT_EQ(access.info.held, 7u);
  EXPECT_EQ(memory.read(PhysicalAddress(0x100), 8), 7u);
  access.info.expected = 7;
  access.transfer_entry(memory);
  EXPECT_EQ(memory.read(PhysicalAddress(0x100), 8), 9u);
  access.release();
}

TEST(AccessPool, PayloadComesBackWhenItsLastHolderReleasesIt) {
  AccessPool pool;
  MemoryAccess& first = pool.take();
  first.acquire();
  first.release();
  EXPECT_NE(&pool.take(), &first);
  first.release();
  EXPECT_EQ(&pool.take(), &first);
}

}  // namespace
}  // namespace tablewalk

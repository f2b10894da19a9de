#include "protocol/translation_request.h"

#include <gtest/gtest.h>

#include <array>

#include "base/error.h"

namespace tablewalk::translation_request_test {
namespace {

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

TEST(TranslationId, HasItsCoreAndDiffersFromEveryOther) {
  EXPECT_FALSE(TranslationId().is_valid());
  EXPECT_TRUE(TranslationId(0, 0).is_valid());
  EXPECT_EQ(TranslationId(5, 77).core(), 5u);
  EXPECT_EQ(TranslationId(63, 0).core(), 63u);
  EXPECT_NE(TranslationId(5, 77).value(), TranslationId(5, 78).value());
  EXPECT_NE(TranslationId(5, 77).value(), TranslationId(6, 77).value());
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

TEST(TranslationRequest, RouteLeadsBackTheWayItCameAndHasAnEnd) {
  TranslationRequest request;
  for (unsigned port = 0; port < TranslationRequest::most_translators; ++port) request.push_route(port, Cycles(port));
  EXPECT_THROW(request.push_route(9), LawViolation);
  for (unsigned port = TranslationRequest::most_translators; port-- > 0;) {
    EXPECT_EQ(request.first_lookup(), Cycles(port));
    EXPECT_EQ(request.pop_route(), port);
  }
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

}  // namespace
}  // namespace tablewalk::translation_request_test

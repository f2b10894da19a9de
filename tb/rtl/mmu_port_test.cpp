// One side of the MMU alone: its handshakes, its cycles, and its responses.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "Vport_pins.h"
#include "rtl/lasting_model.h"
#include "rtl/rtl_codes.h"

namespace tablewalk::test::mmu_port_test {
namespace {

constexpr std::uint8_t sv39 = 6;
constexpr std::uint64_t page_a = 0x40001000;
constexpr std::uint64_t frame_a = 0xA00000;

/// The port between a core and a walker, both controlled by the test.
struct Port {
  Port() {
    pins.req_mode_i = sv39;
    pins.req_controls_i = rtl::controls_bits({});
    pins.req_access_i = 1;
    pins.req_priv_i = 1;
    pins.rsp_ready_i = pins.walk_ready_i = 1;
    pins.rst_ni = 0;
    tick();
    tick();
    pins.rst_ni = 1;
    tick();
  }
  ~Port() { pins.final(); }

  void tick() {
    pins.clk_i = 1;
    pins.eval();
    pins.clk_i = 0;
    pins.eval();
    pins.req_valid_i = pins.walked_i = pins.walked_overtaken_i = pins.invalidate_i = 0;
  }
  void request(std::uint64_t va, unsigned access = 1, bool user = true, std::uint16_t asid = 0) {
    pins.req_valid_i = 1;
    pins.req_va_i = va;
    pins.req_access_i = static_cast<std::uint8_t>(access);
    pins.req_priv_i = user;
    pins.req_asid_i = asid;
  }
  void walked(std::uint64_t page, unsigned rights = 0x0F, bool dirty = true, unsigned fault = 0) {
    pins.walked_i = 1;
    pins.walked_page_i = page;
    pins.walked_page_shift_i = 12;
    pins.walked_rights_i = static_cast<std::uint16_t>(rights);
    pins.walked_dirty_i = dirty;
    pins.walked_fault_i = static_cast<std::uint8_t>(fault);
  }
  void invalidate_all() { pins.invalidate_i = pins.inv_all_i = 1; }
  /// A miss that is answered with that page.
  void fill(std::uint64_t va, std::uint64_t page, unsigned rights = 0x0F, bool dirty = true) {
    request(va);
    tick();
    tick();
    walked(page, rights, dirty);
    tick();
    tick();
  }
  Vport_pins& pins = lasting_model<Vport_pins>();
};

TEST(RtlMmuPort, AHitStandsInTheNextCycle) {
  Port port;
  port.fill(page_a, frame_a);
  port.request(page_a + 0x123);
  EXPECT_EQ(int{port.pins.rsp_valid_o}, 0);
  port.tick();
  EXPECT_EQ(int{port.pins.rsp_valid_o}, 1);
  EXPECT_EQ(int{port.pins.rsp_hit_o}, 1);
  EXPECT_EQ(int{port.pins.walk_valid_o}, 0);
  EXPECT_EQ(port.pins.rsp_address_o, frame_a + 0x123);
}

TEST(RtlMmuPort, AMissAsksTheWalkerInTheNextCycleAndAnswersInTheOneAfterTheWalk) {
  Port port;
  port.request(page_a + 0x123);
  EXPECT_EQ(int{port.pins.walk_valid_o}, 0);
  port.tick();
  EXPECT_EQ(int{port.pins.walk_valid_o}, 1);
  EXPECT_EQ(port.pins.walk_va_o, page_a) << "without the offset";
  port.tick();
  EXPECT_EQ(int{port.pins.walk_valid_o}, 0) << "asked once";
  for (unsigned cycle = 0; cycle < 20; ++cycle) {
    EXPECT_EQ(int{port.pins.rsp_valid_o}, 0);
    port.tick();
  }
  port.walked(frame_a);
  EXPECT_EQ(int{port.pins.rsp_valid_o}, 0);
  port.tick();
  EXPECT_EQ(int{port.pins.rsp_valid_o}, 1);
  EXPECT_EQ(int{port.pins.rsp_hit_o}, 0);
  EXPECT_EQ(port.pins.rsp_address_o, frame_a + 0x123);
}

TEST(RtlMmuPort, WhatItAsksTheWalkerStandsUntilItIsTaken) {
  Port port;
  port.pins.walk_ready_i = 0;
  port.pins.req_root_i = 0x1000;
  port.request(page_a, 2, false, 7);
  port.tick();
  for (unsigned cycle = 0; cycle < 50; ++cycle) {
    // Inputs in between are not accepted, and change nothing.
    port.request(page_a + 0x5000, 0, true, 9);
    port.pins.req_root_i = 0x9000;
    EXPECT_EQ(int{port.pins.req_ready_o}, 0);
    EXPECT_EQ(int{port.pins.walk_valid_o}, 1);
    EXPECT_EQ(port.pins.walk_va_o, page_a);
    EXPECT_EQ(int{port.pins.walk_mode_o}, int{sv39});
    EXPECT_EQ(port.pins.walk_root_o, 0x1000u);
    EXPECT_EQ(int{port.pins.walk_asid_o}, 7);
    EXPECT_EQ(int{port.pins.walk_access_o}, 2);
    EXPECT_EQ(int{port.pins.walk_priv_o}, 0);
    EXPECT_EQ(port.pins.walk_controls_o, rtl::controls_bits({}));
    port.tick();
  }
  port.pins.walk_ready_i = 1;
  port.tick();
  EXPECT_EQ(int{port.pins.walk_valid_o}, 0);
}

TEST(RtlMmuPort, AnAnswerStandsUntilItIsTaken) {
  Port port;
  port.fill(page_a, frame_a);
  port.pins.rsp_ready_i = 0;
  port.request(page_a + 0x42);
  port.tick();
  for (unsigned cycle = 0; cycle < 50; ++cycle) {
    port.request(page_a + 0x5000);
    if (cycle == 25) port.invalidate_all();  // the valid response is from before
    EXPECT_EQ(int{port.pins.req_ready_o}, 0);
    EXPECT_EQ(int{port.pins.rsp_valid_o}, 1);
    EXPECT_EQ(port.pins.rsp_address_o, frame_a + 0x42);
    EXPECT_EQ(int{port.pins.rsp_fault_o}, 0);
    port.tick();
  }
  port.pins.rsp_ready_i = 1;
  port.tick();
  EXPECT_EQ(int{port.pins.rsp_valid_o}, 0);
  EXPECT_EQ(int{port.pins.req_ready_o}, 1);
}

TEST(RtlMmuPort, AnAnswerThatAnInvalidationOvertookIsAskedForAgain) {
  Port port;
  port.request(page_a);
  port.tick();
  port.tick();
  port.walked(frame_a);
  port.pins.walked_overtaken_i = 1;
  port.tick();
  EXPECT_EQ(int{port.pins.rsp_valid_o}, 0);
  EXPECT_EQ(int{port.pins.walk_valid_o}, 1);
  port.tick();
  port.walked(frame_a + 0x1000);
  port.tick();
  EXPECT_EQ(int{port.pins.rsp_valid_o}, 1);
  EXPECT_EQ(port.pins.rsp_address_o, frame_a + 0x1000);
  port.tick();
  port.request(page_a);
  port.tick();
  EXPECT_EQ(int{port.pins.rsp_hit_o}, 1);
  EXPECT_EQ(port.pins.rsp_address_o, frame_a + 0x1000) << "the TLB has what came after";
}

TEST(RtlMmuPort, AFaultIsAnsweredAndNotRemembered) {
  Port port;
  port.request(page_a);
  port.tick();
  port.tick();
  port.walked(frame_a, 0x0F, true, 11);
  port.tick();
  EXPECT_EQ(int{port.pins.rsp_fault_o}, 11);
  port.tick();
  port.request(page_a);
  port.tick();
  EXPECT_EQ(int{port.pins.walk_valid_o}, 1);
}

TEST(RtlMmuPort, AHitAfterAFaultIsNoFault) {
  Port port;
  port.fill(page_a, frame_a);
  port.request(page_a + 0x1000);
  port.tick();
  port.tick();
  port.walked(0, 0, false, 11);
  port.tick();
  port.tick();
  port.request(page_a);
  port.tick();
  EXPECT_EQ(int{port.pins.rsp_hit_o}, 1);
  EXPECT_EQ(int{port.pins.rsp_fault_o}, 0);
}

TEST(RtlMmuPort, AnswersOfTheWalkerToTheOtherSideAreNotItsOwn) {
  Port port;
  port.walked(frame_a);  // no outstanding request
  port.tick();
  EXPECT_EQ(int{port.pins.rsp_valid_o}, 0);
  EXPECT_EQ(int{port.pins.req_ready_o}, 1);
  port.request(page_a);
  port.pins.walk_ready_i = 0;
  port.tick();
  port.walked(frame_a);  // not requested yet
  port.tick();
  EXPECT_EQ(int{port.pins.walk_valid_o}, 1);
  EXPECT_EQ(int{port.pins.rsp_valid_o}, 0);
}

TEST(RtlMmuPort, AResetForgetsTheMissAndTheTlbAtOnce) {
  for (unsigned cycles = 0; cycles < 4; ++cycles) {
    Port port;
    port.fill(page_a, frame_a);
    port.pins.rsp_ready_i = 0;
    port.request(page_a + 0x1000);
    port.tick();
    for (unsigned i = 0; i < cycles; ++i) {
      if (i == 1) port.walked(frame_a);
      port.tick();
    }
    port.pins.rst_ni = 0;
    port.pins.eval();  // no clock
    EXPECT_EQ(int{port.pins.rsp_valid_o}, 0);
    EXPECT_EQ(int{port.pins.walk_valid_o}, 0);
    EXPECT_EQ(int{port.pins.req_ready_o}, 1);
    port.tick();
    port.pins.rst_ni = 1;
    port.tick();
    port.request(page_a);
    port.tick();
    EXPECT_EQ(int{port.pins.walk_valid_o}, 1) << "the TLB is empty";
  }
}

/// The core and the walker act at random; the expected responses are computed alongside.
class Beside {
 public:
  explicit Beside(Vport_pins& pins) : pins_(pins) {}

  /// Checks the pins before the clock rises, and derives the expected state.
  void check_and_note() {
    ASSERT_EQ(pins_.req_ready_o != 0, !asked_.has_value());
    const bool answers = pins_.rsp_valid_o && pins_.rsp_ready_i;
    if (pins_.rsp_valid_o) {
      ASSERT_TRUE(asked_ && expected_);
      ASSERT_EQ(pins_.rsp_address_o, *expected_ | (*asked_ & 0xFFF));
      ASSERT_TRUE(known_ || !pins_.rsp_hit_o) << "a hit of what was forgotten";
    }
    if (pins_.req_ready_o && pins_.req_valid_i) {
      asked_ = pins_.req_va_i;
      const auto page = pages_.find(*asked_ >> 12);
      known_ = page != pages_.end();
      expected_.reset();
      if (known_) expected_ = page->second;
    }
    if (pins_.walked_i) {
      ASSERT_TRUE(walks);
      walks = false;
      if (!pins_.walked_overtaken_i) expected_ = pages_[*asked_ >> 12] = pins_.walked_page_i;
    }
    if (pins_.walk_valid_o && pins_.walk_ready_i) walks = true;
    if (pins_.invalidate_i) pages_.clear();
    if (!answers) return;
    hits += pins_.rsp_hit_o;
    ++answered;
    asked_.reset();
  }

  bool walks = false;  ///< the walker has an outstanding request
  unsigned hits = 0;
  unsigned answered = 0;

 private:
  Vport_pins& pins_;
  std::optional<std::uint64_t> asked_;
  std::optional<std::uint64_t> expected_;         ///< page of the expected response
  bool known_ = false;                            ///< it may be a hit
  std::map<std::uint64_t, std::uint64_t> pages_;  ///< walked since the last invalidation
};

TEST(RtlMmuPort, EveryRequestIsAnsweredOnceWhateverTheNeighboursDo) {
  unsigned hits = 0;
  for (const std::uint64_t seed : printed_seeds(40)) {
    Dice dice(seed);
    Port port;
    Beside beside(port.pins);
    for (unsigned cycle = 0; cycle < 3000; ++cycle) {
      if (dice.chance(60)) port.request(page_a + (std::uint64_t{dice.number(0, 7)} << 12 | dice.number(0, 4095)));
      port.pins.rsp_ready_i = dice.chance(60);
      port.pins.walk_ready_i = dice.chance(60);
      if (beside.walks && dice.chance(30)) {
        port.walked(std::uint64_t{dice.number(1, 0xFFFF)} << 12);
        port.pins.walked_overtaken_i = dice.chance(20);
      }
      if (dice.chance(3)) port.invalidate_all();
      beside.check_and_note();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " cycle " << cycle;
      port.tick();
    }
    EXPECT_GT(beside.answered, 200u);
    hits += beside.hits;
  }
  EXPECT_GT(hits, 1000u);
}

}  // namespace
}  // namespace tablewalk::test::mmu_port_test

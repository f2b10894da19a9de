#include "os/swap_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "config/loader.h"
#include "support/dice.h"

namespace tablewalk::swap_device_test {
namespace {

using Kind = SwapDevice::Kind;
constexpr std::uint64_t page = 4096;

SwapConfig small_device(std::uint32_t queue_depth) {
  SwapConfig config;
  config.bytes.bytes = 3 * page + 100;
  config.read_cycles = Cycles(1000);
  config.write_cycles = Cycles(300);
  config.bytes_per_cycle = 8;
  config.queue_depth = queue_depth;
  return config;
}
std::uint64_t figure(const SwapDevice& device, const std::string& name) {
  StatSet figures;
  device.report(figures);
  for (const StatSet::Figure& declared : figures.figures()) {
    if (declared.name == name) return declared.count;
  }
  ADD_FAILURE() << "no figure " << name;
  return 0;
}

TEST(SwapDevice, ARequestAloneTakesItsTransferAndItsLatency) {
  SwapDevice device(small_device(4), page);
  EXPECT_EQ(device.submit(Kind::Read, page, Cycles(50)), Cycles(50 + 512 + 1000));
  EXPECT_EQ(figure(device, "swap.read_cycles"), 1512u);
  EXPECT_EQ(device.submit(Kind::Write, page, Cycles(5000)), Cycles(5000 + 512 + 300));
  EXPECT_EQ(device.submit(Kind::Read, 1, Cycles(9000)), Cycles(9000 + 1 + 1000)) << "a part of a cycle is a cycle";
}

TEST(SwapDevice, TransfersFollowEachOtherAndLatenciesOverlap) {
  SwapDevice device(small_device(4), page);
  EXPECT_EQ(device.submit(Kind::Read, page, Cycles(0)), Cycles(1512));
  EXPECT_EQ(device.submit(Kind::Write, page, Cycles(0)), Cycles(1024 + 300)) << "shorter, so it completes first";
  EXPECT_EQ(device.submit(Kind::Read, page, Cycles(600)), Cycles(1536 + 1000));
  EXPECT_EQ(figure(device, "swap.read_queue_cycles"), 1024u - 600);
  EXPECT_EQ(figure(device, "swap.write_queue_cycles"), 512u);
}

TEST(SwapDevice, AsManyRequestsAsTheQueueIsDeepAreInService) {
  SwapDevice device(small_device(2), page);
  EXPECT_EQ(device.submit(Kind::Read, page, Cycles(0)), Cycles(1512));
  EXPECT_EQ(device.submit(Kind::Write, page, Cycles(0)), Cycles(1324));
  EXPECT_EQ(device.submit(Kind::Write, page, Cycles(0)), Cycles(1324 + 812)) << "starts when the first write completes";
  EXPECT_EQ(device.submit(Kind::Write, page, Cycles(0)), Cycles(1324 + 512 + 812)) << "starts in 1512, waits for 1836";
  EXPECT_EQ(device.submit(Kind::Write, page, Cycles(1)), Cycles(2648 + 512)) << "waits for 2348";
  EXPECT_EQ(figure(device, "swap.write_queue_cycles"), 512u + 1324 + 1836 + 2347);
}

TEST(SwapDevice, ARequestDoesNotOvertakeThoseThatArrivedBefore) {
  SwapDevice device(small_device(1), page);
  EXPECT_EQ(device.submit(Kind::Write, page, Cycles(1000)), Cycles(1812));
  EXPECT_EQ(device.submit(Kind::Write, page, Cycles(10)), Cycles(2624)) << "from a core whose time lags";
}

/// Each cycle in turn: requests in service, a queue, and one transfer at a time.
std::vector<std::uint64_t> completions_by_cycle(const SwapConfig& config, const std::vector<std::uint64_t>& arrivals,
                                                const std::vector<Kind>& kinds) {
  std::vector<std::uint64_t> completions(arrivals.size(), 0);
  std::size_t started = 0;
  std::size_t transferred = 0;
  std::uint64_t transfer_left = 0;
  for (std::uint64_t now = 0; transferred < arrivals.size(); ++now) {
    const auto in_service = [&] {
      std::size_t count = 0;
      for (std::size_t i = 0; i < started; ++i) count += i >= transferred || completions[i] > now ? 1 : 0;
      return count;
    };
    if (transfer_left > 0 && --transfer_left == 0) {
      const Cycles latency = kinds[transferred] == Kind::Read ? config.read_cycles : config.write_cycles;
      completions[transferred++] = now + latency.count();
    }
    while (started < arrivals.size() && arrivals[started] <= now && in_service() < config.queue_depth) ++started;
    if (transfer_left == 0 && transferred < started) {
      transfer_left = static_cast<std::uint64_t>(page / config.bytes_per_cycle);
    }
  }
  return completions;
}

TEST(SwapDevice, CompletesAsARunCycleByCycle) {
  for (const std::uint64_t seed : test::printed_seeds(60)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Dice dice(seed);
    SwapConfig config = small_device(dice.number(1, 6));
    config.bytes_per_cycle = static_cast<double>(page) / static_cast<double>(dice.between(1, 40));
    config.read_cycles = Cycles(dice.between(0, 100));
    config.write_cycles = Cycles(dice.between(0, 100));
    std::vector<std::uint64_t> arrivals;
    std::vector<Kind> kinds;
    const std::uint64_t most = dice.between(0, 60);
    for (std::uint64_t now = 0; arrivals.size() < 60; now += dice.between(0, most)) {
      arrivals.push_back(now);
      kinds.push_back(dice.chance(50) ? Kind::Read : Kind::Write);
    }
    SwapDevice device(config, page);
    std::vector<std::uint64_t> completions;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      completions.push_back(device.submit(kinds[i], page, Cycles(arrivals[i])).count());
    }
    ASSERT_EQ(completions, completions_by_cycle(config, arrivals, kinds));
  }
}

TEST(SwapDevice, HandsOutEachSlotOnceUntilItIsFull) {
  SwapDevice device(small_device(1), page);
  EXPECT_EQ(device.slots(), 3u);
  std::set<SwapSlot> slots;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(device.full());
    slots.insert(device.allocate().value());
  }
  EXPECT_EQ(slots, (std::set<SwapSlot>{0, 1, 2}));
  EXPECT_TRUE(device.full());
  EXPECT_EQ(device.allocate(), std::nullopt);
  EXPECT_TRUE(device.release(1));
  EXPECT_EQ(device.used(), 2u);
  EXPECT_EQ(device.allocate(), 1u);
  EXPECT_TRUE(device.release(0));
  EXPECT_TRUE(device.release(2));
  EXPECT_EQ(device.allocate(), 2u);
  EXPECT_EQ(device.allocate(), 0u);
  EXPECT_EQ(device.allocate(), std::nullopt);
  EXPECT_EQ(SwapDevice(SwapConfig{}, page).allocate(), std::nullopt);
  EXPECT_TRUE(SwapDevice(SwapConfig{}, page).full());
}

TEST(SwapDevice, ASharedSlotIsFreeAfterItsLastUser) {
  SwapDevice device(small_device(1), page);
  const SwapSlot slot = device.allocate().value();
  device.share(slot);
  EXPECT_EQ(device.users(slot), 2u);
  EXPECT_FALSE(device.release(slot));
  EXPECT_EQ(device.used(), 1u);
  EXPECT_TRUE(device.release(slot));
  EXPECT_EQ(device.used(), 0u);
  EXPECT_THROW(device.release(slot), LawViolation);
  EXPECT_THROW(device.share(slot), LawViolation);
  EXPECT_THROW(device.release(2), LawViolation);
}

TEST(SwapDevice, ReportsItsRequestsAndSlots) {
  SwapDevice device(small_device(1), page);
  device.submit(Kind::Read, page, Cycles(0));
  device.submit(Kind::Read, 2 * page, Cycles(0));
  device.submit(Kind::Write, page, Cycles(0));
  device.allocate();
  device.allocate();
  device.release(0);
  EXPECT_EQ(figure(device, "swap.reads"), 2u);
  EXPECT_EQ(figure(device, "swap.writes"), 1u);
  EXPECT_EQ(figure(device, "swap.read_bytes"), 3 * page);
  EXPECT_EQ(figure(device, "swap.write_bytes"), page);
  EXPECT_EQ(figure(device, "swap.read_cycles"), 1512u + 1512 + 2024);
  EXPECT_EQ(figure(device, "swap.read_queue_cycles"), 1512u);
  EXPECT_EQ(figure(device, "swap.read_transfer_cycles"), 512u + 1024);
  EXPECT_EQ(figure(device, "swap.read_device_cycles"), 2000u);
  EXPECT_EQ(figure(device, "swap.read_latency_cycles.max"), 1512u + 2024);
  EXPECT_EQ(figure(device, "swap.used_slots"), 1u);
  EXPECT_EQ(figure(device, "swap.peak_slots"), 2u);
  device.reset_stats();
  EXPECT_EQ(figure(device, "swap.reads"), 0u);
  EXPECT_EQ(figure(device, "swap.write_queue_cycles"), 0u);
  EXPECT_EQ(figure(device, "swap.used_slots"), 1u);
  EXPECT_EQ(figure(device, "swap.peak_slots"), 1u);
  EXPECT_EQ(device.submit(Kind::Write, page, Cycles(0)), Cycles(3536 + 2 * 812)) << "requests remain in service";
}

TEST(SwapConfig, RejectsADeviceThatServesNothing) {
  const auto message = [](const std::string& setting) -> std::string {
    try {
      load_config<SwapConfig>({"", {setting}});
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message("queue_depth=0"), testing::HasSubstr("queue_depth: 0 requests; expected at least 1"));
  EXPECT_THAT(message("bytes_per_cycle=0"), testing::HasSubstr("expected from 0.000001 to 1000000"));
  EXPECT_THAT(message("bytes_per_cycle=1000000.5"), testing::HasSubstr("expected from 0.000001 to 1000000"));
  for (const char* fine : {"bytes=1G", "queue_depth=1", "bytes_per_cycle=1e-6", "bytes_per_cycle=1e6"}) {
    EXPECT_EQ(message(fine), "");
  }
}

TEST(SwapDevice, SaysWhatItsFiguresMean) {
  StatSet figures;
  SwapDevice(small_device(1), page).report(figures);
  EXPECT_EQ(figures.figures().front().name, "swap.reads");
  EXPECT_EQ(figures.figures().front().explanation, "pages read back from the swap device");
  EXPECT_EQ(figure(SwapDevice(small_device(1), page), "swap.peak_slots"), 0u);
  ASSERT_EQ(figures.sums().size(), 2u);
  EXPECT_EQ(figures.sums().back().whole, "swap.write_cycles");
  EXPECT_THAT(figures.sums().back().parts, testing::ElementsAre("swap.write_queue_cycles", "swap.write_transfer_cycles",
                                                                "swap.write_device_cycles"));
}

TEST(SwapConfig, HasAKeyForEachOfItsValues) {
  const SwapConfig usual;
  EXPECT_EQ(usual.bytes.bytes, 0u);
  EXPECT_EQ(usual.queue_depth, 32u);
  const auto config = load_config<SwapConfig>(
      {"", {"bytes=4K", "read_cycles=5", "write_cycles=6", "bytes_per_cycle=0.5", "queue_depth=7"}});
  EXPECT_EQ(config.bytes.bytes, page);
  EXPECT_EQ(config.read_cycles, Cycles(5));
  EXPECT_EQ(config.write_cycles, Cycles(6));
  EXPECT_EQ(config.bytes_per_cycle, 0.5);
  EXPECT_EQ(config.queue_depth, 7u);
}

TEST(SwapConfig, TheDefaultReadsAndWritesAsOftenAsTheDriveIsRated) {
  SwapDevice device(SwapConfig{}, page);
  constexpr std::uint64_t hertz = 4'000'000'000;
  EXPECT_EQ(hertz / device.submit(Kind::Read, page, Cycles(0)).count(), 19'000u);
  SwapDevice other(SwapConfig{}, page);
  EXPECT_EQ(hertz / other.submit(Kind::Write, page, Cycles(0)).count(), 59'999u);
}

}  // namespace
}  // namespace tablewalk::swap_device_test

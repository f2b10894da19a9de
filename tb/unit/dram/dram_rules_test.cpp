// Random traffic on random memories: an independent checker verifies every command against the standard's rules, and a
// channel that is woken only when needed acts like one that runs in every clock.

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <vector>

#include "dram/dram_channel.h"
#include "unit/dram/small_dram.h"

namespace tablewalk::dram_rules_test {
namespace {

using test::line_bytes;

struct Seen {
  std::uint64_t at = 0;
  DramChannel::Command command = DramChannel::Command::Column;
  unsigned rank = 0;
  unsigned group = 0;  ///< in its rank
  unsigned bank = 0;   ///< over all ranks
  bool write = false;
};

/// Compares each command pairwise with all earlier ones that can still constrain it, as in the standard's tables.
class Observer {
 public:
  Observer(const DramConfig& config, const DramTimings& timings) : config_(config), t_(timings) {}

  void see(const DramChannel& channel) {
    const DramChannel::Plan& plan = channel.planned();
    Seen now;
    now.at = plan.at.count();
    now.command = plan.command;
    if (plan.command == DramChannel::Command::Refresh) {
      now.rank = plan.subject;
    } else if (plan.command == DramChannel::Command::Close) {
      place(now, plan.subject);
    } else {
      place(now, channel.access(plan.subject).bank);
      now.write = channel.access(plan.subject).write;
    }
    for (const Seen& before : seen_) {
      ASSERT_GE(now.at, before.at + 1) << "one command in a clock";
      ASSERT_GE(now.at, before.at + distance(before, now)) << describe(before) << " then " << describe(now);
    }
    check_window(now);
    seen_.push_back(now);
    if (seen_.size() > 400) seen_.erase(seen_.begin(), seen_.begin() + 200);
    ++count;
  }

  std::uint64_t count = 0;

 private:
  using Command = DramChannel::Command;
  static bool precharges(const Seen& seen) {
    return seen.command == Command::Precharge || seen.command == Command::Close;
  }
  static std::string describe(const Seen& seen) {
    return std::to_string(seen.at) + ": command " + std::to_string(static_cast<int>(seen.command)) + " of bank " +
           std::to_string(seen.bank) + (seen.write ? " (write)" : "");
  }
  void place(Seen& seen, unsigned bank) const {
    seen.bank = bank;
    seen.rank = bank / config_.banks;
    seen.group = bank % config_.bank_groups;
  }

  std::uint64_t distance(const Seen& a, const Seen& b) const {
    const bool same_rank = a.rank == b.rank;
    const bool same_bank = a.bank == b.bank;
    if (b.command == Command::Refresh) {
      if (!same_rank) return 0;
      return precharges(a) ? t_.rp.count() : a.command == Command::Refresh ? t_.rfc.count() : 0;
    }
    if (a.command == Command::Refresh) {
      return same_rank && b.command == Command::Activate ? t_.rfc.count() : 0;
    }
    if (a.command == Command::Activate) return after_activate(a, b, same_rank, same_bank);
    if (precharges(a)) return same_bank && b.command == Command::Activate ? t_.rp.count() : 0;
    return after_column(a, b, same_rank, same_bank);
  }
  std::uint64_t after_activate(const Seen& a, const Seen& b, bool same_rank, bool same_bank) const {
    if (b.command == Command::Activate && same_rank) return (a.group == b.group ? t_.rrd_l : t_.rrd_s).count();
    if (!same_bank) return 0;
    return b.command == Command::Column ? t_.rcd.count() : precharges(b) ? t_.ras.count() : 0;
  }
  std::uint64_t after_column(const Seen& a, const Seen& b, bool same_rank, bool same_bank) const {
    const std::uint64_t data = (a.write ? t_.cwl : t_.cl).count() + t_.burst.count();
    if (precharges(b)) return !same_bank ? 0 : a.write ? data + t_.wr.count() : t_.rtp.count();
    if (b.command != Command::Column) return 0;
    const std::uint64_t to_data = (b.write ? t_.cwl : t_.cl).count();
    const std::uint64_t turned = data + t_.rtrs.count();
    const std::uint64_t bus = turned > to_data ? turned - to_data : 0;
    if (!same_rank) return bus;
    const bool same_group = a.group == b.group;
    if (a.write && !b.write) return data + (same_group ? t_.wtr_l : t_.wtr_s).count();
    if (!a.write && b.write) return bus;
    return (!same_group ? t_.ccd_s : a.write ? t_.ccd_l_wr : t_.ccd_l).count();
  }
  void check_window(const Seen& now) const {
    if (now.command != Command::Activate) return;
    unsigned activates = 0;
    for (auto before = seen_.rbegin(); before != seen_.rend(); ++before) {
      if (before->command != Command::Activate || before->rank != now.rank) continue;
      if (++activates < 4) continue;
      ASSERT_GE(now.at, before->at + t_.faw.count()) << "five activates in tFAW";
      return;
    }
  }

  DramConfig config_;
  DramTimings t_;
  std::vector<Seen> seen_;
};

struct Arrival {
  std::uint64_t at;
  DramLocation place;
  std::uint64_t line;
  bool write;
};

DramConfig random_config(std::mt19937& random) {
  const auto pick = [&](std::uint64_t count) { return random() % count; };
  DramConfig config = test::small_dram();
  config.ranks = 1u << pick(2);
  config.bank_groups = 1u << pick(3);
  config.scheduler = pick(3) == 0 ? DramSchedulerKind::Fcfs : DramSchedulerKind::FrFcfs;
  config.bank_queue = static_cast<std::uint32_t>(1 + pick(8));
  config.read_queue = static_cast<std::uint32_t>(1 + pick(20));
  config.write_queue = static_cast<std::uint32_t>(1 + pick(20));
  config.write_low = static_cast<std::uint32_t>(pick(config.write_queue));
  for (double* time : {&config.t_rcd_ns, &config.t_cl_ns, &config.t_cwl_ns, &config.t_rp_ns, &config.t_rrd_s_ns,
                       &config.t_rrd_l_ns, &config.t_ccd_s_ns, &config.t_ccd_l_ns, &config.t_ccd_l_wr_ns,
                       &config.t_wtr_s_ns, &config.t_wtr_l_ns, &config.t_rtp_ns, &config.t_wr_ns, &config.t_rtrs_ns}) {
    *time = static_cast<double>(1 + pick(25));
  }
  config.t_ras_ns = static_cast<double>(pick(100));
  config.t_faw_ns = static_cast<double>(pick(80));
  config.burst_ns = static_cast<double>(1 + pick(8));
  if (pick(2) == 0) {
    config.t_refi_ns = static_cast<double>(300 + pick(2000));
    config.t_rfc_ns = static_cast<double>(1 + pick(200));
  }
  return config;
}

/// Traffic that leaves no refresh to idle periods that are not simulated: with refresh, the channel is never idle for
/// long.
std::vector<Arrival> random_traffic(std::mt19937& random, const DramConfig& config, unsigned count) {
  std::vector<Arrival> traffic;
  std::uint64_t at = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (random() % 3 != 0) at += random() % 60;
    const DramLocation place{0, static_cast<std::uint32_t>(random() % config.ranks),
                             static_cast<std::uint32_t>(random() % config.banks), random() % 3, random() % 4};
    const std::uint64_t line = ((place.row * config.ranks + place.rank) * config.banks + place.bank) * 4 + place.column;
    traffic.push_back({at, place, line, random() % 3 == 0});
  }
  return traffic;
}

unsigned random_seed() {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  return seed;
}

TEST(DramRules, EveryCommandKeepsEveryTiming) {
  const unsigned seed = random_seed();
  std::mt19937 random(seed);
  for (unsigned round = 0; round < 60; ++round) {
    const DramConfig config = random_config(random);
    const DramTimings timings(config, line_bytes);
    DramChannel channel(config, timings);
    Observer observer(config, timings);
    for (const Arrival& arrival : random_traffic(random, config, 1500)) {
      while (channel.next() < Clocks(arrival.at)) {
        ASSERT_NO_FATAL_FAILURE(observer.see(channel)) << "seed " << seed << ", round " << round;
        channel.run(channel.next());
      }
      channel.arrive(arrival.place, arrival.line, arrival.write, Clocks(arrival.at), 0);
    }
    EXPECT_GT(observer.count, 1000u);
  }
}

enum class Asked { InEveryClock, ForCommands, ForNotes };

/// A note, and its clock.
struct Noted {
  std::uint64_t clock;
  DramNote note;
};

std::vector<Noted> notes_of(const DramConfig& config, const std::vector<Arrival>& traffic, Asked asked) {
  DramChannel channel(config, DramTimings(config, line_bytes));
  std::vector<Noted> noted;
  const auto listen = [&](std::uint64_t clock) {
    for (const DramNote& note : channel.notes()) noted.push_back({clock, note});
    channel.clear_notes();
  };
  std::uint64_t now = 0;
  const auto run_before = [&](Clocks end) {
    if (asked == Asked::InEveryClock && end != Clocks::never()) {
      for (; now < end.count(); listen(now++)) channel.run(Clocks(now));
      return;
    }
    const auto next = [&] { return asked == Asked::ForNotes ? channel.next_note() : channel.next(); };
    while (next() < end) {
      const Clocks at = next();
      channel.run(at);
      listen(at.count());
    }
    if (end == Clocks::never() || end == Clocks(0)) return;
    channel.run(end - Clocks(1));
    EXPECT_TRUE(channel.notes().empty()) << "a note that was not announced";
  };
  std::uint32_t token = 0;
  for (const Arrival& arrival : traffic) {
    run_before(Clocks(arrival.at));
    channel.arrive(arrival.place, arrival.line, arrival.write, Clocks(arrival.at), token++);
    listen(arrival.at);
  }
  run_before(Clocks::never());
  return noted;
}

TEST(DramRules, WakingWhenAskedToIsAsGoodAsEveryClockAndNobodyIsForgotten) {
  const unsigned seed = random_seed();
  std::mt19937 random(seed);
  for (unsigned round = 0; round < 40; ++round) {
    DramConfig config = random_config(random);
    if (random() % 2 == 0) config.page_policy = PagePolicy::Closed;
    if (random() % 2 == 0) config.refresh = RefreshKind::SameBank;
    config.t_rfc_ns = std::min(config.t_rfc_ns, 30.0);
    const std::vector<Arrival> traffic = random_traffic(random, config, 1500);
    const std::vector<Noted> polled = notes_of(config, traffic, Asked::InEveryClock);
    for (const Asked how : {Asked::ForCommands, Asked::ForNotes}) {
      const std::vector<Noted> asked = notes_of(config, traffic, how);
      ASSERT_EQ(asked.size(), polled.size()) << "seed " << seed << ", round " << round;
      for (std::size_t i = 0; i < asked.size(); ++i) {
        ASSERT_EQ(asked[i].clock, polled[i].clock) << "seed " << seed << ", round " << round;
        ASSERT_EQ(asked[i].note.token, polled[i].note.token) << "seed " << seed << ", round " << round;
        ASSERT_EQ(asked[i].note.complete, polled[i].note.complete) << "seed " << seed << ", round " << round;
      }
    }
    std::vector<unsigned> answers(traffic.size());
    for (const Noted& noted : polled) {
      ASSERT_GE(noted.note.complete, noted.note.arrival);
      if (noted.note.kind != DramNote::Kind::Written) ++answers[noted.note.token];
    }
    for (const unsigned count : answers) ASSERT_EQ(count, 1u) << "seed " << seed << ", round " << round;
  }
}

void expect_same_plan(const DramChannel& channel, Clocks from) {
  DramChannel anew = channel;
  anew.plan_anew(from);
  ASSERT_EQ(channel.planned().at, anew.planned().at);
  ASSERT_EQ(channel.planned().command, anew.planned().command);
  ASSERT_EQ(channel.planned().subject, anew.planned().subject);
}

/// Cached bounds of banks save work without changing any decision.
TEST(DramRules, EveryPlanIsTheOneOfAChannelThatRemembersNothing) {
  const unsigned seed = random_seed();
  std::mt19937 random(seed);
  for (unsigned round = 0; round < 20; ++round) {
    DramConfig config = random_config(random);
    if (random() % 3 == 0) config.page_policy = PagePolicy::Closed;
    if (random() % 2 == 0) config.refresh = RefreshKind::SameBank;
    config.t_rfc_ns = std::min(config.t_rfc_ns, 30.0);
    config.row_hit_limit = static_cast<std::uint32_t>(1 + random() % 4);
    DramChannel channel(config, DramTimings(config, line_bytes));
    for (const Arrival& arrival : random_traffic(random, config, 1000)) {
      while (channel.next() < Clocks(arrival.at)) {
        const Clocks at = channel.next();
        channel.run(at);
        ASSERT_NO_FATAL_FAILURE(expect_same_plan(channel, at + Clocks(1))) << "seed " << seed << ", round " << round;
      }
      channel.arrive(arrival.place, arrival.line, arrival.write, Clocks(arrival.at), 0);
      ASSERT_NO_FATAL_FAILURE(expect_same_plan(channel, Clocks(arrival.at))) << "seed " << seed << ", round " << round;
    }
  }
}

/// A refresh during an idle period takes effect although nothing was woken.
TEST(DramRules, RefreshesOfIdleTimesAreMadeUpFor) {
  const unsigned seed = random_seed();
  std::mt19937 random(seed);
  DramConfig config = test::small_dram();
  config.t_refi_ns = 1000;
  config.t_rfc_ns = 50;
  for (unsigned round = 0; round < 200; ++round) {
    const std::uint64_t late = 3000 + random() % 1000000;
    DramChannel channel(config, DramTimings(config, line_bytes));
    channel.arrive({0, 0, 0, 0, 0}, 0, false, Clocks(5), 0);
    channel.run(Clocks(200));
    channel.arrive({0, 0, 0, 0, 0}, 0, false, Clocks(late), 1);
    while (channel.next() != Clocks::never()) channel.run(channel.next());
    const std::uint64_t phase = late % 1000;
    const std::uint64_t wait = phase < 50 ? 50 - phase : 0;
    ASSERT_EQ(channel.notes().back().complete.count(), late + wait + test::read_miss) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tablewalk::dram_rules_test

// One channel's controller: which command is issued when, reordering, and response times.

#include "dram/dram_channel.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "unit/dram/small_dram.h"

namespace tablewalk::dram_channel_test {
namespace {

using test::line_bytes;
using test::read_conflict;
using test::read_hit;
using test::read_miss;
using test::small_dram;

DramConfig refreshed_dram() {
  DramConfig config = small_dram();
  config.t_refi_ns = 1000;
  config.t_rfc_ns = 50;
  return config;
}

/// A channel of the small memory, and its notes about each access.
class SmallChannel {
 public:
  explicit SmallChannel(const DramConfig& config = small_dram())
      : channel_(config, DramTimings(config, line_bytes)), banks_(config.banks) {}

  /// Returns the access's token.
  std::uint32_t read(std::uint64_t at, std::uint32_t bank, std::uint64_t row, std::uint64_t column = 0) {
    return arrive(at, bank, row, column, false);
  }
  std::uint32_t write(std::uint64_t at, std::uint32_t bank, std::uint64_t row, std::uint64_t column = 0) {
    return arrive(at, bank, row, column, true);
  }
  void run(std::uint64_t until = 1000000) {
    channel_.run(Clocks(until));
    for (const DramNote& note : channel_.notes()) {
      (note.kind == DramNote::Kind::Written ? written : answers)[note.token] = note;
    }
    channel_.clear_notes();
  }
  /// Runs to the end; returns the read's response.
  DramNote answer(std::uint32_t token) {
    run();
    EXPECT_EQ(answers.count(token), 1u) << "no answer";
    return answers[token];
  }
  std::uint64_t complete(std::uint32_t token) { return answer(token).complete.count(); }

  std::map<std::uint32_t, DramNote> answers;
  std::map<std::uint32_t, DramNote> written;

 private:
  std::uint32_t arrive(std::uint64_t at, std::uint32_t bank, std::uint64_t row, std::uint64_t column, bool write) {
    if (at > 0) run(at - 1);
    const DramLocation place{0, bank / banks_, bank % banks_, row, column};
    channel_.arrive(place, (row * 64 + bank) * 4 + column, write, Clocks(at), tokens_);
    return tokens_++;
  }

  DramChannel channel_;
  std::uint32_t banks_;
  std::uint32_t tokens_ = 0;
};

void expect_read(const DramNote& note, RowOutcome row, std::uint64_t complete, std::uint64_t queue) {
  EXPECT_EQ(note.kind, DramNote::Kind::Read);
  EXPECT_EQ(note.row, row);
  EXPECT_EQ(note.complete.count(), complete);
  EXPECT_EQ(note.queue.count(), queue);
}

/// A read of another row of bank 0 in that clock, after one in clock 0.
DramNote conflict_at(std::uint64_t clock) {
  SmallChannel channel;
  channel.read(0, 0, 0);
  return channel.answer(channel.read(clock, 0, 1));
}

TEST(DramChannel, FirstReadOpensItsRow) {
  SmallChannel channel;
  expect_read(channel.answer(channel.read(0, 0, 0)), RowOutcome::Miss, read_miss, 0);
}

TEST(DramChannel, OpenRowIsReadWithoutAnActivate) {
  SmallChannel channel;
  channel.read(0, 0, 3);
  expect_read(channel.answer(channel.read(1000, 0, 3)), RowOutcome::Hit, 1000 + read_hit, 0);
}

TEST(DramChannel, OtherRowIsPrechargedFirst) {
  expect_read(conflict_at(1000), RowOutcome::Conflict, 1000 + read_conflict, 0);
}

TEST(DramChannel, RowStaysOpenForTras) {
  expect_read(conflict_at(99), RowOutcome::Conflict, 100 + read_conflict, 1);
  expect_read(conflict_at(100), RowOutcome::Conflict, 100 + read_conflict, 0);
}

TEST(DramChannel, OneCommandInAClockTheOldestAccessFirst) {
  SmallChannel channel;
  channel.read(0, 0, 0);
  channel.read(0, 1, 0);
  channel.run(500);
  const std::uint32_t first = channel.read(500, 0, 0);
  const std::uint32_t second = channel.read(500, 1, 0);
  EXPECT_EQ(channel.complete(first), 500 + read_hit);
  EXPECT_EQ(channel.complete(second), 505 + read_hit) << "tCCD_S";
  // Both precharges are ready in the same clock.
  const std::uint32_t third = channel.read(1000, 0, 1);
  const std::uint32_t fourth = channel.read(1000, 1, 1);
  EXPECT_EQ(channel.complete(third), 1000 + read_conflict);
  EXPECT_EQ(channel.complete(fourth), 1005 + read_conflict) << "column commands tCCD_S apart, and no more than that";
}

TEST(DramChannel, HitOvertakesAnOlderConflictWithFrfcfsOnly) {
  for (const bool in_order : {false, true}) {
    DramConfig config = small_dram();
    if (in_order) config.scheduler = DramSchedulerKind::Fcfs;
    SmallChannel channel(config);
    channel.read(0, 0, 0);
    const std::uint32_t conflict = channel.read(60, 0, 1);
    const std::uint32_t hit = channel.read(61, 0, 0);
    EXPECT_EQ(channel.answer(hit).row, in_order ? RowOutcome::Conflict : RowOutcome::Hit);
    EXPECT_EQ(channel.complete(hit) < channel.complete(conflict), !in_order);
    EXPECT_EQ(channel.complete(conflict), 100 + read_conflict);
  }
}

TEST(DramChannel, OlderConflictClosesTheRowWhenHitsHaveHadTheirShare) {
  for (const std::uint32_t limit : {3u, 4u}) {
    DramConfig config = small_dram();
    config.row_hit_limit = limit;
    SmallChannel channel(config);
    channel.read(0, 0, 0);
    channel.read(20, 0, 0, 1);
    channel.read(40, 0, 0, 2);
    const std::uint32_t conflict = channel.read(99, 0, 1);
    channel.run(100);  // three accesses have used the row; it may be closed from 100 on
    const std::uint32_t hit = channel.read(101, 0, 0, 3);
    EXPECT_EQ(channel.complete(conflict), 100 + read_conflict);
    (void)hit;
  }
  // While the limit is not reached, a waiting hit delays the precharge.
  for (const std::uint32_t limit : {1u, 2u}) {
    DramConfig config = small_dram();
    config.row_hit_limit = limit;
    SmallChannel channel(config);
    channel.read(0, 0, 0);
    channel.read(0, 1, 0);
    channel.write(5, 3, 0);
    const std::uint32_t conflict = channel.read(100, 0, 1);
    const std::uint32_t hit = channel.read(100, 0, 0, 1);
    EXPECT_EQ(channel.answer(hit).row, limit == 1 ? RowOutcome::Conflict : RowOutcome::Hit);
    EXPECT_EQ(channel.answer(conflict).complete.count(), (limit == 1 ? 100 : 107) + read_conflict);
  }
}

TEST(DramChannel, OnlyTheOldestOfABankMayOvertake) {
  for (const std::uint32_t depth : {2u, 3u}) {
    DramConfig config = small_dram();
    config.bank_queue = depth;
    SmallChannel channel(config);
    channel.read(0, 0, 0);
    channel.read(60, 0, 1);
    channel.read(60, 0, 2);
    const std::uint32_t hit = channel.read(61, 0, 0);
    EXPECT_EQ(channel.answer(hit).row, depth == 3 ? RowOutcome::Hit : RowOutcome::Conflict);
  }
}

TEST(DramChannel, WritesAreAcceptedAtOnceAndWaitInTheBuffer) {
  SmallChannel channel;
  const std::uint32_t write = channel.write(5, 0, 0);
  channel.run();
  EXPECT_EQ(channel.answers[write].kind, DramNote::Kind::Accepted);
  EXPECT_EQ(channel.answers[write].complete.count(), 5u);
  EXPECT_TRUE(channel.written.empty());
}

TEST(DramChannel, ReadOfALineInTheBufferIsAnsweredFromThere) {
  SmallChannel channel;
  channel.write(5, 0, 0, 1);
  const DramNote forwarded = channel.answer(channel.read(6, 0, 0, 1));
  EXPECT_EQ(forwarded.kind, DramNote::Kind::Forwarded);
  EXPECT_EQ(forwarded.complete.count(), 6 + 1 + 8u);
  EXPECT_EQ(channel.answer(channel.read(7, 0, 0, 2)).kind, DramNote::Kind::Read) << "another line";
}

TEST(DramChannel, BufferHoldsALineOnce) {
  DramConfig config = small_dram();
  config.write_queue = 2;
  config.write_low = 1;
  SmallChannel channel(config);
  channel.write(0, 0, 0);
  const std::uint32_t again = channel.write(1, 0, 0);
  channel.run();
  EXPECT_EQ(channel.answers[again].kind, DramNote::Kind::Accepted);
  EXPECT_TRUE(channel.written.empty());
  channel.write(200, 1, 0);
  channel.run();
  EXPECT_EQ(channel.written.size(), 2u);
  EXPECT_EQ(channel.answer(channel.read(5000, 0, 0)).kind, DramNote::Kind::Read) << "it is written, and forgotten";
}

TEST(DramChannel, IdleChannelDrainsABufferAboveTheLowMark) {
  DramConfig config = small_dram();
  config.write_low = 2;
  SmallChannel channel(config);
  channel.write(0, 0, 0);
  channel.write(0, 1, 0);
  channel.run(1000);
  EXPECT_EQ(channel.written.size(), 0u) << "as many as the low mark";
  channel.write(1000, 2, 0);
  channel.run();
  EXPECT_EQ(channel.written.size(), 3u) << "and one more";
}

TEST(DramChannel, ReadsGoBeforeBufferedWritesUntilTheBufferIsFull) {
  DramConfig config = small_dram();
  config.write_queue = 3;
  config.write_low = 1;
  SmallChannel channel(config);
  const std::uint32_t read = channel.read(0, 0, 0);
  channel.write(0, 1, 0);
  channel.write(0, 2, 0);
  channel.run(9);
  EXPECT_EQ(channel.complete(read), read_miss) << "two writes wait while a read does";
  SmallChannel full(config);
  full.write(0, 0, 0);
  const std::uint32_t other = full.read(0, 3, 0);
  full.write(0, 0, 1);
  full.write(0, 0, 2);
  full.run(0);
  const std::uint32_t late = full.read(1, 0, 3);
  EXPECT_LT(full.complete(other), full.complete(late));
  EXPECT_EQ(full.written.size(), 3u);
  EXPECT_GT(full.complete(late), full.written[3].complete.count()) << "reads that come during the drain wait";
}

TEST(DramChannel, DrainBeginsWithItsOldestWrite) {
  DramConfig config = small_dram();
  config.write_queue = 3;
  config.write_low = 2;
  config.t_rcd_ns = 60;
  config.t_rrd_s_ns = config.t_rrd_l_ns = 50;
  SmallChannel channel(config);
  channel.read(0, 3, 0);  // keeps the channel busy
  const std::uint32_t oldest = channel.write(1, 0, 0);
  channel.write(1, 1, 0);
  const std::uint32_t newest = channel.write(5, 2, 0);  // fills the buffer
  channel.run();
  EXPECT_LT(channel.written[oldest].complete, channel.written[newest].complete);
}

TEST(DramChannel, FullBufferHoldsTheNextWriteUp) {
  DramConfig config = small_dram();
  config.write_queue = 1;
  config.write_low = 0;
  config.bank_queue = 1;
  SmallChannel channel(config);
  channel.write(0, 0, 0);                               // goes to its bank at once
  const std::uint32_t second = channel.write(1, 0, 1);  // uses the buffer, because its bank is full
  const std::uint32_t third = channel.write(2, 0, 2);
  channel.run(24);
  EXPECT_EQ(channel.answers[second].complete.count(), 1u);
  channel.run();
  EXPECT_EQ(channel.answers[third].complete.count(), 10u) << "the first write's column command makes room";
}

TEST(DramChannel, FcfsServesWritesInTheirTurnAndAFullBankHoldsItsChannelUp) {
  DramConfig config = small_dram();
  config.scheduler = DramSchedulerKind::Fcfs;
  config.bank_queue = 1;
  SmallChannel channel(config);
  channel.write(0, 0, 0);  // column command in 10
  const std::uint32_t behind = channel.read(0, 0, 0);
  const std::uint32_t other = channel.read(0, 1, 0);
  channel.run();
  EXPECT_EQ(channel.written.size(), 1u);
  // Both reads enter in 10; the write's data ends in 29.
  EXPECT_EQ(channel.complete(other), 29 + 11 + read_hit) << "tWTR_S";
  EXPECT_EQ(channel.complete(behind), 29 + 11 + 5 + read_hit) << "tWTR_L has passed, and then tCCD_S";
}

TEST(DramChannel, RefreshTakesItsTimeFromTrefiOn) {
  const auto at = [](std::uint64_t arrival) {
    SmallChannel channel(refreshed_dram());
    return channel.answer(channel.read(arrival, 0, 0));
  };
  expect_read(at(0), RowOutcome::Miss, read_miss, 0);
  expect_read(at(999), RowOutcome::Miss, 999 + read_miss, 0);
  expect_read(at(1000), RowOutcome::Miss, 1050 + read_miss, 50);
  expect_read(at(1049), RowOutcome::Miss, 1050 + read_miss, 1);
  expect_read(at(1050), RowOutcome::Miss, 1050 + read_miss, 0);
  expect_read(at(700000 + 10), RowOutcome::Miss, 700050 + read_miss, 40);
  EXPECT_FALSE(at(999).refresh_stalled);
  EXPECT_TRUE(at(1000).refresh_stalled);
  EXPECT_TRUE(at(1049).refresh_stalled);
  EXPECT_FALSE(at(1050).refresh_stalled);
}

TEST(DramChannel, OpenBanksArePrechargedBeforeTheirRefresh) {
  SmallChannel channel(refreshed_dram());
  channel.read(500, 0, 0);
  channel.read(500, 1, 0);
  // Precharged in 1000 and 1001, refreshed from 1031 to 1081.
  expect_read(channel.answer(channel.read(1002, 0, 0)), RowOutcome::Miss, 1081 + read_miss, 79);
}

TEST(DramChannel, RowJustOpenedIsUsedBeforeItsRefresh) {
  SmallChannel channel(refreshed_dram());
  expect_read(channel.answer(channel.read(995, 0, 0)), RowOutcome::Miss, 995 + read_miss, 0);
  // Activated in 995: precharged in 1095, refreshed from 1125 to 1175.
  expect_read(channel.answer(channel.read(1060, 0, 0)), RowOutcome::Miss, 1175 + read_miss, 115);
}

TEST(DramChannel, RowJustOpenedIsUsedThoughItMayBePrechargedBefore) {
  DramConfig config = refreshed_dram();
  config.t_ras_ns = 4;
  SmallChannel channel(config);
  // Activated in 995, precharged in 1000 at the earliest, read in 1005.
  expect_read(channel.answer(channel.read(995, 0, 0)), RowOutcome::Miss, 995 + read_miss, 0);
}

TEST(DramChannel, RanksAreRefreshedInTurn) {
  DramConfig config = refreshed_dram();
  config.ranks = 2;
  const auto stalled = [&](std::uint64_t arrival, std::uint32_t bank) {
    SmallChannel channel(config);
    return channel.answer(channel.read(arrival, bank, 0)).queue.count();
  };
  EXPECT_EQ(stalled(1000, 0), 50u);
  EXPECT_EQ(stalled(1000, 4), 1u) << "the refresh's own clock on the command bus";
  EXPECT_EQ(stalled(1001, 4), 0u);
  EXPECT_EQ(stalled(1499, 4), 0u);
  EXPECT_EQ(stalled(1500, 4), 50u);
}

TEST(DramChannel, SameBankRefreshTakesOneBankOfEachGroup) {
  DramConfig config = refreshed_dram();
  config.refresh = RefreshKind::SameBank;  // banks 0 and 1, then 2 and 3, 500 clocks apart
  const auto stalled = [&](std::uint64_t arrival, std::uint32_t bank) {
    SmallChannel channel(config);
    return channel.answer(channel.read(arrival, bank, 0)).queue.count();
  };
  EXPECT_EQ(stalled(500, 0), 50u);
  EXPECT_EQ(stalled(500, 1), 50u);
  EXPECT_EQ(stalled(501, 2), 0u);
  EXPECT_EQ(stalled(1001, 0), 0u);
  EXPECT_EQ(stalled(1000, 3), 50u);
}

TEST(DramChannel, SleepsUntilItsNextCommandAndWhileItIsIdle) {
  DramConfig config = refreshed_dram();
  DramChannel channel(config, DramTimings(config, line_bytes));
  EXPECT_EQ(channel.next(), Clocks::never());
  channel.arrive({0, 0, 0, 0, 0}, 0, false, Clocks(7), 0);
  EXPECT_EQ(channel.next(), Clocks(7)) << "activate";
  EXPECT_EQ(channel.next_note(), Clocks(17)) << "the activate by itself wakes nobody";
  channel.run(Clocks(7));
  EXPECT_EQ(channel.next(), Clocks(17)) << "column";
  channel.run(Clocks(17));
  EXPECT_EQ(channel.next(), Clocks::never()) << "refreshes of an idle channel wake nobody";
}

/// Precharge, activate and column command of a lone access take one wake.
TEST(DramChannel, NotesOfALoneAccessAreAnnouncedExactly) {
  for (const std::uint64_t row : {0, 1}) {
    DramChannel channel(small_dram(), DramTimings(small_dram(), line_bytes));
    channel.arrive({0, 0, 0, 0, 0}, 0, false, Clocks(0), 0);
    channel.run(Clocks(1000));
    channel.clear_notes();
    channel.arrive({0, 0, 0, row, 0}, row * 256, false, Clocks(2000), 1);
    const Clocks column(2000 + (row == 0 ? read_hit : read_conflict) - read_hit);
    EXPECT_EQ(channel.next_note(), column);
    channel.run(column);
    EXPECT_EQ(channel.notes().size(), 1u);
    EXPECT_EQ(channel.next_note(), Clocks::never());
  }
}

}  // namespace
}  // namespace tablewalk::dram_channel_test

#include "dram/dram.h"

#include <gtest/gtest.h>

#include <optional>

#include "unit/dram/small_dram.h"

namespace tablewalk::dram_test {
namespace {

using test::core_mhz;
using test::line_bytes;
using test::read_conflict;
using test::read_hit;
using test::read_miss;
using test::small_dram;

PhysicalAddress at(std::uint64_t bank, std::uint64_t row) {
  return PhysicalAddress((row * 4 + bank) * 256);
}

/// An upstream neighbour that records when each response is visible.
class Requester : public sc_core::sc_module {
 public:
  explicit Requester(sc_core::sc_module_name name) : sc_core::sc_module(name), memory_side("memory_side", *this) {}

  MemoryAccess& read(Cycles visible, PhysicalAddress address, unsigned bytes = line_bytes) {
    return send(visible, address, bytes, false);
  }
  MemoryAccess& write(Cycles visible, PhysicalAddress address) { return send(visible, address, line_bytes, true); }
  MemoryAccess& read_entry(Cycles visible, PhysicalAddress address, unsigned bytes) {
    MemoryAccess& access = fresh(address, bytes, false);
    access.info.entry_for = TranslationId(0, 1);
    memory_side.send(access, visible);
    return access;
  }
  MemoryAccess& swap_entry(Cycles visible, PhysicalAddress address, std::uint64_t expected, std::uint64_t desired) {
    MemoryAccess& access = fresh(address, 8, false);
    access.info.entry_for = TranslationId(0, 1);
    access.info.operation = AccessInfo::Operation::CompareAndSwap;
    access.info.expected = expected;
    access.info.desired = desired;
    memory_side.send(access, visible);
    return access;
  }

  std::size_t answers() const { return answers_; }
  /// The cycle in which the access's response is visible; nothing if there is none.
  std::optional<std::uint64_t> seen(const MemoryAccess& access) const { return seen_[access.info.tag]; }

  AccessInitiatorPort<Requester> memory_side;

  void receive_response(unsigned, MemoryAccess& access, Cycles visible) {
    ++answers_;
    EXPECT_FALSE(seen_[access.info.tag].has_value()) << "answered twice";
    EXPECT_GT(visible, cycle_of(sc_core::sc_time_stamp())) << "links are registered";
    seen_[access.info.tag] = visible.count();
  }

 private:
  MemoryAccess& send(Cycles visible, PhysicalAddress address, unsigned bytes, bool write) {
    MemoryAccess& access = fresh(address, bytes, write);
    memory_side.send(access, visible);
    return access;
  }
  MemoryAccess& fresh(PhysicalAddress address, unsigned bytes, bool write) {
    MemoryAccess& access = pool_.take();
    access.prepare(address, bytes, write);
    access.info.tag = static_cast<std::uint32_t>(seen_.size());
    seen_.emplace_back();
    return access;
  }

  AccessPool pool_;
  std::vector<std::optional<std::uint64_t>> seen_;  ///< by tag
  std::size_t answers_ = 0;
};

/// Two upstream neighbours of one memory.
class DramModule : public testing::Test {
 protected:
  DramModule() : dram("dram", small_dram(), core_mhz, line_bytes, memory, 2), first("first"), second("second") {
    first.memory_side.socket.bind(dram.cpu_side(0));
    second.memory_side.socket.bind(dram.cpu_side(1));
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  static void run() { sc_core::sc_start(); }

  PhysicalMemory memory;
  Dram dram;
  Requester first;
  Requester second;
};

TEST_F(DramModule, ReadIsAnsweredWhenItsTimingsHavePassed) {
  const MemoryAccess& access = first.read(Cycles(5), at(0, 0));
  run();
  EXPECT_EQ(first.seen(access), 5 + read_miss);
  EXPECT_EQ(access.info.served_by, ServedBy::Dram);
}

TEST_F(DramModule, RowsAreHitMissedAndInConflict) {
  const MemoryAccess& miss = first.read(Cycles(1), at(0, 0));
  const MemoryAccess& hit = first.read(Cycles(1000), at(0, 0));
  const MemoryAccess& conflict = first.read(Cycles(2000), at(0, 1));
  run();
  EXPECT_EQ(first.seen(miss), 1 + read_miss);
  EXPECT_EQ(first.seen(hit), 1000 + read_hit);
  EXPECT_EQ(first.seen(conflict), 2000 + read_conflict);
  EXPECT_EQ(dram.stats().row_misses, 1u);
  EXPECT_EQ(dram.stats().row_hits, 1u);
  EXPECT_EQ(dram.stats().row_conflicts, 1u);
}

TEST_F(DramModule, WritesArePostedAndReadsAreForwardedFromThem) {
  const MemoryAccess& write = first.write(Cycles(5), at(0, 0));
  const MemoryAccess& forwarded = first.read(Cycles(6), at(0, 0));
  const MemoryAccess& read = first.read(Cycles(7), at(0, 1));
  run();
  EXPECT_EQ(first.seen(write), 6u);
  EXPECT_EQ(first.seen(forwarded), 6 + 1 + 8u) << "a clock, and the controller's";
  EXPECT_EQ(first.seen(read), 7 + read_miss) << "the write has not gone to its bank";
  EXPECT_EQ(dram.stats().writes, 1u);
  EXPECT_EQ(dram.stats().forwarded_reads, 1u);
  EXPECT_EQ(dram.stats().latency_cycles.count(), 2u) << "latency is that of reads";
  EXPECT_EQ(dram.stats().queue_cycles.count(), 1u) << "queueing is that of reads of the devices";
}

TEST_F(DramModule, OfTwoInOneCycleTheLowerPortIsFirst) {
  const MemoryAccess& of_second = second.read(Cycles(5), at(0, 0));
  const MemoryAccess& of_first = first.read(Cycles(5), at(1, 0));
  run();
  EXPECT_EQ(first.seen(of_first), 5 + read_miss);
  EXPECT_EQ(second.seen(of_second), 5 + read_miss + 5) << "tCCD_S after the other";
}

TEST_F(DramModule, EarlierCycleIsServedFirstWhateverWasSentFirst) {
  const MemoryAccess& late = first.read(Cycles(7), at(0, 0));
  const MemoryAccess& early = second.read(Cycles(5), at(1, 0));
  run();
  EXPECT_EQ(second.seen(early), 5 + read_miss);
  EXPECT_EQ(first.seen(late), 5 + read_miss + 5);
}

TEST_F(DramModule, EntryReadCarriesTheBytesOfMemory) {
  memory.write(PhysicalAddress(0x108), 8, 0x1122334455667788);
  memory.write(PhysicalAddress(0x204), 4, 0xAABBCCDD);
  const MemoryAccess& eight = first.read_entry(Cycles(5), PhysicalAddress(0x108), 8);
  const MemoryAccess& four = first.read_entry(Cycles(500), PhysicalAddress(0x204), 4);
  run();
  EXPECT_EQ(eight.info.held, 0x1122334455667788u);
  EXPECT_EQ(eight.get_data_ptr()[0], 0x88);
  EXPECT_EQ(four.info.held, 0xAABBCCDDu);
  EXPECT_EQ(dram.stats().table_reads, 2u);
}

TEST_F(DramModule, EntryOccupiesAWholeBurst) {
  const MemoryAccess& entry = first.read_entry(Cycles(5), at(0, 0), 8);
  const MemoryAccess& line = second.read(Cycles(5), at(1, 0));
  run();
  EXPECT_EQ(first.seen(entry), 5 + read_miss);
  EXPECT_EQ(second.seen(line), 5 + read_miss + 5);
}

TEST_F(DramModule, CompareAndSwapWritesOnlyOverWhatWasExpected) {
  memory.write(PhysicalAddress(0x100), 8, 7);
  const MemoryAccess& fails = first.swap_entry(Cycles(5), PhysicalAddress(0x100), 6, 9);
  const MemoryAccess& succeeds = first.swap_entry(Cycles(6), PhysicalAddress(0x100), 7, 8);
  run();
  EXPECT_EQ(fails.info.held, 7u);
  EXPECT_EQ(succeeds.info.held, 7u);
  EXPECT_EQ(memory.read(PhysicalAddress(0x100), 8), 8u);
}

TEST_F(DramModule, CacheFetchingALineOfEntriesNeedsNoBytes) {
  const MemoryAccess& fetch = first.read_entry(Cycles(5), at(0, 0), line_bytes);
  run();
  EXPECT_EQ(first.seen(fetch), 5 + read_miss);
  EXPECT_EQ(dram.stats().table_reads, 1u);
}

TEST_F(DramModule, WakesForArrivalsAndCommandsOnly) {
  Clockwork::of_simulation().set_lockstep(true);
  const std::uint64_t before = sc_core::sc_delta_count();
  first.read(Cycles(5), at(0, 0));
  second.read(Cycles(5), at(0, 0));
  run();
  // Cycle 5: both arrive, and the row is opened; 15 and 23: their column commands.
  EXPECT_EQ(sc_core::sc_delta_count() - before, 3u);
  EXPECT_EQ(first.answers() + second.answers(), 2u);
}

TEST_F(DramModule, FiguresAddUp) {
  for (std::uint64_t i = 0; i < 100; ++i) {
    Requester& requester = i % 3 == 0 ? first : second;
    if (i % 5 == 0) {
      requester.write(Cycles(1 + 7 * i), at(i % 4, i % 3));
    } else {
      requester.read(Cycles(1 + 7 * i), at(i % 4, i % 2));
    }
  }
  run();
  EXPECT_EQ(first.answers() + second.answers(), 100u);
  const DramStats& stats = dram.stats();
  EXPECT_EQ(stats.reads, 80u);
  EXPECT_EQ(stats.writes, 20u);
  const std::uint64_t served = stats.row_hits + stats.row_misses + stats.row_conflicts;
  EXPECT_EQ(stats.queue_cycles.count() + stats.forwarded_reads, 80u);
  EXPECT_GE(served, stats.queue_cycles.count()) << "reads, and the writes that have left the buffer";
  EXPECT_EQ(stats.row_misses, 4u) << "one for each bank";
  StatSet figures;
  dram.report("dram", figures);
  EXPECT_EQ(figures.at("dram.reads").count, 80u);
  EXPECT_EQ(figures.at("dram.row_hits").count, stats.row_hits);
  EXPECT_EQ(figures.at("dram.bus_busy_cycles").count, 4 * served);
  EXPECT_DOUBLE_EQ(figures.at("dram.row_hit_share").real,
                   static_cast<double>(stats.row_hits) / static_cast<double>(served));
  EXPECT_EQ(figures.at("dram.latency_cycles.max").count, stats.latency_cycles.max());
}

TEST(DramClock, AccessesWaitForTheMemorysNextEdgeAndAnswersForTheCoresNextCycle) {
  PhysicalMemory memory;
  Dram dram("dram", small_dram(), 2500, line_bytes, memory, 1);  // 2.5 cycles in a clock
  Requester requester("requester");
  requester.memory_side.socket.bind(dram.cpu_side(0));
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  const MemoryAccess& between = requester.read(Cycles(3), at(0, 0));     // clock 2, in cycle 5
  const MemoryAccess& at_edge = requester.read(Cycles(1000), at(0, 0));  // clock 400
  sc_core::sc_start();
  EXPECT_EQ(requester.seen(between), (2 + read_miss) * 5 / 2);
  EXPECT_EQ(requester.seen(at_edge), (400 + read_hit) * 5 / 2);
  EXPECT_EQ(dram.stats().latency_cycles.max(), (2 + read_miss) * 5 / 2 - 3);
}

TEST_F(DramModule, ResetForgetsFiguresAndKeepsOpenRows) {
  first.read(Cycles(5), at(0, 0));
  run();
  dram.reset_stats();
  EXPECT_EQ(dram.stats().reads, 0u);
  EXPECT_EQ(dram.stats().latency_cycles.count(), 0u);
  const MemoryAccess& access = first.read(Cycles(1000), at(0, 0));
  run();
  EXPECT_EQ(first.seen(access), 1000 + read_hit);
}

}  // namespace
}  // namespace tablewalk::dram_test

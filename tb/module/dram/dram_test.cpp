#include "dram/dram.h"

#include <gtest/gtest.h>

#include <optional>

namespace tablewalk {
namespace {

constexpr std::uint64_t line_bytes = 64;
constexpr std::uint64_t core_mhz = 1000;  // a cycle is a nanosecond

DramConfig small_dram() {
  DramConfig config;
  config.banks = 4;
  config.rows = 16;
  config.row_bytes = 256;
  config.t_rcd_ns = 10;
  config.t_cl_ns = 20;
  config.t_cwl_ns = 15;
  config.t_rp_ns = 30;
  config.t_ras_ns = 100;
  config.t_ccd_ns = 5;
  config.t_rtp_ns = 7;
  config.t_wr_ns = 12;
  config.burst_ns = 4;
  config.t_refi_ns = 0;
  config.t_rfc_ns = 0;
  config.controller_ns = 8;
  return config;
}
constexpr std::uint64_t read_hit = 20 + 4 + 8;
constexpr std::uint64_t read_miss = 10 + read_hit;
constexpr std::uint64_t read_conflict = 30 + read_miss;

PhysicalAddress at(std::uint64_t bank, std::uint64_t row) {
  return PhysicalAddress((row * 4 + bank) * 256);
}

/// A neighbour above: notes when each answer is seen.
class Requester : public sc_core::sc_module {
 public:
  explicit Requester(sc_core::sc_module_name name) : sc_core::sc_module(name), memory_side("memory_side", *this) {}

  MemoryAccess& read(Cycles visible, PhysicalAddress address, unsigned bytes = line_bytes) {
    return send(visible, address, bytes, false);
  }
  MemoryAccess& write(Cycles visible, PhysicalAddress address) { return send(visible, address, line_bytes, true); }
  MemoryAccess& read_entry(Cycles visible, PhysicalAddress address, unsigned bytes) {
    MemoryAccess& access = fresh(address, bytes, false);
    access.info.table_entry = true;
    memory_side.send(access, visible);
    return access;
  }
  MemoryAccess& swap_entry(Cycles visible, PhysicalAddress address, std::uint64_t expected, std::uint64_t desired) {
    MemoryAccess& access = fresh(address, 8, false);
    access.info.table_entry = true;
    access.info.operation = AccessInfo::Operation::CompareAndSwap;
    access.info.expected = expected;
    access.info.desired = desired;
    memory_side.send(access, visible);
    return access;
  }

  std::size_t answers() const { return answers_; }
  /// The cycle in which the access's answer is seen; nothing if there is none.
  std::optional<std::uint64_t> seen(const MemoryAccess& access) const { return seen_[access.info.tag]; }

  AccessInitiatorPort<Requester> memory_side;

  void receive_response(unsigned, MemoryAccess& access, Cycles visible) {
    ++answers_;
    EXPECT_FALSE(seen_[access.info.tag].has_value()) << "answered twice";
    EXPECT_EQ(access.get_response_status(), tlm::TLM_OK_RESPONSE);
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

/// Two neighbours above one memory.
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

TEST_F(DramModule, WritesArePostedAndStillHoldTheirBank) {
  const MemoryAccess& write = first.write(Cycles(5), at(0, 0));
  const MemoryAccess& read = first.read(Cycles(6), at(0, 1));
  run();
  EXPECT_EQ(first.seen(write), 6u);
  EXPECT_EQ(first.seen(read), 105 + read_conflict) << "the written row stays open for tRAS";
  EXPECT_EQ(dram.stats().writes, 1u);
  EXPECT_EQ(dram.stats().latency_cycles.count(), 1u) << "latency is that of reads";
  EXPECT_EQ(dram.stats().queue_cycles.count(), 2u);
}

TEST_F(DramModule, OfTwoInOneCycleTheLowerPortIsFirst) {
  const MemoryAccess& of_second = second.read(Cycles(5), at(0, 0));
  const MemoryAccess& of_first = first.read(Cycles(5), at(1, 0));
  run();
  EXPECT_EQ(first.seen(of_first), 5 + read_miss);
  EXPECT_EQ(second.seen(of_second), 5 + read_miss + 4) << "its burst waits for the other";
}

TEST_F(DramModule, EarlierCycleIsServedFirstWhateverWasSentFirst) {
  const MemoryAccess& late = first.read(Cycles(7), at(0, 0));
  const MemoryAccess& early = second.read(Cycles(5), at(1, 0));
  run();
  EXPECT_EQ(second.seen(early), 5 + read_miss);
  EXPECT_EQ(first.seen(late), 7 + read_miss + 2);
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
  EXPECT_EQ(second.seen(line), 5 + read_miss + 4);
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

TEST_F(DramModule, WakesOnceForAllArrivalsOfACycle) {
  const std::uint64_t before = sc_core::sc_delta_count();
  for (std::uint64_t bank = 0; bank < 4; ++bank) {
    first.read(Cycles(5), at(bank, 0));
    second.write(Cycles(5), at(bank, 1));
  }
  run();
  EXPECT_EQ(sc_core::sc_delta_count() - before, 1u);
  EXPECT_EQ(first.answers() + second.answers(), 8u);
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
  EXPECT_EQ(stats.row_hits + stats.row_misses + stats.row_conflicts, 100u);
  EXPECT_EQ(stats.row_misses, 4u) << "one for each bank";
  StatSet figures;
  dram.report("dram", figures);
  EXPECT_EQ(figures.at("dram.reads").count, 80u);
  EXPECT_EQ(figures.at("dram.row_hits").count, stats.row_hits);
  EXPECT_EQ(figures.at("dram.bus_busy_cycles").count, 400u);
  EXPECT_DOUBLE_EQ(figures.at("dram.row_hit_share").real, static_cast<double>(stats.row_hits) / 100);
  EXPECT_EQ(figures.at("dram.latency_cycles.max").count, stats.latency_cycles.max());
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
}  // namespace tablewalk

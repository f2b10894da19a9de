// The figures of a run add up: each total is the sum of its parts, and each share is the ratio of its counts.

#include <gtest/gtest.h>

#include <numeric>

#include "config/printer.h"
#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::figures_test {
namespace {

/// A machine that has every module, small enough that all of them have something to do; and what it counted on a trace
/// of `records` records.
class Figures {
 public:
  explicit Figures(std::uint64_t seed) : dice_(seed) {
    config_.paging.mode = "x86-64";
    for (TlbConfig* tlb : {&config_.itlb, &config_.dtlb}) {
      tlb->arrays.resize(1);
      tlb->arrays[0].entries = 4;
      tlb->arrays[0].ways = 0;
    }
    config_.stlb.arrays.resize(1);
    config_.stlb.arrays[0].entries = 16;
    config_.stlb.arrays[0].ways = 4;
    config_.walker.walk_caches = {WalkCacheConfig{}};
    RunOptions options;
    options.trace_path = folder_.write_trace("trace.txt", random_trace(dice_, config_, 3000));
    result_ = run_in_child(config_, options);
  }

  std::uint64_t operator[](const std::string& name) const { return count_of(result_, name); }
  double real(const std::string& name) const { return result_.stats.at(name).value(); }
  std::uint64_t sum(const std::string& prefix, const std::vector<std::string>& names) const {
    return std::accumulate(
        names.begin(), names.end(), std::uint64_t{0},
        [&](std::uint64_t total, const std::string& name) { return total + (*this)[prefix + name]; });
  }
  /// That NAME is a / b.
  void expect_ratio(const std::string& name, std::uint64_t a, std::uint64_t b) const {
    EXPECT_DOUBLE_EQ(real(name), ratio(a, b)) << name;
  }
  void expect_per_kilo_instruction(const std::string& name, std::uint64_t events) const {
    EXPECT_DOUBLE_EQ(real(name), 1000 * ratio(events, (*this)["core.instructions"])) << name;
  }

 private:
  Dice dice_;
  MachineConfig config_;
  TemporaryFolder folder_;
  RunResult result_;
};

const std::vector<std::string> memories = {"l1", "l2", "llc", "dram"};

TEST(Figures, OfTheCoreAddUp) {
  for (const std::uint64_t seed : printed_seeds(4)) {
    const Figures figures(seed);
    EXPECT_EQ(figures["core.accesses"], figures.sum("core.", {"fetches", "loads", "stores", "modifies"}));
    EXPECT_GE(figures["core.instructions"], figures["core.fetches"]);
    EXPECT_EQ(figures["core.cycles"],
              figures.sum("core.", {"issue_cycles", "translation_stall_cycles", "memory_stall_cycles",
                                    "invalidation_cycles", "switching_cycles"}));
    figures.expect_ratio("core.translation_stall_share", figures["core.translation_stall_cycles"],
                         figures["core.cycles"]);
    figures.expect_ratio("core.cycles_per_instruction", figures["core.cycles"], figures["core.instructions"]);
    EXPECT_LE(figures["core.supervisor_accesses"], figures["core.accesses"]);
    EXPECT_LE(figures["core.faulted_accesses"], figures["core.accesses"]);
    EXPECT_LE(figures["core.page_straddles"], figures["core.accesses"]);
    EXPECT_GE(figures["core.line_straddles"], figures["core.page_straddles"]) << "a page's end is a line's end";
  }
}

TEST(Figures, OfTranslationsAddUp) {
  for (const std::uint64_t seed : printed_seeds(4)) {
    const Figures figures(seed);
    EXPECT_EQ(figures["translation.requests"], figures["translation.responses"]);
    EXPECT_EQ(figures["translation.requests"], figures["itlb.lookups"] + figures["dtlb.lookups"]);
    EXPECT_EQ(figures["translation.cycles.total"],
              figures.sum("translation.cycles.",
                          {"queue", "tlb_lookup", "walk_cache_lookup", "memory", "entry_writeback", "fault", "fill"}));
    EXPECT_LE(figures["translation.latency_cycles.p50"], figures["translation.latency_cycles.p95"]);
    EXPECT_LE(figures["translation.latency_cycles.p99"], figures["translation.latency_cycles.max"]);
  }
}

TEST(Figures, OfEachTlbAddUp) {
  for (const std::uint64_t seed : printed_seeds(4)) {
    const Figures figures(seed);
    for (const std::string tlb : {"itlb.", "dtlb.", "stlb."}) {
      EXPECT_EQ(figures[tlb + "lookups"], figures.sum(tlb, {"hits", "misses"})) << tlb;
      EXPECT_EQ(figures[tlb + "misses"], figures.sum(tlb, {"sent_down", "merged_misses", "found_after_wait"})) << tlb;
      EXPECT_LE(figures[tlb + "fills"], figures[tlb + "sent_down"]) << tlb;
      EXPECT_LE(figures.sum(tlb, {"invalidated", "switched_out"}), figures[tlb + "fills"]) << tlb;
      figures.expect_ratio(tlb + "miss_share", figures[tlb + "misses"], figures[tlb + "lookups"]);
      figures.expect_per_kilo_instruction(tlb + "mpki", figures[tlb + "misses"]);
      EXPECT_EQ(figures.real(tlb + "miss_latency_cycles.mean") > 1, figures[tlb + "misses"] != 0) << tlb;
    }
    EXPECT_EQ(figures["stlb.lookups"],
              figures.sum("", {"itlb.sent_down", "itlb.resent", "dtlb.sent_down", "dtlb.resent"}));
  }
}

TEST(Figures, OfTheWalkerAddUp) {
  for (const std::uint64_t seed : printed_seeds(4)) {
    const Figures figures(seed);
    const std::uint64_t reads = figures["walker.entry_reads"];
    EXPECT_EQ(figures["walker.walks"] + figures["walker.merged_walks"],
              figures["stlb.sent_down"] + figures["stlb.resent"]);
    EXPECT_EQ(reads, figures.sum("walker.served_by.", memories));
    std::uint64_t of_levels = 0;
    for (const std::string level : {"0", "1", "2", "3"}) {
      const std::string name = "walker.level" + level + ".";
      EXPECT_EQ(figures[name + "reads"], figures.sum(name + "served_by.", memories)) << name;
      of_levels += figures[name + "reads"];
    }
    EXPECT_EQ(reads, of_levels);
    figures.expect_ratio("walker.entry_reads_per_walk", reads, figures["walker.walks"]);
    figures.expect_per_kilo_instruction("walker.walks_per_kilo_instruction", figures["walker.walks"]);
    EXPECT_LE(figures.real("walker.queue_cycles.mean"), figures.real("walker.latency_cycles.mean"));
    EXPECT_LE(figures["walker.faults"], figures["walker.walks"]);
    EXPECT_LE(figures["walk_cache.level1.hits"], figures["walk_cache.level1.lookups"]);
    if (figures.sum("walker.", {"faults", "restarts", "entry_updates"}) == 0) {
      EXPECT_EQ(reads + 3 * figures["walk_cache.level1.hits"], 4 * figures["walker.walks"])
          << "a hit saves three reads";
    }
    EXPECT_EQ(figures["l1d.table_lookups"], reads + figures["walker.entry_updates"]) << "it reads through this cache";
  }
}

TEST(Figures, OfCachesAndMemoryAddUp) {
  for (const std::uint64_t seed : printed_seeds(4)) {
    const Figures figures(seed);
    for (const std::string cache : {"l1i.", "l1d.", "l2.", "llc."}) {
      EXPECT_EQ(figures[cache + "lookups"], figures.sum(cache, {"hits", "misses"})) << cache;
      EXPECT_EQ(figures[cache + "misses"],
                figures.sum(cache, {"sent_down", "merged_misses", "found_after_wait", "written_whole"}))
          << cache;
      EXPECT_LE(figures[cache + "table_misses"], figures[cache + "table_lookups"]) << cache;
      EXPECT_LE(figures[cache + "table_merged_misses"], figures[cache + "table_misses"]) << cache;
      EXPECT_LE(figures[cache + "writebacks"], figures[cache + "fills"] + figures[cache + "written_whole"]) << cache;
      figures.expect_ratio(cache + "miss_share", figures[cache + "misses"], figures[cache + "lookups"]);
      figures.expect_per_kilo_instruction(cache + "mpki", figures[cache + "misses"]);
    }
    EXPECT_EQ(figures["l1i.table_lookups"], 0U);
    EXPECT_EQ(figures["dram.reads"], figures["llc.sent_down"]);
    EXPECT_EQ(figures["dram.writes"], figures["llc.writebacks"]);
    EXPECT_LE(figures["dram.table_reads"], figures["dram.reads"]);
    const std::uint64_t of_rows = figures.sum("dram.row_", {"hits", "misses", "conflicts"});
    EXPECT_EQ(of_rows + figures["dram.forwarded_reads"], figures["dram.reads"] + figures["dram.writes"]);
    figures.expect_ratio("dram.row_hit_share", figures["dram.row_hits"], of_rows);
    EXPECT_LE(figures["dram.queue_cycles.p50"], figures["dram.latency_cycles.p50"]);
    EXPECT_GT(figures["dram.bus_busy_cycles"], 0U);
    EXPECT_LE(figures["dram.refresh_stalls"], figures["dram.reads"] + figures["dram.writes"]);
  }
}

TEST(Figures, OfTablesAddUp) {
  for (const std::uint64_t seed : printed_seeds(4)) {
    const Figures figures(seed);
    EXPECT_EQ(figures["tables.count"], figures.sum("tables.level", {"0.count", "1.count", "2.count", "3.count"}));
    EXPECT_EQ(figures["tables.bytes"], 4096 * figures["tables.count"]);
    EXPECT_EQ(figures["tables.mapped_bytes"], 4096 * figures["tables.mapped_pages"]);
    EXPECT_LE(figures["tables.touched_bytes"], figures["tables.bytes"]);
    EXPECT_GT(figures["tables.touched_bytes"], 0U);
  }
}

}  // namespace
}  // namespace tablewalk::test::figures_test

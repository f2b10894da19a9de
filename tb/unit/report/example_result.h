#pragma once

#include <string>

#include "stats/result.h"

namespace tablewalk {

/// Most walks are fast, some are slow.
inline Histogram example_latencies() {
  Histogram latency;
  for (std::uint64_t i = 0; i < 800; ++i) latency.add(20 + i % 37);
  for (std::uint64_t i = 0; i < 12; ++i) latency.add(400 + 10 * i);
  return latency;
}

/// A made-up result with names as in real machines; `scale` makes several different ones.
inline RunResult example_result(std::uint64_t scale = 1) {
  RunResult result;
  result.version = "0.1.0";
  result.config = {{"paging", {{"mode", "x86-64"}}}, {"seed", 18446744073709551615U}};
  result.trace = {"traces/sort.twt", "twt", "0123456789abcdef", 1234567, "trace"};
  StatSet& stats = result.stats;
  stats.begin(Section::Core);
  stats.count("core.accesses", 1234567, "accesses", "accesses of the program")
      .in(Section::Program)
      .key()
      .explain("instruction fetches, loads and stores of the program; each needs its address translated");
  stats.count("core.instructions", 901234, "instructions", "instructions of the program").in(Section::Program);
  stats.count("core.cycles", 4567890123 * scale, "cycles", "length of the run")
      .key()
      .explain("how long the program takes on this machine");
  stats.count("core.translation_stall_cycles", 456789 * scale, "cycles", "stalled for translation")
      .key()
      .explain("the oldest access waited for its translation");
  stats.real("core.translation_stall_share", 0.1234 * static_cast<double>(scale), "share", "of all cycles").key();
  stats.begin(Section::Tlbs);
  for (const std::string tlb : {"itlb", "dtlb", "stlb"}) {
    stats.count(tlb + ".lookups", 1000000, "lookups", "lookups");
    stats.count(tlb + ".hits", 999000, "lookups", "hits");
    stats.count(tlb + ".misses", 1000 * scale, "lookups", "misses").key().explain("lookups that missed");
  }
  stats.begin(Section::Walker);
  stats.count("walker.walks", 812, "walks", "walks")
      .key()
      .explain("how often all TLBs missed, so that the page table was read");
  stats.real("walker.entry_reads_per_walk", 3.4375, "reads", "entry reads per walk")
      .key()
      .explain("1 for a flat table; otherwise up to the number of levels");
  stats.distribution("walker.latency_cycles", example_latencies(), "cycles", "from request to answer")
      .explain("latency of a walk")
      .key("mean", "average latency of a walk")
      .key("p95", "95 % of walks are no slower than this")
      .key("p99", "99 % of walks are no slower than this");
  for (const std::string level : {"level0", "level1"}) {
    stats.count("walker." + level + ".reads", 812, "reads", "entry reads of the level");
    stats.count("walker." + level + ".served_by.l2", 800, "reads", "served by the L2 cache");
    stats.count("walker." + level + ".served_by.dram", 12, "reads", "served by DRAM");
  }
  stats.begin(Section::Translation);
  stats.count("translation.cycles.queue", 250 * scale, "cycles", "waiting for a walker");
  stats.count("translation.cycles.memory", 750 * scale, "cycles", "reading entries");
  stats.begin(Section::Caches);
  stats.count("l1d.lookups", 1100000, "lookups", "lookups");
  stats.count("l1d.misses", 11000, "lookups", "misses");
  stats.real("l1d.table_share", 0.0625, "share", "of the lines, table entries").key();
  stats.begin(Section::PageTables);
  stats.count("tables.count", 69, "tables", "page tables").key().explain("number of page tables of this program");
  stats.count("tables.bytes", 8832, "bytes", "memory of the page tables")
      .key()
      .explain("memory occupied by the page tables");
  stats.begin(Section::Dram);
  stats.count("dram.reads", 0, "reads", "reads").key();
  stats.begin(Section::Other);
  stats.real("novel.figure", 1234.56, "things", "a figure that no section knows");
  return result;
}

}  // namespace tablewalk

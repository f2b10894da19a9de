// Changes of the input whose effect on the result is known without knowing the result.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "config/printer.h"
#include "cpu/trace_event.h"
#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"
#include "trace/event_form.h"
#include "trace/generate.h"

namespace tablewalk::test::metamorphic_test {
namespace {

std::string figures_of(const MachineConfig& config, const RunOptions& options) {
  RunResult result = run_in_child(config, options);
  result.trace.path = result.trace.format = "";
  return text_without_config(result);
}

/// A random machine and trace, and what identifies them.
struct Case {
  explicit Case(std::uint64_t seed) : dice(seed), config(random_machine(dice)) {
    records = random_trace(dice, config, 1000);
  }
  std::string describe() { return to_yaml(config, false); }
  RunOptions options(const std::string& name = "trace.txt") {
    RunOptions result;
    result.trace_path = folder.write_trace(name, records);
    return result;
  }

  Dice dice;
  MachineConfig config;
  std::vector<Record> records;
  TemporaryFolder folder;
};

TEST(Metamorphic, ATraceGivesTheSameFiguresInEveryFormatAndCompression) {
  for (const std::uint64_t seed : printed_seeds(4)) {
    Case random(seed);
    const std::string text = figures_of(random.config, random.options());
    EXPECT_EQ(figures_of(random.config, random.options("trace.twt")), text) << random.describe();
    for (const std::string compress : {"gzip -k", "xz -k", "bzip2 -k"}) {
      ASSERT_EQ(std::system((compress + " " + random.folder.path("trace.txt")).c_str()), 0);
    }
    for (const char* name : {"trace.txt.gz", "trace.txt.xz", "trace.txt.bz2"}) {
      RunOptions options;
      options.trace_path = random.folder.path(name);
      EXPECT_EQ(figures_of(random.config, options), text) << name << "\n" << random.describe();
    }
  }
}

TEST(Metamorphic, ATlbWithoutArraysIsOneThatIsSwitchedOff) {
  for (const std::uint64_t seed : printed_seeds(20)) {
    Case random(seed);
    const RunOptions options = random.options();
    for (TlbConfig* tlb : {&random.config.itlb, &random.config.dtlb}) {
      tlb->enabled = false;
      tlb->prefetch = {};
    }
    const std::string off = figures_of(random.config, options);
    for (TlbConfig* tlb : {&random.config.itlb, &random.config.dtlb}) {
      tlb->enabled = true;
      tlb->arrays.clear();
    }
    EXPECT_EQ(figures_of(random.config, options), off) << random.describe();
  }
}

TEST(Metamorphic, SettingsOfWhatIsNotThereChangeNothing) {
  for (const std::uint64_t seed : printed_seeds(20)) {
    Case random(seed);
    const RunOptions options = random.options();
    random.config.l2.enabled = false;
    const std::string before = figures_of(random.config, options);
    random.config.l2.latency_cycles += Cycles(5);
    random.config.l2.miss_registers = 1;
    WalkCacheConfig cache;
    cache.level = 7;  // no drawn mode has that many levels
    if (!for_all_levels(random.config.walker.walk_cache_kind)) random.config.walker.walk_caches.push_back(cache);
    for (TlbArrayConfig& array : random.config.dtlb.arrays) array.seed += array.replacement != Replacement::Random;
    if (random.config.os.frames != FramePolicy::Random) ++random.config.os.frame_seed;
    EXPECT_EQ(figures_of(random.config, options), before) << random.describe();
  }
}

/// Without a front end a core handles each access separately; with one it uses a fast path for ordinary accesses.
TEST(Metamorphic, DataAccessesTakeTheSameCyclesWithAndWithoutAFrontEnd) {
  for (const std::uint64_t seed : printed_seeds(40)) {
    Case random(seed);
    std::vector<Record>& records = random.records;
    records.erase(std::remove_if(records.begin(), records.end(),
                                 [](const Record& record) { return record.kind == RecordKind::Fetch; }),
                  records.end());
    const RunOptions options = random.options();
    CoreConfig& core = random.config.core;
    core.blocking = core.next_line_prefetch = false;
    core.fetch_queue = 0;
    const std::string without = figures_of(random.config, options);
    core.fetch_queue = 24;
    EXPECT_EQ(figures_of(random.config, options), without) << random.describe();
  }
}

TEST(Metamorphic, SlowerDramNeverMakesABlockingCoreFaster) {
  for (const std::uint64_t seed : printed_seeds(20)) {
    Case random(seed);
    const RunOptions options = random.options();
    random.config.core.blocking = true;
    random.config.dram.t_refi_ns = 0;  // the position of a refresh depends on phase
    const std::uint64_t before = count_of(run_in_child(random.config, options), "core.cycles");
    DramConfig& dram = random.config.dram;
    for (double* duration :
         {&dram.t_rcd_ns, &dram.t_cl_ns, &dram.t_cwl_ns, &dram.t_rp_ns, &dram.t_ras_ns, &dram.t_rrd_s_ns,
          &dram.t_rrd_l_ns, &dram.t_faw_ns, &dram.t_ccd_s_ns, &dram.t_ccd_l_ns, &dram.t_ccd_l_wr_ns, &dram.t_wtr_s_ns,
          &dram.t_wtr_l_ns, &dram.t_rtp_ns, &dram.t_wr_ns, &dram.t_rtrs_ns, &dram.burst_ns, &dram.controller_ns}) {
      *duration *= 2;
    }
    EXPECT_GE(count_of(run_in_child(random.config, options), "core.cycles"), before) << random.describe();
  }
}

TEST(Metamorphic, AddressesMovedByAGibibyteMissTheTlbsAsOften) {
  for (const std::uint64_t seed : printed_seeds(20)) {
    Case random(seed);
    random.config.core.blocking = true;
    random.config.paging.mode = "x86-64";
    random.config.os.page_bytes = ByteSize{0};
    for (TlbConfig* tlb : {&random.config.itlb, &random.config.dtlb, &random.config.stlb}) {
      for (TlbArrayConfig& array : tlb->arrays) array.page_sizes.clear();
    }
    const auto mode = make_paging_mode("x86-64");
    for (Record& record : random.records) {
      if (is_event(record.kind) && !has_event(*mode, record.kind)) record = {{}, 0, RecordKind::InvalidateAll};
      record.address = VirtualAddress(record.address.value() & low_bits(40));
    }
    const RunResult before = run_in_child(random.config, random.options());
    for (Record& record : random.records) {
      const bool has_address = !is_event(record.kind) || form_of(record.kind).has_address;
      if (has_address) record.address += std::uint64_t{3} << 30;
    }
    const RunResult after = run_in_child(random.config, random.options("moved.txt"));
    for (const char* figure : {"itlb.misses", "dtlb.misses", "walker.walks", "tables.mapped_pages"}) {
      EXPECT_EQ(count_of(after, figure), count_of(before, figure)) << figure << "\n" << random.describe();
    }
  }
}

/// Peak memory of a process that runs a trace of that many records, KiB.
std::uint64_t peak_kib(const TemporaryFolder& folder, std::uint64_t records) {
  GeneratorConfig generator;
  generator.pattern = Pattern::Sequential;
  generator.count = records;
  generator.footprint = 1 << 20;
  generator.element = 8;
  const auto source = make_generator(generator);
  const std::string path = folder.path(std::to_string(records) + ".twt");
  const auto writer = make_trace_writer(path);
  std::vector<Record> batch(4096);
  while (const std::size_t count = source->read(batch.data(), batch.size())) writer->write(batch.data(), count);
  writer->finish();
  RunOptions options;
  options.trace_path = path;
  return peak_kib_in_child(MachineConfig(), options);
}

TEST(Metamorphic, MemoryDoesNotGrowWithTheTrace) {
  const TemporaryFolder folder;
  // Both are long enough to fill a reader's blocks.
  const std::uint64_t one = peak_kib(folder, 3000000);
  const std::uint64_t ten = peak_kib(folder, 15000000);
  std::printf("%llu KiB for 3 M records, %llu KiB for 15 M\n", static_cast<unsigned long long>(one),
              static_cast<unsigned long long>(ten));
  EXPECT_LT(ten, one + one / 10);
}

}  // namespace
}  // namespace tablewalk::test::metamorphic_test

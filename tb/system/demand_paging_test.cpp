// Machines whose kernel gives pages on demand and takes them away.

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <set>

#include "base/process_pool.h"
#include "os/kernel_half.h"
#include "support/child_run.h"
#include "support/random_cores.h"
#include "support/random_kernel.h"
#include "trace/trace_reader.h"

namespace tablewalk::test::demand_paging_test {
namespace {

constexpr std::uint64_t page_bytes = 4096;

// Independent counts of page faults: a few lines each, from the definitions of the policies.

std::vector<std::uint64_t> pages_of(const std::string& path, std::uint64_t records) {
  std::vector<std::uint64_t> pages;
  const auto reader = open_trace(path);
  std::vector<Record> batch(1000);
  while (records != 0) {
    const std::size_t count = reader->read(batch.data(), std::min<std::uint64_t>(records, batch.size()));
    if (count == 0) break;
    records -= count;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t first = batch[i].address.value() / page_bytes;
      const std::uint64_t last = (batch[i].address.value() + batch[i].size - 1) / page_bytes;
      for (std::uint64_t page = first; page <= last; ++page) pages.push_back(page);
    }
  }
  return pages;
}

std::uint64_t fifo_faults(const std::vector<std::uint64_t>& pages, std::size_t frames) {
  std::list<std::uint64_t> queue;
  std::set<std::uint64_t> held;
  std::uint64_t faults = 0;
  for (const std::uint64_t page : pages) {
    if (held.count(page) != 0) continue;
    ++faults;
    if (held.size() == frames) {
      held.erase(queue.front());
      queue.pop_front();
    }
    held.insert(page);
    queue.push_back(page);
  }
  return faults;
}

std::uint64_t clock_faults(const std::vector<std::uint64_t>& pages, std::size_t frames) {
  std::vector<std::pair<std::uint64_t, bool>> circle;  // page, and whether it was accessed
  std::map<std::uint64_t, std::size_t> place;
  std::size_t hand = 0;
  std::uint64_t faults = 0;
  for (const std::uint64_t page : pages) {
    if (place.count(page) == 0) {
      ++faults;
      if (circle.size() < frames) {
        place[page] = circle.size();
        circle.push_back({page, false});
      } else {
        for (; circle[hand].second; hand = (hand + 1) % frames) circle[hand].second = false;
        place.erase(circle[hand].first);
        place[page] = hand;
        circle[hand].first = page;
        hand = (hand + 1) % frames;
      }
    }
    circle[place[page]].second = true;
  }
  return faults;
}

std::uint64_t lru_faults(const std::vector<std::uint64_t>& pages, std::size_t frames) {
  std::map<std::uint64_t, std::uint64_t> last_use;
  std::map<std::uint64_t, std::uint64_t> by_use;
  std::uint64_t faults = 0;
  for (std::uint64_t now = 0; now < pages.size(); ++now) {
    const auto held = last_use.find(pages[now]);
    if (held == last_use.end()) {
      ++faults;
      if (last_use.size() == frames) {
        last_use.erase(by_use.begin()->second);
        by_use.erase(by_use.begin());
      }
    } else {
      by_use.erase(held->second);
    }
    last_use[pages[now]] = now;
    by_use[now] = pages[now];
  }
  return faults;
}

std::uint64_t optimal_faults(const std::vector<std::uint64_t>& pages, std::size_t frames) {
  std::vector<std::uint64_t> next_use(pages.size(), ~std::uint64_t{0});
  std::map<std::uint64_t, std::uint64_t> seen;
  for (std::uint64_t i = pages.size(); i-- != 0; seen[pages[i]] = i) {
    if (seen.count(pages[i]) != 0) next_use[i] = seen[pages[i]];
  }
  std::map<std::uint64_t, std::uint64_t> held;  // page, next use
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_next;
  std::uint64_t faults = 0;
  for (std::uint64_t now = 0; now < pages.size(); ++now) {
    const auto page = held.find(pages[now]);
    if (page != held.end()) {
      by_next.erase({page->second, page->first});
    } else {
      ++faults;
      if (held.size() == frames) {
        held.erase(by_next.rbegin()->second);
        by_next.erase(std::prev(by_next.end()));
      }
    }
    held[pages[now]] = next_use[now];
    by_next.insert({next_use[now], pages[now]});
  }
  return faults;
}

MachineRun demand_paged(const std::string& path, PageReplacementKind policy, std::uint64_t frames) {
  MachineRun run;
  run.config.core.blocking = true;  // faults in the order of the trace
  run.config.core.fetch_queue = 0;
  run.config.os.prefault = false;
  run.config.os.kernel_traffic = false;
  run.config.os.replacement.policy = policy;
  run.config.os.resident_limit.bytes = frames * page_bytes;
  run.config.os.swap.bytes.bytes = std::uint64_t{1} << 30;
  run.options.trace_path = path;
  return run;
}

constexpr std::array policies{PageReplacementKind::Fifo, PageReplacementKind::Clock, PageReplacementKind::SecondChance,
                              PageReplacementKind::Lru, PageReplacementKind::Optimal};

std::uint64_t reference_faults(PageReplacementKind policy, const std::vector<std::uint64_t>& pages,
                               std::uint64_t frames) {
  switch (policy) {
    case PageReplacementKind::Fifo:
      return fifo_faults(pages, frames);
    case PageReplacementKind::Lru:
      return lru_faults(pages, frames);
    case PageReplacementKind::Optimal:
      return optimal_faults(pages, frames);
    default:
      return clock_faults(pages, frames);
  }
}

class FaultCounts : public testing::TestWithParam<const char*> {};

/// The machine's page faults, with real accessed bits, TLBs and shootdowns, are those of the definitions.
TEST_P(FaultCounts, EqualThoseOfIndependentReferences) {
  const std::string path = std::string(TABLEWALK_SOURCE_DIR) + "/traces/" + GetParam() + ".twt";
  const std::uint64_t records = setting("TABLEWALK_RECORDS", 20'000);
  const std::vector<std::uint64_t> pages = pages_of(path, records);
  const std::uint64_t distinct = std::set<std::uint64_t>(pages.begin(), pages.end()).size();
  std::vector<MachineRun> runs;
  std::vector<std::uint64_t> expected;
  std::vector<std::string> names;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    const std::uint64_t frames = std::max<std::uint64_t>(1, distinct * i / 10);
    for (const PageReplacementKind policy : policies) {
      runs.push_back(demand_paged(path, policy, frames));
      runs.back().options.limit = records;
      expected.push_back(reference_faults(policy, pages, frames));
      names.push_back("policy " + std::to_string(static_cast<int>(policy)) + ", frames " + std::to_string(frames));
    }
  }
  const std::vector<RunResult> results = run_in_children(runs);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    EXPECT_EQ(count_of(results[i], "core.faults"), expected[i]) << names[i];
    if (i % policies.size() == policies.size() - 1) {
      for (std::size_t other = i + 1 - policies.size(); other != i; ++other) EXPECT_LE(expected[i], expected[other]);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Traces, FaultCounts,
                         testing::Values("bzip2", "cc1", "git", "grep", "gzip", "perl", "python3", "sort", "sqlite3"));

TEST(DemandPaging, FifoHasMoreFaultsWithMoreMemoryOnBeladysString) {
  const TemporaryFolder folder;
  std::vector<Record> trace;
  for (const std::uint64_t page : {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5}) {
    trace.emplace_back(VirtualAddress(page * page_bytes), 8);
  }
  const std::string path = folder.write_trace("belady.txt", trace);
  const auto results = run_in_children(
      {demand_paged(path, PageReplacementKind::Fifo, 3), demand_paged(path, PageReplacementKind::Fifo, 4)});
  EXPECT_EQ(count_of(results[0], "core.faults"), 9u);
  EXPECT_EQ(count_of(results[1], "core.faults"), 10u);
}

/// System calls on the pages of the trace, between its records; everything is reserved at the start.
Layout random_calls(Dice& dice, const std::vector<Record>& records, std::uint64_t page) {
  Layout layout;
  for (const std::uint64_t half : {std::uint64_t{0}, std::uint64_t{1} << 63}) {
    LayoutChange all;
    all.first = VirtualAddress(half);
    all.bytes = std::uint64_t{1} << 63;
    all.read = all.write = all.execute = true;
    layout.push_back(all);
  }
  for (std::uint64_t record = dice.between(1, 50); record < records.size(); record += dice.between(1, 100)) {
    LayoutChange call;
    call.operation = dice.pick<LayoutOperation>(
        {LayoutOperation::Reserve, LayoutOperation::Protect, LayoutOperation::Discard, LayoutOperation::Advise});
    call.record = record;
    call.asid = records[record].asid;
    const Record& near = records[dice.between(0, record)];
    call.first = VirtualAddress(near.address.value() / page * page);
    call.bytes = page * dice.between(1, 20);
    if (call.first.value() > ~std::uint64_t{0} - call.bytes) continue;
    call.read = true;
    call.write = dice.chance(60);
    call.execute = true;
    if (call.operation == LayoutOperation::Reserve && dice.chance(70)) {
      call.shared = dice.chance(60);
      call.file = dice.chance(60);
      if (call.file) call.label = dice.chance(50) ? "one" : "two";
      if (call.file) call.file_offset = page * dice.between(0, 20);
    }
    layout.push_back(call);
  }
  return layout;
}

/// All addresses are those of one file, which every process maps.
Regions one_file(std::uint64_t page, bool shared) {
  Regions regions(page);
  for (const std::uint64_t half : {std::uint64_t{0}, std::uint64_t{1} << 63}) {
    Region region;
    region.range = range_of(VirtualAddress(half), std::uint64_t{1} << 63);
    region.kind.rights = rights_of(true, true, true);
    region.kind.file = true;
    region.kind.shared = shared;
    region.kind.label = "file";
    region.file_offset = half;
    regions.reserve(region);
  }
  return regions;
}

/// Address-space ids, roots, kernel halves, shootdowns and schedulers of any kind that the machine can have.
void choose_conventions(Dice& dice, const PagingMode& mode, MachineConfig& config) {
  OsConfig& os = config.os;
  const bool shares = config.cores > 1 && (config.sharing.stlb || config.sharing.walker || config.sharing.walk_caches);
  os.asids.kind = dice.pick<AsidKind>({AsidKind::Trace, AsidKind::PerCore, AsidKind::PerMachine});
  if (shares && os.asids.kind == AsidKind::PerCore) os.asids.kind = AsidKind::PerMachine;
  os.asids.count = os.asids.kind == AsidKind::PerCore ? dice.number(1, 3) : config.cores + dice.number(1, 3);
  if (has_kernel_half(mode)) {
    os.kpti = dice.chance(50);
    os.kpti_cycles = Cycles(dice.number(0, 200));
    if (dice.chance(60)) os.kernel_half = KernelHalf::Shared;
  }
  os.shootdown = dice.pick<ShootdownKind>({ShootdownKind::Ipi, ShootdownKind::Lazy, ShootdownKind::Broadcast});
  config.shootdown.broadcast_issue_cycles = Cycles(dice.number(0, 50));
  config.shootdown.broadcast_cycles = Cycles(dice.number(2, 200));
  config.shootdown.broadcast_sync_cycles = Cycles(dice.number(2, 200));
  if (dice.chance(50)) os.scheduler = SchedulerKind::Balance;
  os.run_while_waiting = dice.chance(50);
}

/// A random machine of 1 to 8 cores with demand paging, often with little memory.
class RandomCase {
 public:
  explicit RandomCase(std::uint64_t seed, bool with_conventions = false) : seed_(seed) {
    Dice dice(seed);
    config = random_machine(dice);
    if (with_conventions) config.paging.x86.pcide = dice.chance(70);
    if (dice.chance(60)) add_cores(dice, config, 8);
    // Other cores keep a translation whose accessed bit was cleared, which the checker takes for a fault with Svade.
    if (with_conventions || config.cores > 1) config.paging.riscv.svadu = true;
    OsConfig& os = config.os;
    const auto mode = make_paging_mode(config.paging.mode, config.paging);
    const std::uint64_t page = os.mapped_page_bytes(mode->page_bytes());
    const bool shares_frames = config.paging.mode != "inverted";  // whose frames have one entry each
    if (config.cores == 1) {
      const std::vector<Record> records = random_trace(dice, config, 1500);
      Layout calls = dice.chance(60) ? random_calls(dice, records, page) : Layout{};
      if (!shares_frames) calls.clear();
      options.trace_path = folder_.write_trace(dice.chance(50) ? "trace.txt" : "trace.twt", records, calls);
      options.faults = FaultPolicy::Count;
    } else {
      write_traces(dice, config, 1500, folder_, options);
      if (dice.chance(50) && shares_frames) {
        options.regions = one_file(mode->page_bytes(), dice.chance(60));
        options.faults = FaultPolicy::Count;
      }
    }
    os.prefault = false;
    os.fault_cycles = Cycles(dice.between(1, 500));
    os.evict_cycles = Cycles(dice.between(0, 100));
    if (!dice.chance(70)) os.kernel_traffic = false;
    os.flush_accessed = dice.chance(70);
    os.flush_threshold = dice.number(0, 10);
    os.swap.bytes.bytes = std::uint64_t{1} << 34;
    os.swap.read_cycles = Cycles(dice.between(10, 2000));
    os.replacement.policy = dice.pick<PageReplacementKind>(
        {PageReplacementKind::Fifo, PageReplacementKind::SecondChance, PageReplacementKind::Clock,
         PageReplacementKind::Lru, PageReplacementKind::Aging, PageReplacementKind::TwoLists,
         PageReplacementKind::Generations, PageReplacementKind::Random});
    // Cores that copy pages hold two frames each for a while.
    if (dice.chance(75)) os.resident_limit.bytes = page * dice.between(options.regions ? 2 + config.cores : 2, 40);
    os.files_cached = dice.chance(50);
    os.readahead.file_pages = dice.pick<std::uint32_t>({0, 0, 2, 16});
    os.readahead.swap_pages = dice.pick<std::uint32_t>({0, 0, 2, 8});
    if (dice.chance(30)) os.timeline.interval_cycles = Cycles(dice.between(1000, 100'000));
    if (dice.chance(70)) choose_huge_pages(dice, *mode);
    if (config.ranges.enabled()) fit_ranges();
    if (with_conventions) {
      choose_conventions(dice, *mode, config);
      options.faults = FaultPolicy::Count;
      // With fewer frames than waiting traces, they take each other's for very long.
      if (os.resident_limit.bytes != 0) os.resident_limit.bytes += page * 12;
    }
    options.check = true;
  }
  std::string run() {
    result = run_in_child(config, options);
    return text_without_config(result);
  }
  std::string describe() { return how_to_repeat(seed_, config); }

  MachineConfig config;
  RunOptions options;
  RunResult result;

 private:
  /// Of a size of which at least a few fit, with other sizes of memory than the limit has.
  void choose_huge_pages(Dice& dice, const PagingMode& mode) {
    OsConfig& os = config.os;
    const std::uint64_t page = os.mapped_page_bytes(mode.page_bytes());
    std::vector<std::uint64_t> sizes;
    for (const PageSize& size : mode.page_sizes()) {
      const bool fits = size.bytes() / page <= 1024 && size.bytes() <= config.memory_bytes() / 64;
      if (size.bytes() > page && fits) sizes.push_back(size.bytes());
    }
    if (sizes.empty()) return;
    HugePagesConfig& huge = os.huge_pages;
    huge.policy = dice.pick<HugePagePolicy>({HugePagePolicy::Always, HugePagePolicy::Promote, HugePagePolicy::Reserve});
    huge.size.bytes = dice.pick(sizes);
    huge.promote_after = dice.chance(80) ? dice.number(1, 8) : 0;
    huge.clear_bytes.bytes = page * dice.between(1, 4);
    huge.move_cycles = Cycles(dice.between(0, 100));
    if (dice.chance(50)) os.frames = FramePolicy::Buddy;
    if (os.resident_limit.bytes != 0 && dice.chance(70))
      os.resident_limit.bytes += dice.between(1, 3) * huge.size.bytes;
  }

  /// Ranges that the other choices allow; blocks of few pages, so that some fit in little memory.
  void fit_ranges() {
    OsConfig& os = config.os;
    Dice own(seed_);
    const std::uint64_t page = os.mapped_page_bytes(make_paging_mode(config.paging.mode, config.paging)->page_bytes());
    const bool huge = os.huge_pages.policy != HugePagePolicy::Never;
    config.ranges.eager_bytes.bytes = huge || own.chance(30) ? 0 : page << own.number(1, 4);
    os.replacement.policy = policy_for_ranges(own);
  }

  std::uint64_t seed_;
  TemporaryFolder folder_;
};

/// Running ahead changes no byte of the result; that of the first machines, because the others take as long again.
void expect_same_in_lockstep(RandomCase& random, const std::string& ahead) {
  random.config.core.run_ahead = false;
  ASSERT_EQ(random.run(), ahead) << random.describe();
}

TEST(DemandPaging, EveryRandomMachineKeepsTheLawsAndTheFirst60InLockstepToo) {
  std::map<std::string, std::uint64_t> reached;
  std::size_t left_in_lockstep = 60;
  for (const std::uint64_t seed : printed_seeds(120, {1053, 20164})) {
    RandomCase random(seed);
    std::string ahead;
    ASSERT_NO_THROW(ahead = random.run()) << random.describe();
    if (random.config.ranges.enabled()) {
      reached["ranges.hits"] += count_of(random.result, "ranges.hits");
      reached["tables.pages_ahead"] += count_of(random.result, "tables.pages_ahead");
    }
    if (random.config.os.huge_pages.policy != HugePagePolicy::Never) {
      for (const char* figure : {"faults", "promotions", "demotions"}) {
        reached[figure] += count_of(random.result, std::string("kernel.huge.") + figure);
      }
    }
    if (left_in_lockstep == 0) continue;
    --left_in_lockstep;
    ASSERT_NO_FATAL_FAILURE(expect_same_in_lockstep(random, ahead));
  }
  for (const auto& [figure, count] : reached) EXPECT_NE(count, 0u) << figure;
}

/// The first 60 in lockstep too.
TEST(DemandPaging, RandomMachinesKeepTheLawsWithEveryKindOfIdsRootsShootdownsAndSchedulers) {
  std::map<std::string, std::uint64_t> reached;
  std::size_t left_in_lockstep = 60;
  for (const std::uint64_t seed : printed_seeds(160, {1217, 1446, 40007, 40248, 50242})) {
    RandomCase random(seed, true);
    std::string ahead;
    ASSERT_NO_THROW(ahead = random.run()) << random.describe();
    for (const char* name : {"core.ids_recycled", "core.id_rollovers", "core.lazy_flushes", "core.root_writes",
                             "core.broadcasts", "core.migrations", "core.waits_used"}) {
      const StatSet::Figure* figure = random.result.stats.find(name);
      reached[name] += figure == nullptr ? 0 : figure->count;
    }
    if (left_in_lockstep == 0) continue;
    --left_in_lockstep;
    ASSERT_NO_FATAL_FAILURE(expect_same_in_lockstep(random, ahead));
  }
  for (const auto& [name, count] : reached) EXPECT_GT(count, 0u) << name;
}

}  // namespace
}  // namespace tablewalk::test::demand_paging_test

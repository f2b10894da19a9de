// What each paper published (in its abstract), and how it is measured here.

#include <algorithm>

#include "validate/large_traces.h"
#include "validate/reproduction.h"

namespace tablewalk {
namespace {

// Figures of each run.
const std::vector<std::string> walk_figures{"core.cycles", "walker.entry_reads", "walker.walks"};
constexpr std::size_t cycles = 0;
constexpr std::size_t reads = 1;
constexpr std::size_t walks = 2;

// Settings.
const char* const merged_levels = "paging.mode=flattened";
const char* const favour_in_l2 = "l2.table_ways=4";     // of 4
const char* const favour_in_llc = "llc.table_ways=16";  // of 16

bool is_gain(double percent) {
  return percent > 0;
}

PublishedNumber reads_per_walk(std::string what, double published, double margin, Series series, std::string why) {
  return {std::move(what),
          "reads",
          published,
          published,
          margin,
          [series](const Figures& figures) { return mean_ratio(figures, series, reads, walks); },
          [published](double ours) { return (ours < 1.01) == (published < 1.01); },
          std::move(why)};
}

}  // namespace

Reproduction reproduce_park22(const ReproductionChoice& choice) {
  Reproduction paper{
      "park22",
      {"Park et al. 2022",
       "C. H. Park, I. Vougioukas, A. Sandberg, D. Black-Schaffer: Every Walk's a Hit: Making Page Walks "
       "Single-Access Cache Hits. ASPLOS 2022, abstract (native execution)"},
      large_traces_text,
      {},
      {}};
  const Series tree = add_series(paper.measurements, choice, {}, walk_figures);
  const Series flattened = add_series(paper.measurements, choice, {merged_levels}, walk_figures);
  const Series favoured = add_series(paper.measurements, choice, {favour_in_l2, favour_in_llc}, walk_figures);
  const Series both =
      add_series(paper.measurements, choice, {merged_levels, favour_in_l2, favour_in_llc}, walk_figures);
  paper.numbers.push_back(reads_per_walk("entry reads per walk, four levels with walk caches", 1.5, 0.1, tree,
                                         "depends on how many level 1 entries a program uses at a time"));
  paper.numbers.push_back(
      reads_per_walk("the same, levels merged in pairs (tables of 2 MiB)", 1.0, 0.05, flattened, ""));
  paper.numbers.push_back({"gain of merging the levels", "percent", 2.3, 2.3, 0.5,
                           [=](const Figures& figures) { return mean_speedup(figures, tree, flattened, cycles); },
                           is_gain,
                           "the entries that flattening saves are mostly cache hits; programs and cores differ"});
  paper.numbers.push_back({"gain of favouring table lines in L2 and last-level cache", "percent", 6.8, 6.8, 2,
                           [=](const Figures& figures) { return mean_speedup(figures, tree, favoured, cycles); },
                           is_gain,
                           "the programs touch most of their entries for the first time: no cache can have those"});
  paper.numbers.push_back({"gain of both", "percent", 9.2, 9.2, 2,
                           [=](const Figures& figures) { return mean_speedup(figures, tree, both, cycles); }, is_gain,
                           "as for each of them"});
  return paper;
}

Reproduction reproduce_yaniv16(const ReproductionChoice& choice) {
  Reproduction paper{
      "yaniv16",
      {"Yaniv and Tsafrir 2016",
       "I. Yaniv, D. Tsafrir: Hash, Don't Cache (the Page Table). SIGMETRICS 2016, abstract (bare metal)"},
      large_traces_text,
      {},
      {}};
  const Series bare = add_series(paper.measurements, choice, {"walker.walk_caches=[]"}, walk_figures);
  const Series tree = add_series(paper.measurements, choice, {}, walk_figures);
  // Large enough from the start: the paper's tables are.
  const Series hashed =
      add_series(paper.measurements, choice, {"paging.mode=hashed", "paging.hashed.initial_bytes=16M"}, walk_figures);
  const auto shortest = [=](const Figures& figures) {
    const std::vector<double> gains = reductions(figures, tree, hashed, cycles);
    return *std::min_element(gains.begin(), gains.end());
  };
  const auto longest = [=](const Figures& figures) {
    const std::vector<double> gains = reductions(figures, tree, hashed, cycles);
    return *std::max_element(gains.begin(), gains.end());
  };
  paper.numbers.push_back(reads_per_walk("entry reads per walk, four levels without walk caches", 4, 0, bare, ""));
  paper.numbers.push_back({"run time saved by hashed tables, the program with the least", "percent", 1, 1, 0.5,
                           shortest, is_gain,
                           "the tree has walk caches, and so hardly any more reads from memory than a hashed table"});
  paper.numbers.push_back({"the same, the program with the most", "percent", 27, 27, 5, longest, is_gain,
                           "windows that touch 66 to 453 MiB: the upper levels of their trees fit the caches"});
  return paper;
}

namespace {

// Figures of barr10's runs.
const std::vector<std::string> mmu_cache_figures{"walker.served_by.dram", "walker.walks", "walker.latency_cycles.mean"};
constexpr std::size_t dram_reads = 0;
constexpr std::size_t latency = 2;

/// Machines with 24 entries of MMU caches in all, fully associative. The translation caches come first.
std::vector<std::vector<std::string>> mmu_caches() {
  const std::string split =
      "walker.walk_caches=[{level: 1, entries: 16, ways: 0}, {level: 2, entries: 4, ways: 0}, "
      "{level: 3, entries: 4, ways: 0}]";
  const std::string unified = "walker.walk_caches=[{entries: 24, ways: 0}]";
  return {{split, "walker.walk_cache_kind=split_translation"},
          {unified, "walker.walk_cache_kind=unified_translation"},
          {unified, "walker.walk_cache_kind=translation_path"},
          {split, "walker.walk_cache_kind=split_page_table"},
          {unified, "walker.walk_cache_kind=unified_page_table"}};
}
constexpr std::size_t translation_kinds = 3;

}  // namespace

Reproduction reproduce_barr10(const ReproductionChoice& choice) {
  Reproduction paper{
      "barr10",
      {"Barr et al. 2010",
       "T. W. Barr, A. L. Cox, S. Rixner: Translation Caching: Skip, Don't Walk (the Page Table). ISCA 2010, abstract"},
      large_traces_text,
      {},
      {}};
  const std::string memory = "memory.bytes=16G";  // of which an inverted table has every frame
  std::vector<Series> kinds;
  for (std::vector<std::string> settings : mmu_caches()) {
    settings.push_back(memory);
    kinds.push_back(add_series(paper.measurements, choice, settings, mmu_cache_figures));
  }
  const Series inverted = add_series(paper.measurements, choice, {memory, "paging.mode=inverted"}, mmu_cache_figures);
  const auto below_inverted = [=](const Figures& figures) {
    const double limit = mean_ratio(figures, inverted, dram_reads, walks);
    return static_cast<double>(std::count_if(kinds.begin(), kinds.end(), [&](const Series& kind) {
      return mean_ratio(figures, kind, dram_reads, walks) < limit;
    }));
  };
  const auto translation_first = [=](const Figures& figures) {
    std::vector<double> others;
    for (std::size_t i = translation_kinds; i < kinds.size(); ++i) others.push_back(mean(figures, kinds[i], latency));
    const double best = *std::min_element(others.begin(), others.end());
    return static_cast<double>(std::count_if(kinds.begin(), kinds.begin() + translation_kinds,
                                             [&](const Series& kind) { return mean(figures, kind, latency) < best; }));
  };
  const auto most = [](double ours) { return ours > 2; };
  paper.numbers.push_back({"MMU caches of five with which a tree reads DRAM less often per walk than an inverted table",
                           "caches", 5, 5, 0, below_inverted, most, "the tables' lines fit the caches or do not"});
  paper.numbers.push_back({"translation caches of three whose walks are faster than with either page-table cache",
                           "caches", 3, 3, 0, translation_first, [](double ours) { return ours > 1; },
                           "walks differ by the few cycles of the lookups"});
  return paper;
}

Reproduction reproduce_ecpt20(const ReproductionChoice& choice) {
  Reproduction paper{
      "ecpt20",
      {"Skarlatos et al. 2020",
       "D. Skarlatos, A. Kokolis, T. Xu, J. Torrellas: Elastic Cuckoo Page Tables: Rethinking Virtual Memory "
       "Translation for Parallelism. ASPLOS 2020, abstract (8 cores; graphs, bioinformatics, HPC, systems)"},
      large_traces_text,
      {},
      {}};
  // The smallest ways with which no program's table grows: the windows touch most pages for the first time, the paper's
  // programs do not.
  const std::vector<std::string> cuckoo{"paging.mode=cuckoo", "paging.cuckoo.initial_bytes=2M",
                                        "paging.cuckoo.walk_tables=upper"};
  const Costed tree = add_costed(paper.measurements, choice, {});
  const Costed hashed = add_costed(paper.measurements, choice, cuckoo);
  const auto speedups = [=](const Figures& figures) { return gains(figures, tree.real, hashed.real, cycles); };
  const auto least = [=](const Figures& figures) {
    const std::vector<double> all = speedups(figures);
    return *std::min_element(all.begin(), all.end());
  };
  const auto most = [=](const Figures& figures) {
    const std::vector<double> all = speedups(figures);
    return *std::max_element(all.begin(), all.end());
  };
  paper.numbers.push_back(
      {"translation overhead saved against a tree of four levels, mean of the programs", "percent", 41, 41, 5,
       [=](const Figures& figures) { return mean_cost_saved(figures, tree, hashed, cycles); }, is_gain,
       "with walk caches a tree reads hardly more from L2, last-level cache and DRAM than any table must; cuckoo reads "
       "three lines, two for nothing. It wins if a tree's pointers come from DRAM, too"});
  paper.numbers.push_back({"speed-up, the program with the least", "percent", 3, 3, 1, least, is_gain, "as above"});
  paper.numbers.push_back({"the same, the program with the most", "percent", 18, 18, 4, most, is_gain, "as above"});
  return paper;
}

const std::vector<PaperName>& papers() {
  static const std::vector<PaperName> list{
      {"park22", "merged levels of the page table, and caches that favour its entries", reproduce_park22},
      {"yaniv16", "hashed page tables against a tree with walk caches", reproduce_yaniv16},
      {"barr10", "five organisations of walk caches against each other and an inverted table", reproduce_barr10},
      {"ecpt20", "elastic cuckoo page tables against a tree with walk caches", reproduce_ecpt20},
      {"karakostas15", "range translations beside pages", reproduce_karakostas15},
      {"pham12", "several adjacent pages in one TLB entry", reproduce_pham12},
      {"basu13", "what TLB misses cost with large pages", reproduce_basu13},
      {"chai25", "merged levels and elastic cuckoo page tables, with an operating system", reproduce_chai25},
      {"knuth73", "probes of linear probing by load, in a hashed page table", reproduce_knuth73},
      {"belady69", "page faults that grow with memory", reproduce_belady69},
      {"arpaci18", "page faults and TLB misses of a textbook", reproduce_arpaci18},
      {"silberschatz18", "page faults of a textbook", reproduce_silberschatz18},
  };
  return list;
}

}  // namespace tablewalk

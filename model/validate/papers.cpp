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
  const Series flattened = add_series(paper.measurements, choice, {"paging.mode=radix:18,18/12@8"}, walk_figures);
  paper.numbers.push_back(reads_per_walk("entry reads per walk, four levels with walk caches", 1.5, 0.1, tree,
                                         "depends on how many level 1 entries a program uses at a time"));
  paper.numbers.push_back(
      reads_per_walk("the same, levels merged in pairs (tables of 2 MiB)", 1.0, 0.05, flattened, ""));
  paper.numbers.push_back({"gain of merging the levels", "percent", 2.3, 2.3, 0.5,
                           [=](const Figures& figures) { return mean_speedup(figures, tree, flattened, cycles); },
                           is_gain,
                           "the entries that flattening saves are mostly cache hits; programs and cores differ"});
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
  paper.numbers.push_back(reads_per_walk("entry reads per walk, four levels without walk caches", 4, 0, bare, ""));
  return paper;
}

const std::vector<PaperName>& papers() {
  static const std::vector<PaperName> list{
      {"park22", "merged levels of the page table, and caches that favour its entries", reproduce_park22},
      {"yaniv16", "hashed page tables against a tree with walk caches", reproduce_yaniv16},
  };
  return list;
}

}  // namespace tablewalk

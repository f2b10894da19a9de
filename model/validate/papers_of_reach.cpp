// Papers about entries that reach further than a page: what each published (in its abstract), and how it is measured
// here.

#include <algorithm>
#include <numeric>

#include "validate/large_traces.h"
#include "validate/reproduction.h"

namespace tablewalk {
namespace {

constexpr std::size_t cycles = 0;
constexpr std::size_t misses = 1;

bool is_gain(double percent) {
  return percent > 0;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double largest_of(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

}  // namespace

Reproduction reproduce_karakostas15(const ReproductionChoice& choice) {
  Reproduction paper{"karakostas15",
                     {"Karakostas et al. 2015",
                      "V. Karakostas et al.: Redundant Memory Mappings for Fast Access to Large Memories. ISCA 2015, "
                      "abstract"},
                     large_traces_text,
                     {},
                     {}};
  const Costed pages = add_costed(paper.measurements, choice, {});
  const Costed ranges = add_costed(paper.measurements, choice, {"ranges.entries=32", "ranges.eager_bytes=64M"});
  const char* const unit = "% of cycles";
  paper.numbers.push_back({"overhead of virtual memory with pages of 4K, the program with the most", unit, 50, 50, 5,
                           [=](const Figures& figures) { return largest_of(cost_shares(figures, pages, cycles)); },
                           [](double ours) { return ours > 10; }, "depends on the program with the least locality"});
  paper.numbers.push_back({"overhead with ranges (at most), mean of the programs", unit, 0, 1, 0.5,
                           [=](const Figures& figures) { return mean_of(cost_shares(figures, ranges, cycles)); },
                           [](double ours) { return ours < 5; },
                           "the windows touch most blocks for the first time, and each first touch is a walk"});
  return paper;
}

Reproduction reproduce_pham12(const ReproductionChoice& choice) {
  Reproduction paper{"pham12",
                     {"Pham et al. 2012",
                      "B. Pham, V. Vaidyanathan, A. Jaleel, A. Bhattacharjee: CoLT: Coalesced Large-Reach TLBs. MICRO "
                      "2012, abstract"},
                     large_traces_text,
                     {},
                     {}};
  const std::vector<std::string> figures_of_run{"core.cycles", "stlb.misses"};
  const std::string frames = "os.frames=contiguous";
  const Series single = add_series(paper.measurements, choice, {frames}, figures_of_run);
  const Series coalesced = add_series(paper.measurements, choice,
                                      {frames, "dtlb.arrays.0.coalesce=8", "stlb.arrays.0.coalesce=8"}, figures_of_run);
  const auto saved = [=](std::size_t figure) {
    return [=](const Figures& figures) { return mean_of(reductions(figures, single, coalesced, figure)); };
  };
  paper.numbers.push_back({"TLB misses eliminated, mean of the programs", "percent", 40, 58, 5, saved(misses), is_gain,
                           "what counts is whether adjacent pages are in use together: in the joins, trees and stores "
                           "of ours they are not"});
  paper.numbers.push_back({"gain", "percent", 14, 14, 4,
                           [=](const Figures& figures) { return mean_speedup(figures, single, coalesced, cycles); },
                           is_gain, "the misses saved are the cheap ones, whose entries are in one line"});
  return paper;
}

Reproduction reproduce_basu13(const ReproductionChoice& choice) {
  Reproduction paper{"basu13",
                     {"Basu et al. 2013",
                      "A. Basu, J. Gandhi, J. Chang, M. D. Hill, M. M. Swift: Efficient Virtual Memory for Big Memory "
                      "Servers. ISCA 2013, abstract"},
                     large_traces_text,
                     {},
                     {}};
  const Costed large = add_costed(paper.measurements, choice, {"os.page_bytes=2M"});
  paper.numbers.push_back({"cycles on TLB misses with large pages, the program with the most", "% of cycles", 10, 10, 3,
                           [=](const Figures& figures) { return largest_of(cost_shares(figures, large, cycles)); },
                           [](double ours) { return ours > 1; },
                           "depends on how much of a program the entries of 2M pages reach"});
  return paper;
}

}  // namespace tablewalk

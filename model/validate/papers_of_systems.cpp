// Papers that measured the organisations of others again, with an operating system for each: what they published, and
// how it is measured here.

#include <numeric>

#include "validate/large_traces.h"
#include "validate/machine_run.h"
#include "validate/reproduction.h"

namespace tablewalk {
namespace {

constexpr std::size_t cycles = 0;
constexpr std::size_t latency = 1;
const std::vector<std::string> run_figures{"core.cycles", "walker.latency_cycles.mean"};
const std::vector<std::string> cuckoo_tables{"paging.mode=cuckoo", "paging.cuckoo.walk_tables=upper"};

bool is_gain(double percent) {
  return percent > 0;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// What was published of the machines: walk caches by Chai et al. (section 8.5.1), the rest by Zhao et al. (table 1).
/// What neither says is as in the preset skylake.
const std::vector<std::string>& published_machine() {
  static const std::vector<std::string> settings{
      "clock_mhz=2000",
      "dram.channels=4",
      "l2.bytes=1M",
      "l2.ways=8",
      "l2.latency_cycles=18",  // 20 from load to use
      "llc.bytes=2M",          // per core
      "llc.ways=16",
      "llc.latency_cycles=49",  // 56 from load to use
      "stlb.arrays.0.entries=2048",
      "stlb.arrays.0.ways=16",  // 12 do not divide it
      "walker.walk_caches=[{level: 1,entries: 32,ways: 0},{level: 2,entries: 4,ways: 0},{level: 3,entries: 2,ways: 0}]",
      "memory.bytes=128G"};
  return settings;
}

/// Random updates of 64 GiB on the published machine. Returns the number of the measurement.
std::size_t add_updates(Reproduction& paper, const ReproductionChoice& choice,
                        const std::vector<std::string>& settings) {
  const std::uint64_t limit = choice.short_form ? 20000 : 200000;
  std::vector<std::string> all = published_machine();
  all.insert(all.end(), settings.begin(), settings.end());
  paper.measurements.push_back({"gups", [all, limit] {
                                  const char* const trace = "generated:gups,footprint=64G,count=400K";
                                  const RunResult result = run_path_on("skylake", all, trace, limit, limit);
                                  return std::vector<double>{figure_of(result, "core.cycles")};
                                }});
  return paper.measurements.size() - 1;
}

std::vector<std::string> with(std::vector<std::string> settings, const std::string& one) {
  settings.push_back(one);
  return settings;
}

}  // namespace

Reproduction reproduce_chai25(const ReproductionChoice& choice) {
  Reproduction paper{
      "chai25",
      {"Chai et al. 2025",
       "S. Chai et al.: EMT: An OS Framework for New Memory Translation Architectures. OSDI 2025, sections "
       "8.5.1 (elastic cuckoo page tables) and 8.5.2 (flattened ones), pages of 4K"},
      std::string(large_traces_text) +
          "; random updates of 64 GiB, as in the paper, on one core of the machine that K. Zhao et al. "
          "(Learning to Walk, MICRO 2025, table 1) describe, with the paper's walk caches",
      {},
      {}};
  const Series tree = add_series(paper.measurements, choice, {}, run_figures);
  const Series flattened = add_series(paper.measurements, choice, {"paging.mode=flattened"}, run_figures);
  const Series cuckoo =
      add_series(paper.measurements, choice, with(cuckoo_tables, "paging.cuckoo.initial_bytes=2M"), run_figures);
  const std::size_t updates = add_updates(paper, choice, {});
  const std::size_t cuckoo_updates = add_updates(paper, choice, with(cuckoo_tables, "paging.cuckoo.initial_bytes=64M"));
  const auto saved = [=](Series machine, std::size_t figure) {
    return [=](const Figures& figures) { return mean_of(reductions(figures, tree, machine, figure)); };
  };
  paper.numbers.push_back({"latency of a walk saved by merging the levels in pairs, mean of the programs", "percent",
                           15.3, 15.3, 3.1, saved(flattened, latency), is_gain,
                           "depends on how many entries of level 1 a program uses at a time"});
  paper.numbers.push_back({"run time saved by that, mean of the programs", "percent", 3.7, 3.7, 0.7,
                           saved(flattened, cycles), is_gain, "as above; walks overlap here with other work"});
  paper.numbers.push_back({"latency of a walk saved by cuckoo tables, mean of the programs", "percent", 23.1, 23.1, 4.6,
                           saved(cuckoo, latency), is_gain,
                           "with 66 to 453 MiB the tree's pointers hit in walk caches and L1; see the random updates"});
  paper.numbers.push_back(
      {"run time saved by cuckoo tables, random updates of 64 GiB", "percent", 11.5, 11.5, 2.3,
       [=](const Figures& figures) { return 100 * (1 - figures[cuckoo_updates].front() / figures[updates].front()); },
       is_gain, "depends on the bandwidth of the memory and on how many walks are under way at once"});
  return paper;
}

}  // namespace tablewalk

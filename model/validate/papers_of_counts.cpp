// Numbers that their workload determines, which a book gives or its definition: what was published, and how it is
// counted here. Nothing of the machine's timing is in them.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "validate/machine_run.h"
#include "validate/reproduction.h"

namespace tablewalk {
namespace {

using Settings = std::vector<std::string>;

/// Adds the run of one trace. Returns the number of its measurement.
std::size_t add_run(Reproduction& paper, const std::string& preset, const std::string& trace, const Settings& settings,
                    const std::vector<std::string>& figures) {
  paper.measurements.push_back({trace, [=] {
                                  const RunResult result = run_path_on(preset, settings, trace);
                                  std::vector<double> values;
                                  for (const std::string& figure : figures) values.push_back(figure_of(result, figure));
                                  return values;
                                }});
  return paper.measurements.size() - 1;
}

bool never(double) {
  return false;
}

/// Adds the page faults of a reference string.
void add_faults(Reproduction& paper, const std::string& what, double published, const std::vector<int>& pages,
                const char* policy, unsigned frames) {
  std::vector<std::string> records;
  for (const int page : pages) records.push_back(fmt::format("R {:#x}", (page + 1) * 0x1000));
  const std::size_t run = add_run(paper, "teaching", fmt::format("text:{}", fmt::join(records, "; ")),
                                  {"os.prefault=false", fmt::format("os.replacement.policy={}", policy),
                                   fmt::format("os.resident_limit={}K", 4 * frames)},
                                  {"core.faults"});
  paper.numbers.push_back({what, "faults", published, published, 0,
                           [run](const Figures& figures) { return figures[run].front(); }, never, ""});
}

const std::vector<int> anomaly{1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};

}  // namespace

Reproduction reproduce_knuth73(const ReproductionChoice& choice) {
  const std::uint64_t lines = choice.short_form ? 1 << 14 : 1 << 20;
  Reproduction paper{
      "knuth73",
      {"Knuth 1973",
       "D. E. Knuth: The Art of Computer Programming, volume 3, section 6.4: (1 + 1 / (1 - a)) / 2 probes of a "
       "successful search with linear probing in a table of load a; read in the lecture notes CPS 100 of Duke "
       "University (2002)"},
      fmt::format(
          "single pages at random addresses of 64 TiB, each in a line of its own of a hashed page table of {} lines",
          lines),
      {},
      {}};
  for (const double load : {0.5, 0.75, 0.9}) {
    const auto pages = static_cast<std::uint64_t>(load * static_cast<double>(lines));
    const std::size_t run = add_run(paper, "skylake", fmt::format("generated:uniform,footprint=64T,count={}", pages),
                                    {"paging.mode=hashed", fmt::format("paging.hashed.initial_bytes={}K", lines >> 4),
                                     "paging.hashed.max_load=0.95"},
                                    {"walker.entry_reads", "walker.walks"});
    const double published = (1 + 1 / (1 - load)) / 2;
    paper.numbers.push_back({fmt::format("lines read per walk, {:g} of the lines in use", load), "reads", published,
                             published, 0.02 * published,
                             [run](const Figures& figures) { return figures[run][0] / figures[run][1]; },
                             [](double ours) { return ours > 1; },
                             "one table at random: its mean scatters by some percent if it is small"});
  }
  return paper;
}

Reproduction reproduce_belady69(const ReproductionChoice&) {
  Reproduction paper{"belady69",
                     {"Belady et al. 1969",
                      "L. A. Belady, R. A. Nelson, G. S. Shedler: An Anomaly in Space-Time Characteristics of Certain "
                      "Programs Running in a Paging Machine. CACM 12(6), 1969; read in the handout \"Beyond Physical "
                      "Memory\" of CS 537, University of Wisconsin-Madison (2009), problem 2"},
                     "the same reference string: 1 2 3 4 1 2 5 1 2 3 4 5",
                     {},
                     {}};
  add_faults(paper, "page faults, first in, first out, 3 frames", 9, anomaly, "fifo", 3);
  add_faults(paper, "the same, 4 frames", 10, anomaly, "fifo", 4);
  return paper;
}

Reproduction reproduce_arpaci18(const ReproductionChoice&) {
  Reproduction paper{"arpaci18",
                     {"Arpaci-Dusseau 2018",
                      "R. H. and A. C. Arpaci-Dusseau: Operating Systems: Three Easy Pieces, chapters 19 (replacement "
                      "of TLB entries) and "
                      "22 (its reference string); read in the handout \"Beyond Physical Memory\" (2009), problem 1, "
                      "and at educative.io"},
                     "the same reference string, 0 1 2 0 1 3 0 3 1 2 1; a loop over 17 pages and a TLB of 16 entries",
                     {},
                     {}};
  const std::vector<int> pages{0, 1, 2, 0, 1, 3, 0, 3, 1, 2, 1};
  add_faults(paper, "page faults, optimal replacement, 3 frames", 5, pages, "optimal", 3);
  add_faults(paper, "the same, least recently used", 5, pages, "lru", 3);
  add_faults(paper, "the same, first in, first out", 7, pages, "fifo", 3);
  const std::size_t run =
      add_run(paper, "teaching", "generated:stride,stride=4K,footprint=68K,count=1700",
              {"dtlb.arrays=[{entries: 16, ways: 0, replacement: lru}]"}, {"dtlb.misses", "dtlb.lookups"});
  paper.numbers.push_back(
      {"TLB misses in a loop over one page more than it has entries, least recently used", "percent", 100, 100, 0,
       [run](const Figures& figures) { return 100 * figures[run][0] / figures[run][1]; }, never, ""});
  return paper;
}

Reproduction reproduce_silberschatz18(const ReproductionChoice&) {
  Reproduction paper{
      "silberschatz18",
      {"Silberschatz et al. 2018",
       "A. Silberschatz, P. B. Galvin, G. Gagne: Operating System Concepts, 10th edition, section 10.4 (page "
       "replacement); read in a solved example of it, scribd.com 934200195"},
      "the same reference string: 7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1",
      {},
      {}};
  const std::vector<int> pages{7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1};
  add_faults(paper, "page faults, first in, first out, 3 frames", 15, pages, "fifo", 3);
  add_faults(paper, "the same, optimal replacement", 9, pages, "optimal", 3);
  add_faults(paper, "the same, least recently used", 12, pages, "lru", 3);
  return paper;
}

}  // namespace tablewalk

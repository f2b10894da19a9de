#include "validate/large_traces.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "trace/trace_reader.h"
#include "validate/machine_run.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t short_records = 200000;

}  // namespace

const char* const large_traces_text =
    "the six programs of traces/large (graph search, PageRank, hash join, key-value store, B+-tree, Python heap), 66 "
    "to 453 MiB touched, on the preset skylake";

const std::vector<std::string>& large_traces() {
  static const std::vector<std::string> names{"bfs", "pagerank", "hash-join", "key-value", "btree", "heap"};
  return names;
}

namespace {

/// What `of_trace` gives for the number of each trace.
template <class OfTrace>
std::vector<double> for_each_trace(OfTrace&& of_trace) {
  std::vector<double> values;
  for (std::size_t i = 0; i < large_traces().size(); ++i) values.push_back(of_trace(i));
  return values;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Series add_series(std::vector<Measurement>& measurements, const ReproductionChoice& choice,
                  const std::vector<std::string>& settings, const std::vector<std::string>& figures) {
  const Series series{measurements.size()};
  const std::uint64_t limit = choice.short_form ? short_records : 0;
  for (const std::string& name : large_traces()) {
    const std::string path = fmt::format("{}/{}.twt", choice.traces, name);
    measurements.push_back({name, [path, settings, figures, limit] {
                              const std::unique_ptr<TraceReader> trace = open_trace(path);
                              const RunResult result = run_on("skylake", settings, *trace, 0, limit);
                              std::vector<double> values;
                              for (const std::string& figure : figures) values.push_back(figure_of(result, figure));
                              return values;
                            }});
  }
  return series;
}

Costed add_costed(std::vector<Measurement>& measurements, const ReproductionChoice& choice,
                  const std::vector<std::string>& settings) {
  const std::vector<std::string> cycles{"core.cycles"};
  const Series real = add_series(measurements, choice, settings, cycles);
  std::vector<std::string> free = settings;
  free.emplace_back("core.free_translation=true");
  return {real, add_series(measurements, choice, free, cycles)};
}

double mean(const Figures& figures, Series series, std::size_t figure) {
  return mean(for_each_trace([&](std::size_t i) { return figures[series.first + i][figure]; }));
}

double mean_ratio(const Figures& figures, Series series, std::size_t upper, std::size_t lower) {
  return mean(for_each_trace([&](std::size_t i) {
    const std::vector<double>& run = figures[series.first + i];
    return run[upper] / run[lower];
  }));
}

double mean_speedup(const Figures& figures, Series first, Series second, std::size_t cycles) {
  return 100 * std::expm1(mean(for_each_trace([&](std::size_t i) {
           return std::log(figures[first.first + i][cycles] / figures[second.first + i][cycles]);
         })));
}

std::vector<double> reductions(const Figures& figures, Series first, Series second, std::size_t cycles) {
  return for_each_trace(
      [&](std::size_t i) { return 100 * (1 - figures[second.first + i][cycles] / figures[first.first + i][cycles]); });
}

std::vector<double> gains(const Figures& figures, Series first, Series second, std::size_t cycles) {
  return for_each_trace(
      [&](std::size_t i) { return 100 * (figures[first.first + i][cycles] / figures[second.first + i][cycles] - 1); });
}

std::vector<double> cost_shares(const Figures& figures, const Costed& machine, std::size_t cycles) {
  return for_each_trace([&](std::size_t i) {
    return 100 * (1 - figures[machine.free.first + i][cycles] / figures[machine.real.first + i][cycles]);
  });
}

double mean_cost_saved(const Figures& figures, const Costed& first, const Costed& second, std::size_t cycles) {
  return mean(for_each_trace([&](std::size_t i) {
    const double before = figures[first.real.first + i][cycles] - figures[first.free.first + i][cycles];
    const double after = figures[second.real.first + i][cycles] - figures[second.free.first + i][cycles];
    return 100 * (1 - after / before);
  }));
}

}  // namespace tablewalk

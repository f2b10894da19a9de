#pragma once

#include <string>
#include <vector>

#include "validate/reproduction.h"

namespace tablewalk {

/// The programs of traces/large/, for which translation is dear.
const std::vector<std::string>& large_traces();
/// What they are, for the text of a reproduction.
extern const char* const large_traces_text;

/// A machine for all large traces: measurements `first` to `first` + number of traces - 1.
struct Series {
  std::size_t first = 0;
};

/// Adds the runs of the large traces on the preset skylake with these settings. Each gives the figures `figures`.
Series add_series(std::vector<Measurement>& measurements, const ReproductionChoice& choice,
                  const std::vector<std::string>& settings, const std::vector<std::string>& figures);

/// A machine, and the same with free translation: the difference is the cost of translation.
struct Costed {
  Series real;
  Series free;
};

/// Adds both. Each run gives `core.cycles` only.
Costed add_costed(std::vector<Measurement>& measurements, const ReproductionChoice& choice,
                  const std::vector<std::string>& settings);

/// Mean over the traces of a figure.
double mean(const Figures& figures, Series series, std::size_t figure);
/// Mean over the traces of figure `upper` / figure `lower` of each run.
double mean_ratio(const Figures& figures, Series series, std::size_t upper, std::size_t lower);
/// By how much faster the second machine runs each trace: percent, geometric mean of figure `cycles`.
double mean_speedup(const Figures& figures, Series first, Series second, std::size_t cycles);
/// The run time that the second machine saves of the first one's, of each trace: percent.
std::vector<double> reductions(const Figures& figures, Series first, Series second, std::size_t cycles);
/// By how much faster the second machine runs each trace: percent.
std::vector<double> gains(const Figures& figures, Series first, Series second, std::size_t cycles);
/// The share of its cycles that translation costs each trace: percent.
std::vector<double> cost_shares(const Figures& figures, const Costed& machine, std::size_t cycles);
/// What the second machine saves of the first one's cost of translation: percent, mean over the traces.
double mean_cost_saved(const Figures& figures, const Costed& first, const Costed& second, std::size_t cycles);

}  // namespace tablewalk

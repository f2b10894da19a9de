#pragma once

#include <functional>
#include <string>
#include <vector>

#include "validate/claim.h"

namespace tablewalk {

/// What the workloads of reproductions are.
struct ReproductionChoice {
  std::string traces;       ///< folder of the traces with large footprints (traces/large)
  bool short_form = false;  ///< only the first 200,000 records of each
};

/// The figures of each measurement, in their order.
using Figures = std::vector<std::vector<double>>;

/// A published number, and the figure of ours beside it.
struct PublishedNumber {
  std::string what;
  std::string unit;
  double low = 0;  ///< as published; a range if it gives one
  double high = 0;
  double margin = 0;  ///< ours agrees if it is at most this far outside, in the unit
  std::function<double(const Figures&)> ours;
  std::function<bool(double)> same_shape;  ///< whether a figure that does not agree has the published direction
  std::string why;                         ///< why it may differ
};

/// The numbers of one paper, measured here. The workloads are not the paper's: `workload` says what they are.
struct Reproduction {
  const char* name;
  Source source;
  std::string workload;
  std::vector<Measurement> measurements;
  std::vector<PublishedNumber> numbers;
};

/// A published number with ours.
struct ReproducedNumber {
  PublishedNumber number;
  double ours = 0;
  /// `agrees`, `same shape` or `differs`.
  const char* verdict() const;
};

struct ReproducedPaper {
  Reproduction reproduction;
  std::vector<ReproducedNumber> numbers;
};

/// Names and titles of the papers, in display order.
struct PaperName {
  const char* name;
  const char* title;
  Reproduction (*make)(const ReproductionChoice& choice);
};
const std::vector<PaperName>& papers();

/// Each makes the measurements of one paper. Throws InputError for traces that are missing.
Reproduction reproduce_park22(const ReproductionChoice& choice);
Reproduction reproduce_yaniv16(const ReproductionChoice& choice);
Reproduction reproduce_barr10(const ReproductionChoice& choice);
Reproduction reproduce_ecpt20(const ReproductionChoice& choice);
Reproduction reproduce_karakostas15(const ReproductionChoice& choice);
Reproduction reproduce_pham12(const ReproductionChoice& choice);
Reproduction reproduce_basu13(const ReproductionChoice& choice);
Reproduction reproduce_chai25(const ReproductionChoice& choice);
Reproduction reproduce_knuth73(const ReproductionChoice& choice);
Reproduction reproduce_belady69(const ReproductionChoice& choice);
Reproduction reproduce_arpaci18(const ReproductionChoice& choice);
Reproduction reproduce_silberschatz18(const ReproductionChoice& choice);

/// The reproductions with those names, or all. Throws InputError that names the nearest one.
std::vector<Reproduction> find_reproductions(const std::vector<std::string>& names, const ReproductionChoice& choice);

/// Makes the measurements of all, `jobs` in parallel, each in its own process. Throws what they throw, and InputError
/// if the program was interrupted.
std::vector<ReproducedPaper> measure_reproductions(const std::vector<Reproduction>& reproductions, unsigned jobs);

std::string reproduction_text(const std::vector<ReproducedPaper>& papers);
/// Schema tablewalk.reproduction/1.
std::string reproduction_json(const std::vector<ReproducedPaper>& papers);
std::string reproduction_csv(const std::vector<ReproducedPaper>& papers);
/// The list of papers.
std::string papers_text();

}  // namespace tablewalk

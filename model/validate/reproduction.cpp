#include "validate/reproduction.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "report/figures.h"
#include "report/result_json.h"
#include "report/text_table.h"

namespace tablewalk {
namespace {

constexpr std::size_t reproduction_width = 160;

void check_traces(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return;
  throw InputError(fmt::format(
      "reproduce: {}: no such folder; expected traces/large: run in the repository, or give --traces FOLDER", folder));
}

std::string published_text(const PublishedNumber& number) {
  if (number.low == number.high) return fmt::format("{:g}", number.low);
  return fmt::format("{:g} to {:g}", number.low, number.high);
}

std::string paper_text(const ReproducedPaper& paper) {
  const Reproduction& its = paper.reproduction;
  TextTable table({its.name, "unit", "published", "ours", "margin", "verdict"}, 0);
  for (const ReproducedNumber& one : paper.numbers) {
    table.add_row({one.number.what, one.number.unit, published_text(one.number), fmt::format("{:.2f}", one.ours),
                   fmt::format("{:g}", one.number.margin), one.verdict()});
  }
  std::string text = table.text(reproduction_width);
  text += fmt::format("  published: {}\n  ours: {}\n", its.source.full, its.workload);
  for (const ReproducedNumber& one : paper.numbers) {
    if (one.number.why.empty() || std::string(one.verdict()) == "agrees") continue;
    text += fmt::format("  {}: {}\n", one.number.what, one.number.why);
  }
  return text + "\n";
}

std::string counts_text(const std::vector<ReproducedPaper>& papers) {
  std::size_t all = 0;
  std::size_t agree = 0;
  std::size_t shape = 0;
  for (const ReproducedPaper& paper : papers) {
    for (const ReproducedNumber& one : paper.numbers) {
      const std::string verdict = one.verdict();
      ++all;
      agree += verdict == "agrees" ? 1 : 0;
      shape += verdict == "same shape" ? 1 : 0;
    }
  }
  return fmt::format("{} published numbers: {} agree, {} have the same shape, {} differ\n", all, agree, shape,
                     all - agree - shape);
}

}  // namespace

const char* ReproducedNumber::verdict() const {
  if (ours >= number.low - number.margin && ours <= number.high + number.margin) return "agrees";
  return number.same_shape(ours) ? "same shape" : "differs";
}

std::vector<Reproduction> find_reproductions(const std::vector<std::string>& names, const ReproductionChoice& choice) {
  std::vector<std::string> known;
  for (const PaperName& paper : papers()) known.emplace_back(paper.name);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw InputError(fmt::format("reproduce: no paper '{}'{}; expected one of {}", name, did_you_mean(name, known),
                                 fmt::join(known, ", ")));
  }
  check_traces(choice.traces);
  std::vector<Reproduction> found;
  for (const PaperName& paper : papers()) {
    if (names.empty() || std::find(names.begin(), names.end(), paper.name) != names.end()) {
      found.push_back(paper.make(choice));
    }
  }
  return found;
}

std::vector<ReproducedPaper> measure_reproductions(const std::vector<Reproduction>& reproductions, unsigned jobs) {
  std::vector<Measurement> all;
  for (const Reproduction& paper : reproductions) {
    all.insert(all.end(), paper.measurements.begin(), paper.measurements.end());
  }
  const Figures figures = measure(all, jobs, "reproduce");
  std::vector<ReproducedPaper> papers;
  auto first = figures.begin();
  for (const Reproduction& paper : reproductions) {
    const auto last = first + static_cast<std::ptrdiff_t>(paper.measurements.size());
    const Figures its(first, last);
    first = last;
    papers.push_back({paper, {}});
    for (const PublishedNumber& number : paper.numbers) papers.back().numbers.push_back({number, number.ours(its)});
  }
  return papers;
}

std::string reproduction_text(const std::vector<ReproducedPaper>& papers) {
  std::string text;
  for (const ReproducedPaper& paper : papers) text += paper_text(paper);
  return text + counts_text(papers);
}

std::string reproduction_json(const std::vector<ReproducedPaper>& papers) {
  nlohmann::ordered_json document;
  document["schema"] = "tablewalk.reproduction/1";
  document["numbers"] = nlohmann::ordered_json::array();
  for (const ReproducedPaper& paper : papers) {
    for (const ReproducedNumber& one : paper.numbers) {
      document["numbers"].push_back({{"paper", paper.reproduction.name},
                                     {"number", one.number.what},
                                     {"unit", one.number.unit},
                                     {"published", {one.number.low, one.number.high}},
                                     {"ours", one.ours},
                                     {"margin", one.number.margin},
                                     {"verdict", one.verdict()},
                                     {"source", paper.reproduction.source.full},
                                     {"workload", paper.reproduction.workload}});
    }
  }
  return readable_json(document);
}

std::string reproduction_csv(const std::vector<ReproducedPaper>& papers) {
  std::string text = "paper,number,unit,published_low,published_high,ours,margin,verdict\n";
  for (const ReproducedPaper& paper : papers) {
    for (const ReproducedNumber& one : paper.numbers) {
      text += fmt::format("{},{},{},{},{},{},{},{}\n", paper.reproduction.name, csv_field(one.number.what),
                          one.number.unit, one.number.low, one.number.high, one.ours, one.number.margin, one.verdict());
    }
  }
  return text;
}

std::string papers_text() {
  TextTable table({"paper", "about"}, 0);
  for (const PaperName& paper : papers()) table.add_row({paper.name, paper.title});
  return table.text(reproduction_width);
}

}  // namespace tablewalk

#include "report/cores_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/figures.h"
#include "report/text_table.h"
#include "stats/core_name.h"

namespace tablewalk {
namespace {

/// Short titles, so that a row with 10-digit cycles fits the page.
struct Column {
  const char* title;
  const char* figure;  ///< the core's name for it
  bool share_of_cycles = false;
};
constexpr Column columns[] = {{"cycles", "core.cycles"},
                              {"instructions", "core.instructions"},
                              {"CPI", "core.cycles_per_instruction"},
                              {"dtlb MPKI", "dtlb.mpki"},
                              {"stlb misses", "stlb.misses"},
                              {"walks", "walker.walks"},
                              {"memory", "core.memory_stall_cycles", true},
                              {"translation", "core.translation_stall_cycles", true}};

const StatSet::Figure* find(const StatSet& figures, unsigned core, const char* name) {
  return figures.find(prefixed_name(core_prefix(core), name));
}

std::string cell(const StatSet& figures, unsigned core, const Column& column) {
  const StatSet::Figure* figure = find(figures, core, column.figure);
  if (figure == nullptr) return "";
  if (!column.share_of_cycles) return figure_text(*figure);
  const StatSet::Figure* cycles = find(figures, core, "core.cycles");
  return cycles == nullptr ? "" : fmt::format("{:.2f} %", 100 * ratio(figure->count, cycles->count));
}

}  // namespace

std::string cores_text(const StatSet& figures, std::size_t indent) {
  const std::vector<unsigned> cores = cores_of(figures);
  if (cores.empty()) return {};
  std::vector<std::string> header = {"core"};
  std::vector<std::vector<std::string>> rows;
  for (const unsigned core : cores) rows.push_back({std::to_string(core)});
  for (const Column& column : columns) {
    // A column is shown only if the cores have that figure separately.
    const auto has = [&](unsigned core) { return find(figures, core, column.figure) != nullptr; };
    if (std::none_of(cores.begin(), cores.end(), has)) continue;
    header.emplace_back(column.title);
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row].push_back(cell(figures, cores[row], column));
  }
  TextTable table(header, indent);
  for (std::vector<std::string>& row : rows) table.add_row(std::move(row));
  return table.text();
}

StatSet without_single_cores(const StatSet& figures) {
  StatSet all;
  for (const StatSet::Figure& figure : figures.figures()) {
    if (!core_name(figure.name)) all.add(figure);
  }
  for (const StatSet::Distribution& distribution : figures.distributions()) {
    if (!core_name(distribution.name)) all.add(distribution);
  }
  return all;
}

}  // namespace tablewalk

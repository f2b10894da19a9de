#include "report/dependences_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/figures.h"

namespace tablewalk {

std::string dependences_text(const std::set<std::string>& simulated) {
  if (simulated.count("trace") != 0 || simulated.count("") != 0) return {};
  return fmt::format(
      "dependences between loads: not in the trace; core.dependences: {} (the cycles lie between none "
      "and chained)\n",
      fmt::join(simulated, " and "));
}

std::string interval_text(const StatSet& stats) {
  const StatSet::Figure* chained_cycles = stats.find("core.chained_cycles");
  if (chained_cycles == nullptr) return {};
  return fmt::format(
      "if no load waits: {} cycles, translation costs {}; if each waits for the previous one: {} cycles, {}\n",
      figure_text(stats.at("core.cycles")), figure_text(stats.at("translation.cost_share")),
      figure_text(*chained_cycles), figure_text(stats.at("translation.chained_cost_share")));
}

}  // namespace tablewalk

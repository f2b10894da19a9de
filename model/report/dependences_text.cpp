#include "report/dependences_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/figures.h"

namespace tablewalk {

std::string dependences_text(const std::set<std::string>& simulated) {
  if (simulated.count("trace") != 0 || simulated.count("") != 0) return {};
  return fmt::format(
      "loads that wait for loads: unknown to the trace; core.dependences: {} (the truth lies between none and "
      "chained)\n",
      fmt::join(simulated, " and "));
}

std::string interval_text(const StatSet& stats) {
  const StatSet::Figure* least = stats.find("translation.cost_share");
  const StatSet::Figure* most = stats.find("translation.chained_cost_share");
  if (least == nullptr || most == nullptr) return {};
  return fmt::format(
      "translation costs {} of the cycles if no load waits for another, {} if each waits for the one before it\n",
      figure_text(*least), figure_text(*most));
}

}  // namespace tablewalk

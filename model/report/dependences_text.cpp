#include "report/dependences_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tablewalk {

std::string dependences_text(const std::set<std::string>& simulated) {
  if (simulated.count("trace") != 0 || simulated.count("") != 0) return {};
  return fmt::format(
      "loads that wait for loads: unknown to the trace; core.dependences: {} (the truth lies between none and "
      "chained)\n",
      fmt::join(simulated, " and "));
}

}  // namespace tablewalk

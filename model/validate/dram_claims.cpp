// The memory alone, compared with two DRAM simulators on the same streams. docs/dram.md states the tolerances.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <tuple>

#include "base/error.h"
#include "base/file.h"
#include "dram/dram_load.h"
#include "dram/memory_clock.h"
#include "validate/claim_groups.h"

namespace tablewalk {
namespace {

const Source simulators{"DRAMsim3, Ramulator 2",
                        "DRAMsim3 (its own clock taken off) and Ramulator 2, DDR4-3200AA: tb/golden/dram/README.md"};
constexpr std::uint64_t line_bytes = 64;
constexpr unsigned poisson_seeds = 8;

struct Load {
  std::string stream;
  double mean_gap = 0;  ///< clocks; 0: a closed loop
  unsigned in_flight = 0;
  friend bool operator<(const Load& a, const Load& b) {
    return std::tie(a.stream, a.mean_gap, a.in_flight) < std::tie(b.stream, b.mean_gap, b.in_flight);
  }
};

/// The lowest and highest results of the simulators.
struct Answers {
  double low_clocks = 0;
  double high_clocks = 0;
  double low_bandwidth = 0;
  double high_bandwidth = 0;
};

double number(const std::string& cell, const std::string& where) {
  try {
    std::size_t used = 0;
    const double value = std::stod(cell, &used);
    if (used == cell.size()) return value;
  } catch (const std::exception&) {
  }
  throw InputError(fmt::format("{}: '{}': expected a number", where, cell));
}

void add_answer(std::map<Load, Answers>& all, const std::vector<std::string>& cells, const std::string& where) {
  const std::vector<std::string>& streams = stream_names();
  if (std::find(streams.begin(), streams.end(), cells[1]) == streams.end()) {
    throw InputError(fmt::format("{}: stream '{}'{}", where, cells[1], did_you_mean(cells[1], streams)));
  }
  const Load load{cells[1], number(cells[2], where), static_cast<unsigned>(number(cells[3], where))};
  const double clocks = number(cells[4], where) - (cells[0] == "dramsim3" ? 1 : 0);
  const double bandwidth = number(cells[9], where);
  const auto [found, fresh] = all.try_emplace(load, Answers{clocks, clocks, bandwidth, bandwidth});
  if (fresh) return;
  Answers& known = found->second;
  known = {std::min(known.low_clocks, clocks), std::max(known.high_clocks, clocks),
           std::min(known.low_bandwidth, bandwidth), std::max(known.high_bandwidth, bandwidth)};
}

std::map<Load, Answers> read_answers(const std::string& path) {
  constexpr std::size_t columns = 12;
  std::istringstream file(read_text_file(path));
  std::map<Load, Answers> answers;
  std::string line;
  std::getline(file, line);
  for (unsigned at = 2; std::getline(file, line); ++at) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    const std::string where = fmt::format("{}:{}", path, at);
    if (cells.size() != columns) {
      throw InputError(fmt::format("{}: {} cells; expected {}", where, cells.size(), columns));
    }
    add_answer(answers, cells, where);
  }
  if (answers.empty()) throw InputError(path + ": no rows; expected the results of the simulators");
  return answers;
}

/// Mean latency in clocks and bandwidth in GB/s; Poisson arrivals scatter, so averaged over some seeds.
std::vector<double> drive(const Load& load) {
  DramConfig config;
  config.controller_ns = 0;
  const std::vector<std::string>& names = stream_names();
  const auto kind = static_cast<StreamKind>(std::find(names.begin(), names.end(), load.stream) - names.begin());
  const unsigned seeds = load.mean_gap > 0 ? poisson_seeds : 1;
  const double clock_ns = 2000.0 / config.data_rate_mts;
  double clocks = 0;
  double bandwidth = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    MemoryLoad driven;
    driven.in_flight = load.in_flight;
    driven.mean_gap_clocks = load.mean_gap;
    driven.seed = seed;
    const MemoryLoadResult result =
        run_memory_load(config, line_bytes, make_stream(kind, config, line_bytes, seed), driven);
    clocks += result.latency_clocks.mean() / seeds;
    bandwidth += static_cast<double>(result.requests * line_bytes) /
                 (static_cast<double>(result.duration.count()) * clock_ns) / seeds;
  }
  return {clocks, bandwidth};
}

/// The maximum that streams of this kind reach.
double saturation(const std::string& stream, const std::map<Load, Answers>& answers) {
  double most = 0;
  for (const auto& [load, answer] : answers) {
    if (load.stream == stream) most = std::max(most, answer.high_bandwidth);
  }
  return most;
}

void add_load(ClaimList& list, const Load& load, const Answers& answers, double most) {
  constexpr double saturated_share = 0.9;
  constexpr double endless_share = 0.99;
  const bool poisson = load.mean_gap > 0;
  const bool saturated = answers.low_bandwidth > saturated_share * most;
  // The queue grows as long as requests arrive, so the latency only reflects their number.
  if (poisson && answers.low_bandwidth > endless_share * most) return;
  const std::string name = poisson ? fmt::format("{}, gap of {:g} clocks", load.stream, load.mean_gap)
                                   : fmt::format("{}, {} in flight", load.stream, load.in_flight);
  const bool light = poisson ? load.mean_gap >= 30 : load.in_flight <= 8;
  const Tolerance latency = poisson && saturated ? Tolerance::none() : Tolerance::share(light ? 0.02 : 0.05);
  const std::size_t measured = list.measure(name, [load] { return drive(load); });
  list.claims.push_back({"dram", name + ": latency", "clocks", simulators, answers.low_clocks, answers.high_clocks,
                         latency, measured, 0});
  list.claims.push_back({"dram", name + ": bandwidth", "GB/s", simulators, answers.low_bandwidth,
                         answers.high_bandwidth, saturated && !poisson ? Tolerance::share(0.03) : Tolerance::none(),
                         measured, 1});
}

}  // namespace

void add_dram_claims(ClaimList& list, const ClaimChoice& choice) {
  const std::map<Load, Answers> answers = read_answers(choice.data + "/dram/reference.csv");
  for (const auto& [load, answer] : answers) {
    const bool quick = load.mean_gap == 0 && (load.in_flight == 1 || load.in_flight == 8);
    if (choice.short_form && !quick) continue;
    add_load(list, load, answer, saturation(load.stream, answers));
  }
}

}  // namespace tablewalk

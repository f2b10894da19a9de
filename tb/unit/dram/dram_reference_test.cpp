// Compares the memory with two other simulators on the same streams: tb/golden/dram.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "dram/dram_load.h"

namespace tablewalk::dram_reference_test {
namespace {

/// The results of a stream: the mean latency of its reads in clocks, and the bandwidth.
struct Met {
  double mean_clocks = 0;
  double gbytes_per_s = 0;
};

struct Load {
  std::string stream;
  double mean_gap_clocks = 0;
  std::uint32_t in_flight = 0;
  friend bool operator<(const Load& a, const Load& b) {
    return std::tie(a.stream, a.mean_gap_clocks, a.in_flight) < std::tie(b.stream, b.mean_gap_clocks, b.in_flight);
  }
};

/// By load: each simulator's result, if it was run. DRAMsim3's own clock is subtracted.
std::map<Load, std::vector<Met>> reference() {
  std::ifstream file(TABLEWALK_SOURCE_DIR "/tb/golden/dram/reference.csv");
  std::map<Load, std::vector<Met>> answers;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string model, stream, gap, in_flight, mean, cell;
    for (std::string* at : {&model, &stream, &gap, &in_flight, &mean}) std::getline(cells, *at, ',');
    for (unsigned skipped = 0; skipped < 5; ++skipped) std::getline(cells, cell, ',');
    const double own_clock = model == "dramsim3" ? 1 : 0;
    answers[{stream, std::stod(gap), static_cast<std::uint32_t>(std::stoul(in_flight))}].push_back(
        {std::stod(mean) - own_clock, std::stod(cell)});
  }
  return answers;
}

/// The mean over some seeds: Poisson arrivals scatter more than the tolerance.
Met model(const Load& load) {
  DramConfig config;
  config.controller_ns = 0;
  const auto& names = stream_names();
  const auto kind = static_cast<StreamKind>(std::find(names.begin(), names.end(), load.stream) - names.begin());
  const unsigned seeds = load.mean_gap_clocks > 0 ? 8 : 1;
  Met met;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    MemoryLoad driven;
    driven.in_flight = load.in_flight;
    driven.mean_gap_clocks = load.mean_gap_clocks;
    driven.seed = seed;
    const MemoryLoadResult result = run_memory_load(config, 64, make_stream(kind, config, 64, seed), driven);
    met.mean_clocks += result.latency_clocks.mean() / seeds;
    met.gbytes_per_s +=
        static_cast<double>(result.requests * 64) / (static_cast<double>(result.duration.count()) * 0.625) / seeds;
  }
  return met;
}

/// Relative distance of `value` from the range of the references; 0 inside.
double deviation(double value, const std::vector<Met>& references, double Met::*figure) {
  double low = HUGE_VAL;
  double high = 0;
  for (const Met& reference : references) {
    low = std::min(low, reference.*figure);
    high = std::max(high, reference.*figure);
  }
  return value < low ? value / low - 1 : value > high ? value / high - 1 : 0;
}

/// The maximum that a stream of this kind reaches.
double saturation(const std::string& stream, const std::map<Load, std::vector<Met>>& answers) {
  double most = 0;
  for (const auto& [load, references] : answers) {
    if (load.stream != stream) continue;
    for (const Met& reference : references) most = std::max(most, reference.gbytes_per_s);
  }
  return most;
}

TEST(DramReference, LatencyAndBandwidthAreThoseOfOtherSimulators) {
  const std::map<Load, std::vector<Met>> answers = reference();
  ASSERT_EQ(answers.size(), 35u);
  for (const auto& [load, references] : answers) {
    const double most = saturation(load.stream, answers);
    const bool saturated = references.front().gbytes_per_s > 0.9 * most;
    if (load.mean_gap_clocks > 0 && saturated) continue;  // a queue that grows without bound
    SCOPED_TRACE(load.stream + ", mean gap " + std::to_string(load.mean_gap_clocks) + ", in flight " +
                 std::to_string(load.in_flight));
    const Met met = model(load);
    const bool light = load.mean_gap_clocks > 0 ? load.mean_gap_clocks >= 30 : load.in_flight <= 8;
    EXPECT_LE(std::abs(deviation(met.mean_clocks, references, &Met::mean_clocks)), light ? 0.02 : 0.05)
        << met.mean_clocks << " clocks";
    if (saturated) {
      EXPECT_LE(std::abs(deviation(met.gbytes_per_s, references, &Met::gbytes_per_s)), 0.03)
          << met.gbytes_per_s << " GB/s";
    }
  }
}

}  // namespace
}  // namespace tablewalk::dram_reference_test

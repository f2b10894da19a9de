// How fast the whole simulator is, as ratios of things measured in one run: the figures of docs/performance.md.
//
//     speed_bench [--rounds N] [--records N] [TRACE]
//
// Each measurement runs in its own process (SystemC elaborates once per process) and counts its processor time;
// compared runs alternate, round by round, and the median of the rounds' ratios is printed.

#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <systemc>
#include <vector>

#include "base/error.h"
#include "base/process_pool.h"
#include "bench/bare_loop.h"
#include "config/loader.h"
#include "system/run.h"
#include "trace/generate.h"
#include "trace/trace_reader.h"

namespace tablewalk {
namespace {

struct Measurement {
  double cpu_seconds = 0;
  double peak_mebibytes = 0;
  double accesses = 0;
  double walks = 0;
};

Measurement measure_in_child(const std::function<void(Measurement&)>& work) {
  const auto job = [&](std::size_t) {
    Measurement result;
    rusage before{};
    rusage after{};
    getrusage(RUSAGE_SELF, &before);
    work(result);
    getrusage(RUSAGE_SELF, &after);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    result.cpu_seconds =
        seconds(after.ru_utime) + seconds(after.ru_stime) - seconds(before.ru_utime) - seconds(before.ru_stime);
    result.peak_mebibytes = static_cast<double>(after.ru_maxrss) / 1024;
    return nlohmann::json{result.cpu_seconds, result.peak_mebibytes, result.accesses, result.walks}.dump();
  };
  const auto name = [](std::size_t) { return std::string("measurement"); };
  const auto text = run_in_processes(1, job, name, {}).front();
  const auto values = nlohmann::json::parse(text).get<std::vector<double>>();
  return {values[0], values[1], values[2], values[3]};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void run_whole_machine(TraceReader& reader, Measurement& result, const MachineConfig& config = {}) {
  const RunResult run = run_machine(config, reader, RunOptions{});
  result.accesses = run.stats.at("core.accesses").value();
  result.walks = run.stats.at("walker.walks").value();
}

void compare_with_bare_loop(const std::string& trace, unsigned rounds) {
  std::vector<double> ratios;
  std::vector<double> rates;
  for (unsigned round = 0; round < rounds; ++round) {
    const Measurement bare = measure_in_child([&](Measurement& result) {
      const auto reader = open_trace(trace);
      RecordSource source(*reader, 0);
      result.walks = static_cast<double>(BareLoop(MachineConfig{}).run(source));
      result.accesses = static_cast<double>(source.delivered());
    });
    const Measurement machine =
        measure_in_child([&](Measurement& result) { run_whole_machine(*open_trace(trace), result); });
    ratios.push_back(machine.cpu_seconds / bare.cpu_seconds);
    rates.push_back(machine.accesses / machine.cpu_seconds / 1e6);
  }
  fmt::print("{}: whole machine / bare loop: {:.2f} (best {:.2f}, worst {:.2f}); {:.1f} M accesses/s (best {:.1f})\n",
             trace, median(ratios), *std::min_element(ratios.begin(), ratios.end()),
             *std::max_element(ratios.begin(), ratios.end()), median(rates),
             *std::max_element(rates.begin(), rates.end()));
}

void compare_walkers(const std::string& trace, const ConfigSource& machine, unsigned rounds) {
  std::vector<double> ratios;
  double walks = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    const auto seconds = [&](WalkerKind kind) {
      const Measurement run = measure_in_child([&](Measurement& result) {
        auto config = load_config<MachineConfig>(machine);
        config.walker.kind = kind;
        run_whole_machine(*open_trace(trace), result, config);
      });
      walks = run.walks;
      return run.cpu_seconds;
    };
    const double rtl = seconds(WalkerKind::Rtl);
    ratios.push_back(rtl / seconds(WalkerKind::SystemC));
  }
  fmt::print("{}, {}: RTL walker / SystemC walker: {:.2f} (best {:.2f}, worst {:.2f}), {:.0f} k walks\n", trace,
             machine.name.empty() ? "default machine" : machine.name, median(ratios),
             *std::min_element(ratios.begin(), ratios.end()), *std::max_element(ratios.begin(), ratios.end()),
             walks / 1e3);
}

void random_walks(std::uint64_t records, unsigned rounds) {
  std::vector<double> rates;
  double walks_per_access = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    const Measurement run = measure_in_child([&](Measurement& result) {
      GeneratorConfig config;
      config.pattern = Pattern::Uniform;
      config.footprint = std::uint64_t{4} << 30;
      config.count = records;
      run_whole_machine(*make_generator(config), result);
    });
    rates.push_back(run.walks / run.cpu_seconds / 1e3);
    walks_per_access = run.walks / run.accesses;
  }
  fmt::print("uniformly random loads over 4 GiB: {:.0f} k walks/s (best {:.0f}), {:.2f} walks per access\n",
             median(rates), *std::max_element(rates.begin(), rates.end()), walks_per_access);
}

void memory_of_long_traces(std::uint64_t records) {
  double first = 0;
  for (std::uint64_t count : {records, 10 * records}) {
    const Measurement run = measure_in_child([&](Measurement& result) {
      GeneratorConfig config;
      config.pattern = Pattern::Sequential;
      config.count = count;
      run_whole_machine(*make_generator(config), result);
    });
    first = first == 0 ? run.peak_mebibytes : first;
    fmt::print("{} M accesses: peak resident memory {:.1f} MiB ({:.3f}x)\n", count / 1000000, run.peak_mebibytes,
               run.peak_mebibytes / first);
  }
}

int run(int argc, char** argv) {
  CLI::App app{"How fast the simulator is, as ratios measured in one run"};
  std::string trace = TABLEWALK_SOURCE_DIR "/traces/gzip.twt";
  unsigned rounds = 5;
  std::uint64_t walks = 1000000;
  std::uint64_t records = 10000000;
  app.add_option("TRACE", trace, "hit-heavy trace");
  app.add_option("--rounds", rounds, "measurements of each kind");
  app.add_option("--walks", walks, "random loads");
  app.add_option("--records", records, "records of the shorter memory measurement; 0 leaves it out");
  CLI11_PARSE(app, argc, argv);
  compare_with_bare_loop(trace, rounds);
  const std::vector<ConfigSource> machines = {{"", {}}, {"skylake", {}}, {"cva6", {}}};
  for (const ConfigSource& machine : machines) {
    compare_walkers(TABLEWALK_SOURCE_DIR "/traces/python3.twt", machine, rounds);
    compare_walkers(TABLEWALK_SOURCE_DIR "/tb/golden/traces/gups.twt", machine, rounds);
  }
  if (walks != 0) random_walks(walks, rounds);
  if (records != 0) memory_of_long_traces(records);
  return 0;
}

}  // namespace
}  // namespace tablewalk

int sc_main(int, char**) {
  return 0;
}

int main(int argc, char** argv) {
  return tablewalk::run(argc, argv);
}

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/trace_arguments.h"
#include "config/loader.h"
#include "dram/dram_load.h"
#include "dram/dram_timing.h"
#include "report/histogram_text.h"
#include "report/print_options.h"
#include "report/result_json.h"
#include "report/text_table.h"
#include "system/machine_config.h"
#include "trace/trace_reader.h"

namespace tablewalk {
namespace {

struct DramArguments {
  std::string stream;
  std::string trace_format = "auto";
  ConfigSource config;
  MemoryLoad load;
  std::uint64_t requests = 0;  ///< 0: the stream's default
  std::string in_flight;
  std::string mean_gap;
  std::string format = "text";
};

constexpr std::uint64_t default_requests = 30000;

/// A memory, its load, and the result.
struct DramRun {
  std::string stream;
  MachineConfig machine;
  MemoryLoad load;
  MemoryLoadResult result;

  MemoryClock clock() const { return {machine.dram.data_rate_mts, machine.clock_mhz}; }
  double gbytes_per_s() const {
    const double ns = clock().ns(static_cast<double>(result.duration.count()));
    return ns == 0 ? 0 : static_cast<double>(result.requests * machine.memory.line_bytes) / ns;
  }
  double row_hit_share() const {
    return ratio(result.row_hits, result.row_hits + result.row_misses + result.row_conflicts);
  }
};

/// A trace as requests: the line of each access, with its address taken as physical.
class TraceStream {
 public:
  TraceStream(const std::string& path, const std::string& format) : reader_(open_trace(path, format)) {}

  bool next(MemoryRequest& request) {
    if (modifying_) {
      request.write = true;
      modifying_ = false;
      return true;
    }
    Record record;
    do {
      if (reader_->read(&record, 1) == 0) return false;
    } while (is_event(record.kind));
    request.address = PhysicalAddress(record.address.value());
    request.write = record.kind == RecordKind::Store;
    modifying_ = record.kind == RecordKind::Modify;  // it is read, then written
    return true;
  }

 private:
  std::unique_ptr<TraceReader> reader_;
  bool modifying_ = false;
};

RequestStream open_stream(const DramArguments& arguments, const MachineConfig& machine) {
  const std::vector<std::string>& names = stream_names();
  const auto found = std::find(names.begin(), names.end(), arguments.stream);
  if (found != names.end()) {
    const auto kind = static_cast<StreamKind>(found - names.begin());
    return make_stream(kind, machine.dram, machine.memory.line_bytes, arguments.load.seed);
  }
  try {
    const auto trace = std::make_shared<TraceStream>(arguments.stream, arguments.trace_format);
    return [trace](MemoryRequest& request) { return trace->next(request); };
  } catch (const InputError& error) {
    const std::string nearest = did_you_mean(arguments.stream, names);
    if (nearest.empty()) throw;
    throw InputError(error.what() + nearest);
  }
}

double parse_gap(const std::string& text) {
  double gap = 0;
  std::size_t used = 0;
  try {
    gap = std::stod(text, &used);
  } catch (const std::exception&) {
  }
  constexpr double longest = 1e9;
  if (used == text.size() && gap > 0 && gap <= longest) return gap;
  throw InputError(fmt::format("--mean-gap {}: expected a number of clocks above 0, at most {:.0f}", text, longest));
}

DramRun drive(DramArguments arguments) {
  constexpr std::uint64_t most_in_flight = 1 << 20;
  MemoryLoad& load = arguments.load;
  if (!arguments.in_flight.empty() && !arguments.mean_gap.empty()) {
    throw InputError("--in-flight and --mean-gap are exclusive: expected one of them");
  }
  if (!arguments.in_flight.empty()) {
    load.in_flight = static_cast<std::uint32_t>(parse_whole("--in-flight", arguments.in_flight, most_in_flight));
    if (load.in_flight == 0) throw InputError("--in-flight 0: expected at least 1");
  }
  if (!arguments.mean_gap.empty()) load.mean_gap_clocks = parse_gap(arguments.mean_gap);
  DramRun run;
  run.stream = arguments.stream;
  run.machine = load_config<MachineConfig>(arguments.config);
  const std::vector<std::string>& names = stream_names();
  const bool endless = std::find(names.begin(), names.end(), arguments.stream) != names.end();
  load.requests = arguments.requests != 0 ? arguments.requests
                  : endless               ? default_requests
                                          : std::numeric_limits<std::uint64_t>::max();
  const RequestStream stream = open_stream(arguments, run.machine);
  run.load = load;
  run.result = run_memory_load(run.machine.dram, run.machine.memory.line_bytes, stream, load);
  return run;
}

struct LatencyFigure {
  const char* name;
  double clocks;
};

std::vector<LatencyFigure> latencies(const Histogram& values) {
  return {{"mean", values.mean()},
          {"p50", static_cast<double>(values.percentile(50))},
          {"p95", static_cast<double>(values.percentile(95))},
          {"p99", static_cast<double>(values.percentile(99))},
          {"max", static_cast<double>(values.max())}};
}

std::string latency_table(const DramRun& run) {
  const MemoryClock clock = run.clock();
  std::vector<std::string> header{"read latency"};
  std::vector<std::string> clocks{"memory clocks"};
  std::vector<std::string> cycles{"core cycles"};
  std::vector<std::string> ns{"ns"};
  for (const auto& [name, value] : latencies(run.result.latency_clocks)) {
    header.emplace_back(name);
    clocks.push_back(fmt::format("{:.2f}", value));
    cycles.push_back(fmt::format("{:.2f}", clock.cycles(value)));
    ns.push_back(fmt::format("{:.2f}", clock.ns(value)));
  }
  TextTable table(header, 0);
  for (const auto& row : {clocks, cycles, ns}) table.add_row(row);
  return table.text();
}

std::string to_text(const DramRun& run) {
  const MemoryLoadResult& result = run.result;
  const DramConfig& dram = run.machine.dram;
  const std::string how = run.load.mean_gap_clocks > 0
                              ? fmt::format("Poisson arrivals, {} clocks apart on average", run.load.mean_gap_clocks)
                              : fmt::format("{} in flight", run.load.in_flight);
  std::string text =
      fmt::format("{}: {} requests ({} reads, {} writes), {}\n", run.stream, with_thousands(result.requests),
                  with_thousands(result.reads), with_thousands(result.writes), how);
  text += fmt::format("memory: {} MT/s, {} channel{}, clock of {:.4g} ns; core at {} MHz\n\n", dram.data_rate_mts,
                      dram.channels, dram.channels == 1 ? "" : "s", run.clock().ns(1), run.machine.clock_mhz);
  text += latency_table(run);
  const double peak =
      64.0 * dram.channels /
      run.clock().ns(static_cast<double>(DramTimings(dram, run.machine.memory.line_bytes).burst.count()));
  text += fmt::format("\nbandwidth      {:.2f} GB/s, {:.1f} % of the data bus\n", run.gbytes_per_s(),
                      100 * run.gbytes_per_s() / peak);
  text += fmt::format("row hits       {:.1f} %\n", 100 * run.row_hit_share());
  text += fmt::format("from buffer    {} reads served from the write queue\n", with_thousands(result.forwarded));
  text += fmt::format("refresh        delayed {} accesses\n", with_thousands(result.refresh_stalls));
  const std::string histogram = histogram_text({"latency", "clocks", "", result.latency_clocks.nonempty_buckets()}, 2);
  if (!histogram.empty()) text += "\nread latency, memory clocks\n" + histogram;
  return text;
}

std::string to_json(const DramRun& run) {
  const MemoryLoadResult& result = run.result;
  const MemoryClock clock = run.clock();
  nlohmann::ordered_json document;
  document["schema"] = "tablewalk.dram/1";
  document["stream"] = run.stream;
  document["mean_gap_clocks"] = run.load.mean_gap_clocks;
  document["in_flight"] = run.load.mean_gap_clocks > 0 ? 0 : run.load.in_flight;
  document["seed"] = run.load.seed;
  document["requests"] = result.requests;
  document["reads"] = result.reads;
  document["writes"] = result.writes;
  document["forwarded_reads"] = result.forwarded;
  document["row_hits"] = result.row_hits;
  document["row_misses"] = result.row_misses;
  document["row_conflicts"] = result.row_conflicts;
  document["row_hit_share"] = run.row_hit_share();
  document["refresh_stalls"] = result.refresh_stalls;
  document["duration_clocks"] = result.duration.count();
  document["gbytes_per_s"] = run.gbytes_per_s();
  for (const auto& [name, value] : latencies(result.latency_clocks)) {
    document["latency"][name] = {{"clocks", value}, {"cycles", clock.cycles(value)}, {"ns", clock.ns(value)}};
  }
  document["histogram_clocks"] = nlohmann::ordered_json::array();
  for (const Histogram::Bucket& bucket : result.latency_clocks.nonempty_buckets()) {
    document["histogram_clocks"].push_back({bucket.low, bucket.count});
  }
  return readable_json(document);
}

std::string to_csv(const DramRun& run) {
  const MemoryLoadResult& result = run.result;
  std::string header = "stream,mean_gap_clocks,in_flight";
  std::string row = fmt::format("{},{},{}", run.stream, run.load.mean_gap_clocks,
                                run.load.mean_gap_clocks > 0 ? 0 : run.load.in_flight);
  for (const auto& [name, value] : latencies(result.latency_clocks)) {
    header += fmt::format(",{0}_clocks,{0}_cycles,{0}_ns", name);
    row += fmt::format(",{:.2f},{:.2f},{:.2f}", value, run.clock().cycles(value), run.clock().ns(value));
  }
  header += ",gbytes_per_s,row_hit_share,requests,reads,writes\n";
  row += fmt::format(",{:.3f},{:.4f},{},{},{}\n", run.gbytes_per_s(), run.row_hit_share(), result.requests,
                     result.reads, result.writes);
  return header + row;
}

void print_dram(const DramArguments& arguments) {
  const OutputFormat format = parse_output_format(arguments.format);
  const DramRun run = drive(arguments);
  std::cout << (format == OutputFormat::Text   ? to_text(run)
                : format == OutputFormat::Json ? to_json(run)
                                               : to_csv(run));
}

}  // namespace

void add_dram_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("dram", "Drive the DRAM alone: latency, bandwidth, row hits");
  const auto arguments = std::make_shared<DramArguments>();
  command
      ->add_option("STREAM", arguments->stream,
                   "random, mixed (one third writes), seq, rowconf (row conflicts in one bank), or a trace file")
      ->required();
  command->add_option("-c,--config", arguments->config.name, "Machine: a preset's name or a YAML file");
  command->add_option("--set", arguments->config.overrides, "KEY=VALUE: set one key of the machine")
      ->allow_extra_args(false);
  command
      ->add_option("--in-flight", arguments->in_flight,
                   "Requests in flight; each is replaced one clock after its response (1)")
      ->type_name("N");
  command
      ->add_option("--mean-gap", arguments->mean_gap, "Instead: Poisson arrivals with this mean gap in memory clocks")
      ->type_name("CLOCKS");
  add_whole(*command, "--requests", arguments->requests, "Maximum number of requests; 0 is 30000, or the whole trace");
  add_whole(*command, "--seed", arguments->load.seed, "Seed for addresses and arrival times");
  add_trace_format(*command, arguments->trace_format);
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  command->footer(
      "Uses the machine's keys `dram`, `clock_mhz` and `memory.line_bytes`. Addresses of a trace are taken as\n"
      "physical, each access as one line.\n"
      "Examples:\n"
      "  tablewalk dram random --in-flight 8\n"
      "  tablewalk dram mixed -c ddr5-4800 --mean-gap 30 --requests 100000\n"
      "  tablewalk dram seq --in-flight 32 --set dram.scheduler=fcfs --format csv\n"
      "  tablewalk dram traces/sort.twt --in-flight 4 --set dram.controller_ns=0");
  command->callback([arguments] { print_dram(*arguments); });
}

}  // namespace tablewalk

#include "cli/shards_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/process_pool.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "report/result_json.h"
#include "stats/shards.h"
#include "stats/translation_cost.h"
#include "sweep/trace_checksums.h"
#include "system/load_dependences.h"
#include "system/waterfall.h"
#include "trace/inline_trace.h"

namespace tablewalk {
namespace {

/// The machines that run each shard: the machine itself, and those of its cost.
struct ShardMachine {
  std::string name;
  MachineConfig config;
};

std::vector<ShardMachine> machines_of(const MachineConfig& config, const RunOptions& options, bool with_cost) {
  std::vector<ShardMachine> machines{{"", config}};
  if (!with_cost) return machines;
  const std::string with_free = " with free translation";
  machines.push_back({with_free, with_free_translation(config)});
  if (!asks_for_interval(config) || says_dependences(options)) return machines;
  const MachineConfig chained = with_chained_loads(config);
  machines.push_back({" with chained loads", chained});
  machines.push_back({" with chained loads and" + with_free, with_free_translation(chained)});
  return machines;
}

/// One shard from the results of its machines.
RunResult compose(std::vector<RunResult> machines) {
  RunResult result = std::move(machines.front());
  if (machines.size() > 1) add_translation_cost(result, machines[1]);
  if (machines.size() > 2) add_chained_cost(result, machines[2], machines[3]);
  return result;
}

}  // namespace

void ShardsOption::add_to(CLI::App& command) {
  command
      .add_option("--shards", all_,
                  "Split the trace into N parts, simulate them in parallel and add them up: "
                  "N[,warm=N][,between=skip,reach=N]")
      ->type_name("SPEC");
  command
      .add_option("--shard", one_,
                  "Simulate only part K of N, for `tablewalk merge`: K/N, and the same keys as --shards")
      ->type_name("K/N");
  add_whole(command, "-j,--jobs", jobs_, "With --shards: simulations in parallel; default: one per processor");
}

void ShardsOption::check(RunOptions& options) const {
  if (of_all() && of_one()) throw InputError("--shards and --shard: expected only one of them");
  if (jobs_ && !of_all()) throw InputError("--jobs without --shards: expected both");
  if (jobs_ == 0U) throw InputError("--jobs 0: expected at least 1");
  if (!of_all() && !of_one()) return;
  if (options.sample) throw InputError("--sample and --shards: expected only one of them");
  if (readable_once(options.trace_path)) {
    throw InputError(
        fmt::format("{}: each shard reads the trace: expected a file, not a pipe", printable(options.trace_path)));
  }
  options.shard = of_all() ? parse_shards_spec(all_) : parse_shard_spec(one_);
}

std::optional<RunResult> ShardsOption::run(const MachineConfig& config, const RunOptions& options,
                                           bool with_cost) const {
  const std::vector<ShardMachine> machines = machines_of(config, options, with_cost);
  const std::size_t count = options.shard->count;
  const std::size_t simulations = count * machines.size();
  const auto machine_of = [&](std::size_t number) -> const ShardMachine& { return machines[number % machines.size()]; };
  const auto shard_of = [&](std::size_t number) { return count - number / machines.size(); };
  const auto simulate = [&](std::size_t number) {
    RunOptions own = options;
    own.shard->number = shard_of(number);
    own.stop = &interrupt_flag();
    return result_to_json(run_machine(machine_of(number).config, own));
  };
  const auto name = [&](std::size_t number) {
    return fmt::format("shard {} of {}{}", shard_of(number), count, machine_of(number).name);
  };
  ProgressLine line(fmt::format("of {} simulations", simulations));
  PoolOptions pool;
  pool.jobs = jobs_.value_or(std::max(1U, std::thread::hardware_concurrency()));
  pool.stop = &interrupt_flag();
  pool.on_finished = [&](std::size_t finished) {
    line.show(finished, static_cast<double>(finished) / static_cast<double>(simulations));
  };
  line.show(0, 0);
  const std::vector<std::string> texts = run_in_processes(simulations, simulate, name, pool);
  line.clear();
  if (interrupt_flag()) return std::nullopt;
  std::vector<RunResult> shards;
  std::vector<std::string> names;
  for (std::size_t first = 0; first < simulations; first += machines.size()) {
    std::vector<RunResult> results;
    for (std::size_t i = first; i < first + machines.size(); ++i)
      results.push_back(result_from_json(texts[i], name(i)));
    shards.push_back(compose(std::move(results)));
    names.push_back(name(first));
  }
  return merge_shards(std::move(shards), names);
}

void ShardsOption::identify(RunResult& result, const RunOptions& options) {
  const bool described = is_text_argument(options.trace_path) || is_generated_argument(options.trace_path);
  result.shards->contents = described ? printable(options.trace_path) : TraceChecksums().of(options.trace_path);
}

}  // namespace tablewalk

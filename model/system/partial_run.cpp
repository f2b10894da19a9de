#include "system/partial_run.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk {
namespace {

[[noreturn]] void refuse_part(const RunOptions& options, const char* what, const char* expected) {
  throw InputError(fmt::format("{}: {} cannot be {}; expected {}", options.sample ? "--sample" : "--shards", what,
                               options.sample ? "sampled" : "split", expected));
}

}  // namespace

void PartialRun::check(const MachineConfig& config, const RunOptions& options) {
  if (!options.sample && !options.shard) return;
  if (options.sample && options.shard) throw InputError("--sample and --shards: expected only one of them");
  const auto refuse = [&](const char* what, const char* expected) { refuse_part(options, what, expected); };
  if (config.cores != 1) refuse("several cores", "cores: 1");
  if (!options.more_traces.empty()) refuse("several traces", "one trace");
  if (config.prefetches()) refuse("TLB prefetches", "prefetch.kind: none");
  if (config.ranges.enabled()) refuse("range translations", "ranges.entries: 0");
  if (config.walker.page_size_cache.entries != 0) refuse("a cache of page sizes", "walker.page_size_cache.entries: 0");
  if (options.check) refuse("the laws of --check", "a run without --check");
  const bool observes = !options.walk_log.empty() || options.attribute || options.details || options.follow != nullptr;
  if (observes) refuse("single walks", "a run without --walk-log, --attribute, --details and --html");
  if (!options.timeline.path.empty()) refuse("a timeline", "a run without --timeline");
  if (!options.wave.path.empty() || options.cosim != nullptr) refuse("waves and co-simulations", "a run without them");
}

std::unique_ptr<PartialRun> PartialRun::make(const MachineConfig& config, const RunOptions& options, Machine& machine,
                                             Streams& streams, RequestPort::Job& job) {
  if (!options.sample && !options.shard) return nullptr;
  if (machine.kernel().pages_on_demand()) refuse_part(options, "demand paging", "os.prefault: true");
  if (machine.segments() != nullptr) refuse_part(options, "segments", "segmentation.kind: none");
  std::unique_ptr<PartialRun> run(new PartialRun);
  if (options.sample) {
    run->sample(config, options, machine, streams, job);
  } else {
    run->shard(config, options, machine, streams, job);
  }
  return run;
}

void PartialRun::sample(const MachineConfig& config, const RunOptions& options, Machine& machine, Streams& streams,
                        RequestPort::Job& job) {
  const SamplePlan plan = plan_sample(*options.sample, streams.records_after(options.warmup), options.warmup);
  warming_.emplace(machine, config, "--sample");
  sampler_.emplace(plan, machine, *warming_, job.on_batch);
  job.warmup = 0;  // the windows start after it
  job.stops = &*sampler_;
  sampler_->start(*streams.all().front());
}

/// The first shard begins like the whole run, with its warm-up. The others warm without time.
void PartialRun::shard(const MachineConfig& config, const RunOptions& options, Machine& machine, Streams& streams,
                       RequestPort::Job& job) {
  plan_ = plan_shard(*options.shard, streams.records_after(options.warmup), options.warmup);
  warming_.emplace(machine, config, "--shards");
  RecordSource& source = *streams.all().front();
  source.end_at(plan_.end);
  if (plan_.first == options.warmup) return;
  start_.emplace(plan_, FastForward(warming_->warmer(), job.on_batch), [&machine] { machine.reset_stats(); });
  job.warmup = 0;
  job.stops = &*start_;
  start_->start(source);
}

void PartialRun::add_figures(Machine& machine, Streams& streams, const RunOptions& options, RunResult& result) {
  if (sampler_) {
    result.stats = sampler_->estimate(*streams.all().front(), result.sample.emplace());
    result.trace.records = options.warmup + result.sample->records;
    if (result.sample->skips) result.trace.checksum.clear();  // which is of the records that were read
    return;
  }
  const ShardSpec& spec = *options.shard;
  machine.report(result.stats);
  ShardSummary& summary = result.shards.emplace();
  summary.count = spec.count;
  summary.warm = spec.warm;
  summary.skips = spec.between == Between::Skip;
  summary.reach = summary.skips ? spec.reach : 0;
  summary.parts.push_back({spec.number, plan_.first, plan_.end, machine.port().cycles().total()});
  if (summary.skips) result.trace.checksum.clear();
}

}  // namespace tablewalk

#include "system/sampler.h"

namespace tablewalk {

Sampler::Sampler(const SamplePlan& plan, Machine& machine, MachineWarming& warming, std::function<bool()> on_batch)
    : plan_(plan), machine_(machine), warming_(warming), forward_(warming.warmer(), std::move(on_batch)) {}

/// The core itself executes records until it has entered an address space.
void Sampler::start(RecordSource& source) {
  if (plan_.between == Between::Skip && !plan_.end) refuse_to_skip("--sample");
  if (plan_.warmup == 0) at_warmup_ = 0;
  source.stop_at(timed_from() == 0 ? window() : 1);
  if (timed_from() == 0) phase_ = Phase::Warming;
}

bool Sampler::passes(RecordSource& source) {
  if (phase_ == Phase::Untimed) return false;
  if (phase_ == Phase::Warming) {
    walks_before_reset_ += warming_.timed_walks();
    machine_.reset_stats();
    phase_ = Phase::Measuring;
    source.stop_at(window() + plan_.measure);
    return true;
  }
  end_window();
  phase_ = Phase::Untimed;
  return false;
}

void Sampler::end_window() {
  StatSet window;
  machine_.report(window);
  figures_.add(window, plan_.measure);
  cycles_.push_back(machine_.port().cycles().total());
  if (warming_.counts_walks()) walks_of_window_.push_back(warming_.timed_walks());
  ++windows_;
}

void Sampler::drained(RecordSource& source, const AtStop& core) {
  if (!at_warmup_ && source.delivered() >= plan_.warmup) at_warmup_ = walks();
  if (plan_.between == Between::Skip && source.delivered() >= plan_.fill) skip(source);
  const std::uint64_t until = next_goal(source.delivered());
  if (plan_.between == Between::Time && source.delivered() < until) return source.stop_at(until);
  if (!forward_.execute_until(until, source, core)) return source.stop_at(source.delivered() + 1);
  const bool trace_ended = source.delivered() < until;
  if (!trace_ended && (!at_warmup_ || until < timed_from())) return drained(source, core);
  phase_ = Phase::Warming;
  source.stop_at(window());
}

/// The end of the warm-up, the first record that may be skipped, or the first one with timing.
std::uint64_t Sampler::next_goal(std::uint64_t delivered) const {
  std::uint64_t goal = at_warmup_ ? timed_from() : plan_.warmup;
  if (plan_.between == Between::Skip && delivered < plan_.fill) goal = std::min(goal, plan_.fill);
  return goal;
}

/// Passes over the records that are far from the next window, or, behind the last one, over the rest of the trace.
void Sampler::skip(RecordSource& source) {
  if (window() + plan_.measure > plan_.end.value_or(0)) return source.stop();
  if (timed_from() <= source.delivered() + plan_.reach) return;
  if (!source.skip_to(timed_from() - plan_.reach)) refuse_to_skip("--sample");
}

StatSet Sampler::estimate(const RecordSource& source, SampleSummary& sample) {
  sample.measure = plan_.measure;
  sample.warm = plan_.warm;
  sample.every = plan_.every;
  sample.first = plan_.first;
  const std::uint64_t end = plan_.between == Between::Skip ? *plan_.end : source.delivered();
  sample.records = end - std::min(end, plan_.warmup);
  sample.skips = plan_.between == Between::Skip;
  sample.cycles = cycles_;
  sample.walks_of_window = walks_of_window_;
  if (!sample.skips && at_warmup_ && !walks_of_window_.empty()) sample.walks = walks() - *at_warmup_;
  if (windows_ < 2) refuse_few_windows(sample.records, plan_.measure, plan_.every);
  StatSet at_end;
  machine_.report(at_end);
  return figures_.estimate(at_end, sample);
}

}  // namespace tablewalk

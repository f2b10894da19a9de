#include "system/sampler.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk {
namespace {

[[noreturn]] void refuse_to_skip() {
  throw InputError(
      "--sample: between=skip: the trace can only be read from front to back; expected an uncompressed "
      ".twt file");
}

}  // namespace

Sampler::Sampler(const SamplePlan& plan, Machine& machine, MachineWarming& warming, std::function<bool()> on_batch)
    : plan_(plan), machine_(machine), warming_(warming), warmer_(warming.warmer()), on_batch_(std::move(on_batch)) {}

/// The core itself executes records until it has entered an address space.
void Sampler::start(RecordSource& source) {
  if (plan_.between == Between::Skip && !plan_.end) refuse_to_skip();
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
  const std::uint64_t until = at_warmup_ ? timed_from() : plan_.warmup;
  if (plan_.between == Between::Time && source.delivered() < until) return source.stop_at(until);
  if (plan_.between == Between::Skip) skip(source);
  const bool arrived = core.entered ? execute_until(until, source, core) : source.delivered() >= until;
  if (!arrived) return source.stop_at(source.delivered() + 1);
  if (!at_warmup_) return drained(source, core);
  phase_ = Phase::Warming;
  source.stop_at(window());
}

/// Passes over the records that are far from the next window, or, behind the last one, over the rest of the trace.
void Sampler::skip(RecordSource& source) {
  if (window() + plan_.measure > plan_.end.value_or(0)) return source.stop();
  if (timed_from() <= source.delivered() + plan_.reach) return;
  if (!source.skip_to(timed_from() - plan_.reach)) refuse_to_skip();
}

/// Executes records without time; false if the core must execute the next one.
bool Sampler::execute_until(std::uint64_t record, RecordSource& source, const AtStop& core) {
  source.stop_at(record);
  warmer_.begin();
  while (source.delivered() < record) {
    const Record* first = source.peek();
    if (first == nullptr) {
      if (on_batch_()) source.stop();
      if (!source.read_batch()) return true;  // the end of the trace
      continue;
    }
    const auto ready = static_cast<std::size_t>(source.end() - first);
    const std::size_t executed = warmer_.execute(first, source.end(), {core.space, core.id}, core.only_user);
    source.skip(executed);
    if (executed != ready) return false;
  }
  return true;
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

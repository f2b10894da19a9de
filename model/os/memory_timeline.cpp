#include "os/memory_timeline.h"

#include <numeric>

namespace tablewalk {

MemorySample MemoryTimeline::sample(const MemorySample& state) const {
  MemorySample sample = state;
  sample.cycle = end_;
  sample.working_set = std::accumulate(recent_.begin(), recent_.end(), std::uint64_t{0});
  sample.minor_faults -= before_.minor_faults;
  sample.major_faults -= before_.major_faults;
  sample.evictions -= before_.evictions;
  return sample;
}

void MemoryTimeline::advance(Cycles now, const MemorySample& state) {
  while (now.count() >= end_) {
    samples_.push_back(sample(state));
    before_ = state;
    end_ += interval_;
    ++number_;
    recent_[number_ % recent_.size()] = 0;
  }
}

void MemoryTimeline::touched(PageKey page) {
  const auto [known, is_new] = last_access_.try_emplace(page, number_);
  if (!is_new && known->second == number_) return;
  if (!is_new && number_ - known->second < recent_.size()) --recent_[known->second % recent_.size()];
  known->second = number_;
  ++recent_[number_ % recent_.size()];
}

void MemoryTimeline::restart() {
  samples_.clear();
  before_ = {};
}

std::vector<MemorySample> MemoryTimeline::samples(const MemorySample& state) const {
  std::vector<MemorySample> all = samples_;
  if (on()) all.push_back(sample(state));
  return all;
}

}  // namespace tablewalk

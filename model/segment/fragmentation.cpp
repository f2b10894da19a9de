#include "segment/fragmentation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>

#include "trace/random_source.h"

namespace tablewalk {
namespace {

/// Logarithm of the range of sizes.
double span_of(const FragmentationLoad& load) {
  return std::log(static_cast<double>(load.largest) / static_cast<double>(load.smallest));
}

/// A request: its size, and the step at which it is given back.
struct Request {
  std::uint64_t bytes = 0;
  std::uint64_t until = 0;
};

/// Sizes are uniform on a logarithmic scale, lifetimes exponential with the mean that gives the load (Little's law: one
/// request per step).
class Requests {
 public:
  explicit Requests(const FragmentationLoad& load) : load_(load), random_(load.seed) {
    span_ = span_of(load);
    mean_steps_ = load.load * static_cast<double>(load.memory_bytes) / mean_bytes(load);
  }

  Request at(std::uint64_t step) {
    const double bytes = static_cast<double>(load_.smallest) * std::exp(random_.share() * span_);
    const double steps = -std::log(1 - random_.share()) * mean_steps_;
    Request request;
    request.bytes = (static_cast<std::uint64_t>(bytes) + load_.unit - 1) / load_.unit * load_.unit;
    request.until = step + 1 + static_cast<std::uint64_t>(steps);
    return request;
  }

 private:
  const FragmentationLoad& load_;
  RandomSource random_;
  double mean_steps_ = 0;
  double span_ = 0;
};

/// Contiguous blocks of one policy.
class Segments {
 public:
  Segments(const FragmentationLoad& load, FitPolicy policy) : memory_(load.memory_bytes, policy) {}

  std::optional<std::uint64_t> allocate(std::uint64_t bytes) { return memory_.allocate(bytes); }
  void release(std::uint64_t place, std::uint64_t) { memory_.release(place); }
  bool has_free(std::uint64_t bytes) const { return memory_.free_bytes() >= bytes; }
  double external() const { return memory_.external_fragmentation(); }
  double internal(std::uint64_t) const { return 0; }
  const VariableAllocator* allocator() const { return &memory_; }

 private:
  VariableAllocator memory_;
};

/// Frames, which need not be adjacent, so that only their number matters.
class Pages {
 public:
  explicit Pages(const FragmentationLoad& load) : page_(load.page_bytes), free_(load.memory_bytes / load.page_bytes) {}

  std::optional<std::uint64_t> allocate(std::uint64_t bytes) {
    const std::uint64_t frames = frames_of(bytes);
    if (frames > free_) return std::nullopt;
    free_ -= frames;
    used_ += frames;
    return 0;
  }
  void release(std::uint64_t, std::uint64_t bytes) {
    free_ += frames_of(bytes);
    used_ -= frames_of(bytes);
  }
  bool has_free(std::uint64_t bytes) const { return frames_of(bytes) <= free_; }
  double external() const { return 0; }
  double internal(std::uint64_t requested) const {
    if (used_ == 0) return 0;
    return 1 - static_cast<double>(requested) / static_cast<double>(used_ * page_);
  }
  const VariableAllocator* allocator() const { return nullptr; }

 private:
  std::uint64_t frames_of(std::uint64_t bytes) const { return (bytes + page_ - 1) / page_; }

  std::uint64_t page_;
  std::uint64_t free_;
  std::uint64_t used_ = 0;
};

/// What is allocated: until when, where, how much; the earliest end first.
struct Live {
  std::uint64_t until;
  std::uint64_t place;
  std::uint64_t bytes;
  friend bool operator>(const Live& a, const Live& b) {
    return std::tie(a.until, a.place) > std::tie(b.until, b.place);
  }
};

template <class Memory>
class Run {
 public:
  Run(const FragmentationLoad& load, Memory memory) : load_(load), memory_(std::move(memory)) {}

  FragmentationResult go(unsigned points) {
    Requests requests(load_);
    for (std::uint64_t step = 0; step < load_.steps; ++step) {
      release_until(step);
      serve(requests.at(step));
      if (step >= load_.steps / 2) add_to_means();
      // Sample k of n is taken after step k/n of all.
      const std::uint64_t taken = result_.points.size() + 1;
      if (taken <= points && (step + 1) * points >= taken * load_.steps) result_.points.push_back(point(step + 1));
    }
    finish();
    return std::move(result_);
  }

 private:
  void release_until(std::uint64_t step) {
    while (!live_.empty() && live_.top().until <= step) {
      memory_.release(live_.top().place, live_.top().bytes);
      requested_ -= live_.top().bytes;
      live_.pop();
    }
  }
  void serve(const Request& request) {
    ++result_.requests;
    const std::optional<std::uint64_t> place = memory_.allocate(request.bytes);
    if (!place) {
      ++result_.failed;
      if (memory_.has_free(request.bytes)) ++result_.failed_by_fragmentation;
      return;
    }
    live_.push({request.until, *place, request.bytes});
    requested_ += request.bytes;
  }
  double used() const { return static_cast<double>(requested_) / static_cast<double>(load_.memory_bytes); }
  FragmentationPoint point(std::uint64_t step) const {
    return {step, used(), memory_.external(), memory_.internal(requested_), result_.failed};
  }
  void add_to_means() {
    ++measured_;
    result_.mean_used += used();
    result_.mean_external += memory_.external();
    result_.mean_internal += memory_.internal(requested_);
    result_.mean_allocated_blocks += static_cast<double>(live_.size());
    const VariableAllocator* allocator = memory_.allocator();
    if (allocator != nullptr) result_.mean_free_blocks += static_cast<double>(allocator->free_blocks());
  }
  void finish() {
    for (double* mean : {&result_.mean_used, &result_.mean_external, &result_.mean_internal,
                         &result_.mean_allocated_blocks, &result_.mean_free_blocks}) {
      if (measured_ != 0) *mean /= static_cast<double>(measured_);
    }
    const VariableAllocator* allocator = memory_.allocator();
    if (allocator == nullptr || result_.requests == 0) return;
    const std::uint64_t served = result_.requests - result_.failed;
    if (served != 0) {
      result_.inexact_share = 1 - static_cast<double>(allocator->exact_fits()) / static_cast<double>(served);
    }
    result_.examined_per_request = static_cast<double>(allocator->examined()) / static_cast<double>(result_.requests);
  }

  const FragmentationLoad& load_;
  Memory memory_;
  FragmentationResult result_;
  std::priority_queue<Live, std::vector<Live>, std::greater<>> live_;
  std::uint64_t requested_ = 0;
  std::uint64_t measured_ = 0;
};

}  // namespace

double mean_bytes(const FragmentationLoad& load) {
  if (load.smallest == load.largest) return static_cast<double>(load.smallest);
  return static_cast<double>(load.largest - load.smallest) / span_of(load);
}

FragmentationResult allocate_segments(const FragmentationLoad& load, FitPolicy policy, unsigned points) {
  FragmentationResult result = Run<Segments>(load, Segments(load, policy)).go(points);
  result.policy = policy;
  return result;
}

FragmentationResult allocate_pages(const FragmentationLoad& load, unsigned points) {
  return Run<Pages>(load, Pages(load)).go(points);
}

}  // namespace tablewalk

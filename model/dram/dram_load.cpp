#include "dram/dram_load.h"

#include <cmath>
#include <memory>
#include <queue>

#include "dram/dram_channel.h"
#include "trace/random_source.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t stream_bytes = std::uint64_t{4} << 30;

/// Arrival times of the requests.
class Arrivals {
 public:
  explicit Arrivals(const MemoryLoad& load) : load_(load), random_(load.seed) {
    if (load.mean_gap_clocks > 0) {
      draw();
    } else {
      for (std::uint32_t i = 0; i < load.in_flight; ++i) free_.push(0);
    }
  }

  Clocks next() const {
    if (load_.mean_gap_clocks > 0) return Clocks(static_cast<std::uint64_t>(time_));
    return free_.empty() ? Clocks::never() : Clocks(free_.top());
  }
  void take() {
    if (load_.mean_gap_clocks > 0) {
      draw();
    } else {
      free_.pop();
    }
  }
  void answered(Clocks at) {
    if (load_.mean_gap_clocks <= 0) free_.push(at.count() + 1);
  }

 private:
  void draw() { time_ -= load_.mean_gap_clocks * std::log(1.0 - random_.share()); }

  MemoryLoad load_;
  RandomSource random_;
  double time_ = 0;
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> free_;
};

/// Drives the channels of a memory and collects their notes.
class LoadRun {
 public:
  LoadRun(const DramConfig& config, std::uint64_t line_bytes, const MemoryLoad& load)
      : map_(config, line_bytes),
        line_shift_(log2_floor(line_bytes)),
        channels_(config.channels, DramChannel(config, DramTimings(config, line_bytes))),
        load_(load),
        arrivals_(load) {}

  MemoryLoadResult run(const RequestStream& stream) {
    MemoryRequest request;
    while (result_.requests < load_.requests) {
      while (next_note() < arrivals_.next()) act(next_note());
      if (!stream(request)) break;
      arrive(request, arrivals_.next());
    }
    while (answers_due_ != 0) act(next_note());
    result_.duration = last_ - first_;
    return result_;
  }

 private:
  Clocks next_note() const {
    Clocks next = Clocks::never();
    for (const DramChannel& channel : channels_) next = std::min(next, channel.next_note());
    return next;
  }

  void act(Clocks at) {
    for (DramChannel& channel : channels_) {
      channel.run(at);
      listen(channel);
    }
  }

  void arrive(const MemoryRequest& request, Clocks at) {
    if (result_.requests++ == 0) first_ = at;
    ++(request.write ? result_.writes : result_.reads);
    ++answers_due_;
    const DramLocation place = map_.locate(request.address);
    DramChannel& channel = channels_[place.channel];
    if (at != Clocks(0)) channel.run(at - Clocks(1));
    channel.arrive(place, request.address.value() >> line_shift_, request.write, at, 0);
    arrivals_.take();
    listen(channel);
  }

  void listen(DramChannel& channel) {
    for (const DramNote& note : channel.notes()) {
      count(note);
      if (note.kind == DramNote::Kind::Written) continue;
      --answers_due_;
      last_ = std::max(last_, note.complete);
      arrivals_.answered(note.complete);
    }
    channel.clear_notes();
  }

  void count(const DramNote& note) {
    if (note.kind == DramNote::Kind::Accepted) return;
    if (note.kind != DramNote::Kind::Written) result_.latency_clocks.add((note.complete - note.arrival).count());
    if (note.kind == DramNote::Kind::Forwarded) {
      ++result_.forwarded;
      return;
    }
    if (note.refresh_stalled) ++result_.refresh_stalls;
    if (note.row == RowOutcome::Hit) ++result_.row_hits;
    if (note.row == RowOutcome::Miss) ++result_.row_misses;
    if (note.row == RowOutcome::Conflict) ++result_.row_conflicts;
  }

  AddressMap map_;
  unsigned line_shift_;
  std::vector<DramChannel> channels_;
  MemoryLoad load_;
  Arrivals arrivals_;
  MemoryLoadResult result_;
  std::uint64_t answers_due_ = 0;
  Clocks first_;
  Clocks last_;
};

}  // namespace

const std::vector<std::string>& stream_names() {
  static const std::vector<std::string> names = {"random", "mixed", "seq", "rowconf"};
  return names;
}

RequestStream make_stream(StreamKind kind, const DramConfig& config, std::uint64_t line_bytes, std::uint64_t seed) {
  const auto random = std::make_shared<RandomSource>(seed);
  const std::uint64_t lines = stream_bytes / line_bytes;
  if (kind == StreamKind::Random || kind == StreamKind::Mixed) {
    return [=](MemoryRequest& request) {
      request.address = PhysicalAddress(random->below(lines) * line_bytes);
      request.write = kind == StreamKind::Mixed && random->below(3) == 0;
      return true;
    };
  }
  const std::uint64_t step = kind == StreamKind::Sequential ? line_bytes : AddressMap(config, line_bytes).row_step();
  std::uint64_t at = 0;
  return [=](MemoryRequest& request) mutable {
    request = {PhysicalAddress(at), false};
    at += step;
    if (at >= stream_bytes) at = at % step + line_bytes;
    return true;
  };
}

MemoryLoadResult run_memory_load(const DramConfig& config, std::uint64_t line_bytes, const RequestStream& stream,
                                 const MemoryLoad& load) {
  return LoadRun(config, line_bytes, load).run(stream);
}

}  // namespace tablewalk

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "base/types.h"
#include "os/swap_config.h"
#include "stats/histogram.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// A page's place on the swap device, from 0.
using SwapSlot = std::uint32_t;

/// The swap device: which of its slots hold a page, and when its requests complete.
///
/// Requests are served in order of arrival, which is the order of the calls. A request waits until fewer than
/// `queue_depth` are in service, and then until the transfers before it have ended; it is transferred, and completes
/// after the latency of its kind. Since later requests cannot overtake it, its completion is known when it arrives.
class SwapDevice {
 public:
  enum class Kind : std::uint8_t { Read, Write };

  /// `page_bytes`: size of a slot.
  SwapDevice(const SwapConfig& config, std::uint64_t page_bytes);

  /// When a request of `bytes` that arrives at `now` completes.
  Cycles submit(Kind kind, std::uint64_t bytes, Cycles now);

  /// A free slot, with one user; nothing if the device is full or there is none. Slots given back are reused first.
  std::optional<SwapSlot> allocate();
  /// One more user of the slot: a process was forked.
  void share(SwapSlot slot);
  /// One user less; true if it was the last, so that the slot is free.
  bool release(SwapSlot slot);
  std::uint32_t users(SwapSlot slot) const { return slot < users_.size() ? users_[slot] : 0; }

  std::uint64_t slots() const { return slots_; }
  std::uint64_t used() const { return used_; }
  bool full() const { return used_ == slots_; }

  /// Declares the figures swap.* in the section that the caller has begun.
  void report(StatSet& figures) const;
  /// The statistics start now. The device keeps its pages, and its requests in service.
  void reset_stats();

 private:
  struct Requests {
    std::uint64_t bytes = 0;
    std::uint64_t queue_cycles = 0;     ///< before service, and before the transfer
    std::uint64_t transfer_cycles = 0;  ///< of the transfers
    std::uint64_t device_cycles = 0;    ///< the latency of the kind
    Histogram latency;                  ///< the sum of these, per request
  };
  void report_requests(StatSet& figures, Kind kind) const;

  SwapConfig config_;
  std::uint64_t slots_;

  /// When the requests in service complete, the first on top.
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> in_service_;
  Cycles last_start_;   ///< of the service of the last request
  Cycles transferred_;  ///< when the last transfer ends

  std::vector<std::uint32_t> users_;  ///< by slot; those never used are missing
  std::vector<SwapSlot> given_back_;
  std::uint64_t used_ = 0;
  std::uint64_t peak_ = 0;
  Requests requests_[2];
};

}  // namespace tablewalk

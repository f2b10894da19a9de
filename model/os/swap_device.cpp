#include "os/swap_device.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"

namespace tablewalk {

SwapDevice::SwapDevice(const SwapConfig& config, std::uint64_t page_bytes)
    : config_(config),
      slots_(std::min<std::uint64_t>(config.bytes.bytes / page_bytes, std::numeric_limits<SwapSlot>::max())) {}

Cycles SwapDevice::submit(Kind kind, std::uint64_t bytes, Cycles now) {
  Cycles start = std::max(now, last_start_);
  if (in_service_.size() == config_.queue_depth) {
    start = std::max(start, Cycles(in_service_.top()));
    in_service_.pop();
  }
  last_start_ = start;
  const Cycles transfer_start = std::max(start, transferred_);
  const Cycles transfer(static_cast<std::uint64_t>(std::ceil(static_cast<double>(bytes) / config_.bytes_per_cycle)));
  const Cycles latency = kind == Kind::Read ? config_.read_cycles : config_.write_cycles;
  transferred_ = transfer_start + transfer;
  const Cycles completion = transferred_ + latency;
  in_service_.push(completion.count());

  Requests& requests = requests_[static_cast<unsigned>(kind)];
  requests.bytes += bytes;
  requests.queue_cycles += (transfer_start - now).count();
  requests.transfer_cycles += transfer.count();
  requests.device_cycles += latency.count();
  requests.latency.add((completion - now).count());
  return completion;
}

std::optional<SwapSlot> SwapDevice::allocate() {
  SwapSlot slot = 0;
  if (!given_back_.empty()) {
    slot = given_back_.back();
    given_back_.pop_back();
  } else if (users_.size() < slots_) {
    slot = static_cast<SwapSlot>(users_.size());
    users_.emplace_back();
  } else {
    return std::nullopt;
  }
  users_[slot] = 1;
  peak_ = std::max(peak_, ++used_);
  return slot;
}

void SwapDevice::share(SwapSlot slot) {
  if (users(slot) == 0) throw LawViolation("a free swap slot is shared");
  ++users_[slot];
}

bool SwapDevice::release(SwapSlot slot) {
  if (users(slot) == 0) throw LawViolation("a free swap slot is released");
  if (--users_[slot] != 0) return false;
  given_back_.push_back(slot);
  --used_;
  return true;
}

void SwapDevice::report(StatSet& figures) const {
  report_requests(figures, Kind::Read);
  report_requests(figures, Kind::Write);
  figures.count("swap.used_slots", used_, "pages", "slots of the swap device that hold a page, at the end");
  figures.largest("swap.peak_slots", peak_, "pages", "most slots in use at once");
}

void SwapDevice::report_requests(StatSet& figures, Kind kind) const {
  const Requests& requests = requests_[static_cast<unsigned>(kind)];
  const bool read = kind == Kind::Read;
  const std::string what = read ? "reads" : "writes";
  const std::string one = read ? "swap.read_" : "swap.write_";
  figures.count("swap." + what, requests.latency.count(), "requests", what + " of the swap device")
      .explain(read ? "pages read back from the swap device" : "pages written to the swap device");
  figures.count(one + "bytes", requests.bytes, "bytes", "bytes of these " + what);
  figures.count(one + "cycles", requests.latency.sum(), "cycles", "from arrival to completion, over all " + what);
  figures.count(one + "queue_cycles", requests.queue_cycles, "cycles",
                "of these, waiting for other requests and their transfers");
  figures.count(one + "transfer_cycles", requests.transfer_cycles, "cycles", "of these, transferring");
  figures.count(one + "device_cycles", requests.device_cycles, "cycles", "of these, the device's latency");
  figures.adds_up(one + "cycles", {one + "queue_cycles", one + "transfer_cycles", one + "device_cycles"});
  figures.distribution(one + "latency_cycles", requests.latency, "cycles",
                       "from arrival to completion, per request of these " + what);
}

void SwapDevice::reset_stats() {
  for (Requests& requests : requests_) requests = {};
  peak_ = used_;
}

}  // namespace tablewalk

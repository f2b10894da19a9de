#pragma once

#include <cstdint>

#include "base/types.h"
#include "base/units.h"
#include "config/largest.h"
#include "config/schema.h"

namespace tablewalk {

/// The device to which pages are swapped. The defaults are an NVMe SSD (Samsung 970 EVO Plus 1 TB, rated 3,500 MB/s,
/// and with one request at a time 19,000 random reads or 60,000 random writes of 4 KiB per second) at a clock of 4 GHz:
/// a read takes 210,526 cycles and a write 66,667, of which the transfer takes 4,682. 32 such reads at once are 608,000
/// per second; rated are 600,000.
struct SwapConfig {
  ByteSize bytes{0};
  Cycles read_cycles{205'844};
  Cycles write_cycles{61'985};
  double bytes_per_cycle = 0.875;
  std::uint32_t queue_depth = 32;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("bytes", bytes, "bytes", "size of the swap device; 0: there is none", largest::swap_bytes);
    keys.value("read_cycles", read_cycles, "cycles", "latency of a read, besides queueing and the transfer",
               largest::event_cycles);
    keys.value("write_cycles", write_cycles, "cycles", "latency of a write, besides queueing and the transfer",
               largest::event_cycles);
    keys.value("bytes_per_cycle", bytes_per_cycle, "bytes/cycle", "bandwidth of the transfers, in both directions");
    keys.value("queue_depth", queue_depth, "requests", "requests that the device serves at once", largest::in_flight);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (!(bytes_per_cycle >= 1e-6 && bytes_per_cycle <= 1e6)) {
      problem("bytes_per_cycle", "a bandwidth out of range; expected from 0.000001 to 1000000");
    }
    if (queue_depth < 1) problem("queue_depth", "0 requests; expected at least 1");
  }
};

}  // namespace tablewalk

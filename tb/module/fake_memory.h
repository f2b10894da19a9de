#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "links/access_link.h"

namespace tablewalk {

/// The memory below a cache in a test: responds to every access a fixed number of cycles after its arrival.
class FakeMemory : public sc_core::sc_module {
 public:
  /// `bytes_most`: maximum size of an access.
  FakeMemory(sc_core::sc_module_name name, std::uint64_t latency, unsigned bytes_most = 64)
      : sc_core::sc_module(name), latency_(latency), bytes_most_(bytes_most), port_("port", *this, 0) {}

  struct Arrival {
    std::uint64_t cycle;
    std::uint64_t address;
    bool write;
    bool table_line;
    bool table_entry;  ///< made for a page walker
  };

  tlm::tlm_target_socket<64>& cpu_side() { return port_.socket; }
  const std::vector<Arrival>& arrivals() const { return arrivals_; }

  bool receive_access(unsigned, MemoryAccess& access, Cycles& cycle) {
    arrivals_.push_back(
        {cycle.count(), access.get_address(), access.is_write(), access.info.table_line, access.info.table_entry()});
    EXPECT_LE(access.get_data_length(), bytes_most_);
    port_.respond(access, cycle + latency_);
    return false;
  }

 private:
  Cycles latency_;
  unsigned bytes_most_;
  AccessTargetPort<FakeMemory> port_;
  std::vector<Arrival> arrivals_;
};

}  // namespace tablewalk

// Runs a trace on a machine whose DRAM is replaced by a TLM-2.0 memory of this program's own: each request takes the
// same time, and one begins every few nanoseconds (docs/embedding.md).
//
//   own_memory TRACE CONFIG LATENCY [KEY=VALUE]...
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "base/error.h"
#include "config/loader.h"
#include "links/external_memory.h"
#include "links/memory_access.h"
#include "system/machine_config.h"
#include "system/run.h"

namespace {

/// A memory without banks or rows. It knows nothing of the machine above but the bytes of the page tables.
class OwnMemory : public sc_core::sc_module, public tablewalk::ExternalMemory {
 public:
  OwnMemory(const tablewalk::MemoryPlace& place, sc_core::sc_time latency)
      : sc_core::sc_module(place.name), bytes_(place.bytes), latency_(latency), events_(this, &OwnMemory::finish) {
    for (unsigned port = 0; port < place.ports; ++port) {
      sockets_.push_back(std::make_unique<Socket>(sc_core::sc_gen_unique_name("cpu_side")));
      sockets_.back()->register_nb_transport_fw(this, &OwnMemory::begin, static_cast<int>(port));
    }
  }

  tlm::tlm_target_socket<64>& cpu_side(unsigned port) override { return *sockets_[port]; }
  void reset_stats() override { reads_ = writes_ = 0; }
  void report(const std::string& name, tablewalk::StatSet& figures) const override {
    figures.count(name + ".reads", reads_, "requests", "reads of this program's memory");
    figures.count(name + ".writes", writes_, "requests", "writes to this program's memory");
  }

 private:
  using Socket = tlm_utils::simple_target_socket_tagged<OwnMemory, 64>;

  tlm::tlm_sync_enum begin(int port, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                           sc_core::sc_time& delay) {
    if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
    ++(payload.is_read() ? reads_ : writes_);
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    const sc_core::sc_time start = std::max(now + delay, free_from_);
    free_from_ = start + between_requests_;
    asked_by_[&payload] = port;
    events_.notify(payload, tlm::BEGIN_RESP, start + latency_ - now);
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }

  void finish(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& /*phase*/) {
    // Needed only where walkers read this memory directly, without a cache between: they need the entry's bytes.
    auto& access = static_cast<tablewalk::MemoryAccess&>(payload);
    if (access.wants_entry()) access.transfer_entry(bytes_);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    const auto asked = asked_by_.find(&payload);
    Socket& socket = *sockets_[static_cast<std::size_t>(asked->second)];
    asked_by_.erase(asked);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    socket->nb_transport_bw(payload, phase, delay);
  }

  const sc_core::sc_time between_requests_{4, sc_core::SC_NS};
  tablewalk::PhysicalMemory& bytes_;
  sc_core::sc_time latency_;
  sc_core::sc_time free_from_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::map<tlm::tlm_generic_payload*, int> asked_by_;
  tlm_utils::peq_with_cb_and_phase<OwnMemory> events_;
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
};

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 3) throw tablewalk::InputError("expected TRACE CONFIG LATENCY [KEY=VALUE]...");
  const std::vector<std::string> overrides(arguments.begin() + 3, arguments.end());
  const auto config = tablewalk::load_config<tablewalk::MachineConfig>({arguments[1], overrides});
  const sc_core::sc_time latency(std::stod(arguments[2]), sc_core::SC_NS);

  tablewalk::RunOptions options;
  options.trace_path = arguments[0];
  options.memory = [&](const tablewalk::MemoryPlace& place) { return std::make_unique<OwnMemory>(place, latency); };
  const tablewalk::RunResult result = tablewalk::run_machine(config, options);

  for (const char* name : {"core.accesses", "core.cycles", "walker.walks", "walker.latency_cycles.mean",
                           "walker.served_by.dram", "dram.reads", "dram.writes"}) {
    const tablewalk::StatSet::Figure* figure = result.stats.find(name);
    if (figure != nullptr) std::cout << name << ' ' << figure->value() << '\n';
  }
  return 0;
}

}  // namespace

// SystemC's library has `main`, which calls this.
int sc_main(int count, char** arguments) {
  try {
    return run({arguments + 1, arguments + count});
  } catch (const std::exception& error) {  // one line each: of a trace, a config, a wrong argument
    std::cerr << "own_memory: " << error.what() << '\n';
    return 2;
  }
}

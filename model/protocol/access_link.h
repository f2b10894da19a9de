#pragma once

#include "protocol/inbox.h"
#include "protocol/memory_access.h"

namespace tablewalk {

/// The access link: the TLM-2.0 base protocol, four-phase, so that any TLM model of a memory can stand at its lower end.
///
/// Between our own modules: a request is seen in the cycle that now + delay falls in; the target either completes it
/// at once (TLM_COMPLETED, the latency added to `delay`) or takes it (TLM_UPDATED, END_REQ) and later sends BEGIN_RESP
/// with the delay after which the initiator sees it; the initiator answers TLM_COMPLETED.

/// A target socket whose owner implements
///     bool receive_access(unsigned port, MemoryAccess&, sc_time& delay)   true: completed at once
template <class Owner>
class AccessTargetPort final : public tlm::tlm_fw_transport_if<> {
 public:
  AccessTargetPort(const char* name, Owner& owner, unsigned index) : socket(name), owner_(owner), index_(index) {
    socket.bind(*this);
  }

  /// Sends a response that the neighbour sees in cycle `visible`.
  void respond(MemoryAccess& access, Cycles visible) {
    access.set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = start_of(visible) - sc_core::sc_time_stamp();
    socket->nb_transport_bw(access, phase, delay);
  }

  tlm::tlm_target_socket<64> socket;

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    // Initiators in this machine send MemoryAccesses only; other people's models stand below, as targets.
    auto& access = static_cast<MemoryAccess&>(payload);
    if (owner_.receive_access(index_, access, delay)) return tlm::TLM_COMPLETED;
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {
    SC_REPORT_FATAL("tablewalk", "the access link is non-blocking");
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  Owner& owner_;
  unsigned index_;
};

/// An initiator socket whose owner implements
///     void receive_response(unsigned port, MemoryAccess&, Cycles visible)
/// Keeps the base protocol's request exclusion: while a target has not ended a request's phase, later ones wait here.
template <class Owner>
class AccessInitiatorPort final : public tlm::tlm_bw_transport_if<> {
 public:
  AccessInitiatorPort(const char* name, Owner& owner, unsigned index = 0) : socket(name), owner_(owner), index_(index) {
    socket.bind(*this);
  }

  /// For targets that may complete at once: true if this one did; then `delay` has grown by the latency.
  bool access(MemoryAccess& access, sc_core::sc_time& delay) {
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    return socket->nb_transport_fw(access, phase, delay) == tlm::TLM_COMPLETED;
  }

  /// Sends a request that the neighbour sees in cycle `visible`. The response, even one given at once, goes to
  /// `receive_response`.
  void send(MemoryAccess& access, Cycles visible) {
    if (request_phase_open_) {
      waiting_.push(visible, &access);
      return;
    }
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = start_of(visible) - sc_core::sc_time_stamp();
    switch (socket->nb_transport_fw(access, phase, delay)) {
      case tlm::TLM_ACCEPTED:
        request_phase_open_ = true;
        break;
      case tlm::TLM_UPDATED:
        if (phase == tlm::BEGIN_RESP) answer(access, delay);
        break;
      case tlm::TLM_COMPLETED:
        answer(access, delay);
        break;
    }
  }

  tlm::tlm_initiator_socket<64> socket;

 private:
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    // END_REQ ends the request phase; so does a response to it that came without one.
    if (request_phase_open_) end_request_phase();
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    answer(static_cast<MemoryAccess&>(payload), delay);
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  void answer(MemoryAccess& access, const sc_core::sc_time& delay) {
    // Other people's models may answer between two of our edges: it is seen at the next one.
    const std::uint64_t time = (sc_core::sc_time_stamp() + delay).value();
    owner_.receive_response(index_, access, Cycles((time + clock_period::units - 1) / clock_period::units));
  }

  void end_request_phase() {
    request_phase_open_ = false;
    const Cycles next_edge = cycle_of(sc_core::sc_time_stamp()) + Cycles(1);
    while (!waiting_.empty() && !request_phase_open_) {
      MemoryAccess& access = *waiting_.front();
      const Cycles visible = std::max(waiting_.next_visible(), next_edge);
      waiting_.pop();
      send(access, visible);
    }
  }

  Owner& owner_;
  unsigned index_;
  bool request_phase_open_ = false;
  Inbox<MemoryAccess*> waiting_;
};

}  // namespace tablewalk

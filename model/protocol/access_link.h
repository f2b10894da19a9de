#pragma once

#include "protocol/clockwork.h"
#include "protocol/inbox.h"
#include "protocol/memory_access.h"

namespace tablewalk {

/// The access link: the TLM-2.0 base protocol, four-phase, so that any TLM model of a memory can stand at its lower
/// end.
///
/// Between our own modules: a request is seen in the cycle that now + delay falls in; the target either completes it
/// at once (TLM_COMPLETED, the latency added to `delay`) or takes it (TLM_UPDATED, END_REQ) and later sends BEGIN_RESP
/// with the delay after which the initiator sees it; the initiator answers TLM_COMPLETED.

/// Marks the target ports of this machine's own modules, which ask nothing of the kernel.
class MachineTarget {
 protected:
  ~MachineTarget() = default;
};

/// A target socket whose owner implements
///     bool receive_access(unsigned port, MemoryAccess&, sc_time& delay)   true: completed at once
template <class Owner>
class AccessTargetPort final : public tlm::tlm_fw_transport_if<>, public MachineTarget {
 public:
  AccessTargetPort(const char* name, Owner& owner, unsigned index) : socket(name), owner_(owner), index_(index) {
    socket.bind(*this);
  }

  /// Sends a response that the neighbour sees in cycle `visible`.
  void respond(MemoryAccess& access, Cycles visible) {
    access.set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = clockwork_.delay_until(visible);
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
  const Clockwork& clockwork_ = Clockwork::of_simulation();
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
    return call(access, phase, delay) == tlm::TLM_COMPLETED;
  }

  /// Sends a request that the neighbour sees in cycle `visible`. The response, even one given at once, goes to
  /// `receive_response`.
  void send(MemoryAccess& access, Cycles visible) {
    if (open_request_ != nullptr) {
      waiting_.push(visible, &access);
      return;
    }
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = clockwork_.delay_until(visible);
    switch (call(access, phase, delay)) {
      case tlm::TLM_ACCEPTED:
        open_request_ = &access;
        break;
      case tlm::TLM_UPDATED:
        if (phase == tlm::BEGIN_RESP) end_response_and_answer(access, delay);
        break;
      case tlm::TLM_COMPLETED:
        answer(access, delay);
        break;
    }
  }

  tlm::tlm_initiator_socket<64> socket;

 private:
  tlm::tlm_sync_enum call(MemoryAccess& access, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (target_ == nullptr) {
      target_ = socket.operator->();
      foreign_ = dynamic_cast<MachineTarget*>(target_) == nullptr;
    }
    const tlm::tlm_sync_enum status = target_->nb_transport_fw(access, phase, delay);
    if (foreign_) clockwork_.look_at_kernel();
    return status;
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    // END_REQ ends its request's phase; so does a response to that request that came without one. A response to an
    // earlier request does not.
    auto& access = static_cast<MemoryAccess&>(payload);
    const bool known = phase == tlm::END_REQ || phase == tlm::BEGIN_RESP;
    if (known && &access == open_request_) end_request_phase();
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    answer(access, delay);
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  /// A target that responds on the return path is told that its response phase is over.
  void end_response_and_answer(MemoryAccess& access, const sc_core::sc_time& delay) {
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_core::sc_time end = delay;
    call(access, phase, end);
    answer(access, delay);
  }

  void answer(MemoryAccess& access, const sc_core::sc_time& delay) {
    if (access.is_response_error()) SC_REPORT_ERROR("tablewalk", access.get_response_string().c_str());
    // Other people's models may answer between two of our edges: it is seen at the next one. What is sent at an edge
    // is seen at the next one too, like everything that is sent in a cycle: who acts first at an edge is left open.
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    const std::uint64_t time = (now + delay).value();
    const Cycles edge((time + clock_period::units - 1) / clock_period::units);
    owner_.receive_response(index_, access, std::max(edge, cycle_of(now) + Cycles(1)));
  }

  void end_request_phase() {
    open_request_ = nullptr;
    const Cycles next_edge = std::max(cycle_of(sc_core::sc_time_stamp()), clockwork_.now()) + Cycles(1);
    while (!waiting_.empty() && open_request_ == nullptr) {
      MemoryAccess& access = *waiting_.front();
      const Cycles visible = std::max(waiting_.next_visible(), next_edge);
      waiting_.pop();
      send(access, visible);
    }
  }

  Owner& owner_;
  unsigned index_;
  Clockwork& clockwork_ = Clockwork::of_simulation();
  tlm::tlm_fw_transport_if<>* target_ = nullptr;  ///< what the socket is bound to, looked up once
  bool foreign_ = false;                          ///< the target is not of this machine
  MemoryAccess* open_request_ = nullptr;          ///< whose request phase the target has not ended
  Inbox<MemoryAccess*> waiting_;
};

}  // namespace tablewalk

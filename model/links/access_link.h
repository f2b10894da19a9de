#pragma once

#include "links/clockwork.h"
#include "links/look_up.h"
#include "links/memory_access.h"
#include "protocol/inbox.h"

namespace tablewalk {

/// The access link: the four-phase TLM-2.0 base protocol, so that any TLM memory model can be connected below.
///
/// A request is visible in the cycle of now + delay. The target either completes it at once (TLM_COMPLETED, with the
/// latency added to `delay`) or accepts it (TLM_UPDATED, END_REQ) and later sends BEGIN_RESP with the delay after which
/// the response is visible to the initiator, which returns TLM_COMPLETED.
///
/// Two of our own modules communicate in plain cycles through the two interfaces below; each port checks once whether
/// the other side implements them.

/// Interface of our target ports to our initiator ports.
class MachineTarget {
 public:
  /// Accesses the line of `address` in a core's own first-level cache, like take_access() but without a payload.
  /// Returns true on a hit: the data arrive after the cache's latency. Otherwise nothing has happened, and
  /// take_access() must follow for the same access.
  virtual bool look_up(PhysicalAddress /*address*/, bool /*write*/) { return false; }
  /// The access is visible in `cycle`. True: completed at once, with `cycle` set to the cycle in which the data arrive.
  virtual bool take_access(MemoryAccess& access, Cycles& cycle) = 0;

 protected:
  ~MachineTarget() = default;
};

/// Interface of our initiator ports to our target ports.
class MachineInitiator {
 public:
  /// The response is visible in cycle `visible`.
  virtual void take_response(MemoryAccess& access, Cycles visible) = 0;

 protected:
  ~MachineInitiator() = default;
};

/// A target socket and the return path to its initiator.
class AccessTarget : public MachineTarget, public tlm::tlm_fw_transport_if<> {
 public:
  explicit AccessTarget(const char* name) : socket(name) { socket.bind(*this); }

  /// Sends a response, visible to the initiator in cycle `visible`.
  void respond(MemoryAccess& access, Cycles visible) {
    if (machine_initiator_ == nullptr) return respond_to_foreign(access, visible);
    machine_initiator_->take_response(access, visible);
  }

  tlm::tlm_target_socket<64> socket;

 private:
  /// Also used for the first response to one of our own initiators.
  [[gnu::noinline]] void respond_to_foreign(MemoryAccess& access, Cycles visible) {
    if (initiator_ == nullptr) {
      initiator_ = socket.operator->();
      machine_initiator_ = dynamic_cast<MachineInitiator*>(initiator_);
      if (machine_initiator_ != nullptr) return machine_initiator_->take_response(access, visible);
    }
    access.set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = Clockwork::delay_until(visible);
    initiator_->nb_transport_bw(access, phase, delay);
  }
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    // Our initiators send only MemoryAccesses; foreign models are connected only below, as targets.
    auto& access = static_cast<MemoryAccess&>(payload);
    const Cycles asked = Clockwork::cycle_after(delay);
    Cycles cycle = asked;
    if (take_access(access, cycle)) {
      delay += start_of(cycle - asked);
      access.set_response_status(tlm::TLM_OK_RESPONSE);
      return tlm::TLM_COMPLETED;
    }
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {
    SC_REPORT_FATAL("tablewalk", "the access link is non-blocking");
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  tlm::tlm_bw_transport_if<>* initiator_ = nullptr;  ///< the bound initiator, looked up once
  MachineInitiator* machine_initiator_ = nullptr;    ///< the same, if it is one of ours
};

/// A target socket whose owner implements
///     bool receive_access(unsigned port, MemoryAccess&, Cycles& cycle)   as MachineTarget::take_access
/// and optionally `look_up` as in MachineTarget.
template <class Owner>
class AccessTargetPort final : public AccessTarget {
 public:
  AccessTargetPort(const char* name, Owner& owner, unsigned index) : AccessTarget(name), owner_(owner), index_(index) {}

  bool look_up(PhysicalAddress address, bool write) override {
    if constexpr (HasLookUp<Owner>::value) {
      return owner_.look_up(address, write);
    } else {
      return false;
    }
  }
  bool take_access(MemoryAccess& access, Cycles& cycle) override {
    return owner_.receive_access(index_, access, cycle);
  }

 private:
  Owner& owner_;
  unsigned index_;
};

/// An initiator socket whose owner implements
///     void receive_response(unsigned port, MemoryAccess&, Cycles visible)
/// Keeps the base protocol's request exclusion: until a target has ended a request's phase, later requests wait here.
template <class Owner>
class AccessInitiatorPort final : public MachineInitiator, public tlm::tlm_bw_transport_if<> {
 public:
  AccessInitiatorPort(const char* name, Owner& owner, unsigned index = 0) : socket(name), owner_(owner), index_(index) {
    socket.bind(*this);
  }

  /// As MachineTarget::look_up.
  bool look_up(PhysicalAddress address, bool write) {
    return is_of_machine() && machine_target_->look_up(address, write);
  }
  /// For targets that may complete at once: the access is visible in `cycle`. True if it was completed, with `cycle`
  /// set to the cycle in which the data arrive.
  bool access(MemoryAccess& access, Cycles& cycle) {
    if (is_of_machine()) return machine_target_->take_access(access, cycle);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    const sc_core::sc_time begin = Clockwork::delay_until(cycle);
    sc_core::sc_time delay = begin;
    if (call(access, phase, delay) != tlm::TLM_COMPLETED) return false;
    cycle += cycle_of(delay - begin);
    return true;
  }

  /// Sends a request that is visible to the target in cycle `visible`. The response, even an immediate one, goes to
  /// `receive_response`.
  void send(MemoryAccess& access, Cycles visible) {
    if (!is_of_machine()) return send_to_foreign(access, visible);
    if (machine_target_->take_access(access, visible)) take_response(access, visible);
  }

  void take_response(MemoryAccess& access, Cycles visible) override {
    owner_.receive_response(index_, access, visible);
  }

  tlm::tlm_initiator_socket<64> socket;

 private:
  bool is_of_machine() { return machine_target_ != nullptr || (target_ == nullptr && find_target()); }
  [[gnu::noinline]] bool find_target() {
    target_ = socket.operator->();
    machine_target_ = dynamic_cast<MachineTarget*>(target_);
    return machine_target_ != nullptr;
  }
  tlm::tlm_sync_enum call(MemoryAccess& access, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    const tlm::tlm_sync_enum status = target_->nb_transport_fw(access, phase, delay);
    clockwork_.look_at_kernel();
    return status;
  }

  [[gnu::noinline]] void send_to_foreign(MemoryAccess& access, Cycles visible) {
    if (open_request_ != nullptr) {
      waiting_.push(visible, &access);
      return;
    }
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = Clockwork::delay_until(visible);
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

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    // END_REQ ends its request's phase, and so does a response to that request without END_REQ; a response to an
    // earlier request does not.
    auto& access = static_cast<MemoryAccess&>(payload);
    const bool known = phase == tlm::END_REQ || phase == tlm::BEGIN_RESP;
    if (known && &access == open_request_) end_request_phase();
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    answer(access, delay);
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  /// A target that responds on the return path gets END_RESP.
  void end_response_and_answer(MemoryAccess& access, const sc_core::sc_time& delay) {
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_core::sc_time end = delay;
    call(access, phase, end);
    answer(access, delay);
  }

  void answer(MemoryAccess& access, const sc_core::sc_time& delay) {
    if (access.is_response_error()) SC_REPORT_ERROR("tablewalk", access.get_response_string().c_str());
    // Foreign models may respond between two of our clock edges: the response is visible at the next edge. So is what
    // is sent at an edge, like everything sent in a cycle, independent of the order at that edge.
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    const std::uint64_t time = (now + delay).value();
    const Cycles edge((time + clock_period::units - 1) / clock_period::units);
    take_response(access, std::max(edge, cycle_of(now) + Cycles(1)));
  }

  void end_request_phase() {
    open_request_ = nullptr;
    const Cycles next_edge = std::max(cycle_of(sc_core::sc_time_stamp()), clockwork_.now()) + Cycles(1);
    while (!waiting_.empty() && open_request_ == nullptr) {
      MemoryAccess& access = *waiting_.front();
      const Cycles visible = std::max(waiting_.next_visible(), next_edge);
      waiting_.pop();
      send_to_foreign(access, visible);
    }
  }

  Owner& owner_;
  unsigned index_;
  Clockwork& clockwork_ = Clockwork::of_simulation();
  tlm::tlm_fw_transport_if<>* target_ = nullptr;  ///< the bound target, looked up once
  MachineTarget* machine_target_ = nullptr;       ///< the same, if it is one of ours
  MemoryAccess* open_request_ = nullptr;          ///< request whose phase the target has not ended
  Inbox<MemoryAccess*> waiting_;
};

}  // namespace tablewalk

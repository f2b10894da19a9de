#pragma once

#include <tlm>

#include "protocol/clockwork.h"
#include "protocol/invalidation.h"
#include "protocol/translation_request.h"

namespace tablewalk {

/// The translate link: a TLM-2.0 socket pair that carries TranslationRequests with the non-blocking interface.
///
/// Request: nb_transport_fw(request, BEGIN_REQ, delay). The target sees it in the cycle that now + delay falls in.
///   TLM_COMPLETED: answered at once; the target has added the lookup's latency to `delay`.
///   TLM_ACCEPTED: the answer comes later.
/// Response: nb_transport_bw(request, BEGIN_RESP, delay), visible in the cycle of now + delay; always TLM_COMPLETED.
///
/// Invalidation: a call of the interface's own, which a core makes in the middle of a cycle, when everybody else has
/// done what he does in it. Each translator applies it at once and passes it on down, so that it holds everywhere from
/// then on: nothing that it covers answers a request of a later cycle, wherever it was on its way.
struct TranslateProtocol {
  using tlm_payload_type = TranslationRequest;
  using tlm_phase_type = tlm::tlm_phase;
};

class TranslateForward : public tlm::tlm_fw_transport_if<TranslateProtocol> {
 public:
  /// In the cycle that now + delay falls in.
  virtual void invalidate(const Invalidation& invalidation, const sc_core::sc_time& delay) = 0;
};
using TranslateBackward = tlm::tlm_bw_transport_if<TranslateProtocol>;
using TranslateInitiatorSocket = tlm::tlm_base_initiator_socket<64, TranslateForward, TranslateBackward>;
using TranslateTargetSocket = tlm::tlm_base_target_socket<64, TranslateForward, TranslateBackward>;

/// A target socket whose owner implements
///     bool receive_request(unsigned port, TranslationRequest&, sc_time& delay)   true: answered at once
///     void receive_invalidation(const Invalidation&, const sc_time& delay)
template <class Owner>
class TranslateTargetPort final : public TranslateForward {
 public:
  TranslateTargetPort(const char* name, Owner& owner, unsigned index) : socket(name), owner_(owner), index_(index) {
    socket.bind(*this);
  }

  /// Sends an answer that the neighbour sees in cycle `visible`.
  void respond(TranslationRequest& request, Cycles visible) {
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = clockwork_.delay_until(visible);
    socket->nb_transport_bw(request, phase, delay);
  }

  TranslateTargetSocket socket;

 private:
  tlm::tlm_sync_enum nb_transport_fw(TranslationRequest& request, tlm::tlm_phase&, sc_core::sc_time& delay) override {
    return owner_.receive_request(index_, request, delay) ? tlm::TLM_COMPLETED : tlm::TLM_ACCEPTED;
  }
  void invalidate(const Invalidation& invalidation, const sc_core::sc_time& delay) override {
    owner_.receive_invalidation(invalidation, delay);
  }
  void b_transport(TranslationRequest&, sc_core::sc_time&) override {
    SC_REPORT_FATAL("tablewalk", "the translate link is non-blocking");
  }
  bool get_direct_mem_ptr(TranslationRequest&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(TranslationRequest&) override { return 0; }

  Owner& owner_;
  unsigned index_;
  const Clockwork& clockwork_ = Clockwork::of_simulation();
};

/// An initiator socket whose owner implements
///     void receive_translation(unsigned port, TranslationRequest&, Cycles visible)
template <class Owner>
class TranslateInitiatorPort final : public TranslateBackward {
 public:
  TranslateInitiatorPort(const char* name, Owner& owner, unsigned index = 0)
      : socket(name), owner_(owner), index_(index) {
    socket.bind(*this);
  }

  /// True if answered at once; then `delay` has grown by the lookup's latency.
  bool request(TranslationRequest& request, sc_core::sc_time& delay) {
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    return target().nb_transport_fw(request, phase, delay) == tlm::TLM_COMPLETED;
  }
  /// Has everybody below forget what it covers, in the cycle that now + delay falls in.
  void invalidate(const Invalidation& invalidation, const sc_core::sc_time& delay) {
    target().invalidate(invalidation, delay);
  }
  /// Sends a request that the neighbour sees in cycle `visible` and answers later.
  void request_at(TranslationRequest& request, Cycles visible) {
    sc_core::sc_time delay = clockwork_.delay_until(visible);
    const bool answered = this->request(request, delay);
    if (answered) SC_REPORT_FATAL("tablewalk", "a registered translator answered at once");
  }

  TranslateInitiatorSocket socket;

 private:
  TranslateForward& target() {
    if (target_ == nullptr) target_ = socket.operator->();
    return *target_;
  }
  tlm::tlm_sync_enum nb_transport_bw(TranslationRequest& request, tlm::tlm_phase&, sc_core::sc_time& delay) override {
    owner_.receive_translation(index_, request, clockwork_.cycle_after(delay));
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  Owner& owner_;
  unsigned index_;
  const Clockwork& clockwork_ = Clockwork::of_simulation();
  TranslateForward* target_ = nullptr;  ///< what the socket is bound to, looked up once
};

}  // namespace tablewalk

#pragma once

#include <tlm>

#include "protocol/clockwork.h"
#include "protocol/translation_request.h"

namespace tablewalk {

/// The translate link: a TLM-2.0 socket pair that carries TranslationRequests with the non-blocking interface.
///
/// Request: nb_transport_fw(request, BEGIN_REQ, delay). The target sees it in the cycle that now + delay falls in.
///   TLM_COMPLETED: answered at once; the target has added the lookup's latency to `delay`.
///   TLM_ACCEPTED: the answer comes later.
/// Response: nb_transport_bw(request, BEGIN_RESP, delay), visible in the cycle of now + delay; always TLM_COMPLETED.
struct TranslateProtocol {
  using tlm_payload_type = TranslationRequest;
  using tlm_phase_type = tlm::tlm_phase;
};

using TranslateForward = tlm::tlm_fw_transport_if<TranslateProtocol>;
using TranslateBackward = tlm::tlm_bw_transport_if<TranslateProtocol>;
using TranslateInitiatorSocket = tlm::tlm_initiator_socket<64, TranslateProtocol>;
using TranslateTargetSocket = tlm::tlm_target_socket<64, TranslateProtocol>;

/// A target socket whose owner implements
///     bool receive_request(unsigned port, TranslationRequest&, sc_time& delay)   true: answered at once
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
    if (target_ == nullptr) target_ = socket.operator->();
    return target_->nb_transport_fw(request, phase, delay) == tlm::TLM_COMPLETED;
  }
  /// Sends a request that the neighbour sees in cycle `visible` and answers later.
  void request_at(TranslationRequest& request, Cycles visible) {
    sc_core::sc_time delay = clockwork_.delay_until(visible);
    const bool answered = this->request(request, delay);
    if (answered) SC_REPORT_FATAL("tablewalk", "a registered translator answered at once");
  }

  TranslateInitiatorSocket socket;

 private:
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

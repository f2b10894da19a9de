#pragma once

#include <tlm>

#include "links/clockwork.h"
#include "links/look_up.h"
#include "protocol/invalidation.h"
#include "protocol/last_hit.h"
#include "protocol/translation_request.h"

namespace tablewalk {

/// The translate link: a TLM-2.0 socket pair that carries TranslationRequests.
///
/// Request: nb_transport_fw(request, BEGIN_REQ, delay). It is visible to the target in the cycle of now + delay.
///   TLM_COMPLETED: completed at once; the target has added the lookup's latency to `delay`.
///   TLM_ACCEPTED: the response comes later.
/// Response: nb_transport_bw(request, BEGIN_RESP, delay), visible in the cycle of now + delay; always TLM_COMPLETED.
///
/// The interfaces are the same in plain cycles, and are what our ports call. A foreign module need not implement them:
/// by default they call the transport interface.
///
/// Invalidation: a direct call, made by a core in the middle of a cycle, when all other modules have acted. Each
/// translator applies it at once and forwards it down, so that it takes effect everywhere: no request of a later cycle
/// is served by anything it covers, wherever that was in flight.
struct TranslateProtocol {
  using tlm_payload_type = TranslationRequest;
  using tlm_phase_type = tlm::tlm_phase;
};

class TranslateForward : public tlm::tlm_fw_transport_if<TranslateProtocol> {
 public:
  /// The last hit of a core's own first-level TLB. The core uses it as if look_up() had returned it; without one it
  /// serves no access.
  virtual const LastHit& last_hit() { return LastHit::none(); }
  /// Looks up a core's own first-level TLB in `cycle`, like take_request() but without a request: a hit is counted, and
  /// `cycle` is set to the cycle in which the translation is available. nullptr without any effect if it misses or
  /// cannot respond without a request: then take_request() must follow for the same access. Not for an access that
  /// last_hit() serves.
  virtual const Translation* look_up(VirtualAddress /*va*/, AddressSpaceId /*asid*/, Access /*access*/,
                                     Cycles& /*cycle*/) {
    return nullptr;
  }
  /// The request is visible in `cycle`. True if completed at once, with `cycle` set to the cycle of the response.
  virtual bool take_request(TranslationRequest& request, Cycles& cycle) {
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    const sc_core::sc_time begin = Clockwork::delay_until(cycle);
    sc_core::sc_time delay = begin;
    if (nb_transport_fw(request, phase, delay) != tlm::TLM_COMPLETED) return false;
    cycle += cycle_of(delay - begin);
    return true;
  }
  virtual void invalidate(const Invalidation& invalidation, Cycles cycle) = 0;
};

class TranslateBackward : public tlm::tlm_bw_transport_if<TranslateProtocol> {
 public:
  /// The response is visible in cycle `visible`.
  virtual void take_answer(TranslationRequest& request, Cycles visible) {
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = Clockwork::delay_until(visible);
    nb_transport_bw(request, phase, delay);
  }
};

using TranslateInitiatorSocket = tlm::tlm_base_initiator_socket<64, TranslateForward, TranslateBackward>;
using TranslateTargetSocket = tlm::tlm_base_target_socket<64, TranslateForward, TranslateBackward>;

/// A target socket and the return path to its initiator.
class TranslateTarget : public TranslateForward {
 public:
  explicit TranslateTarget(const char* name) : socket(name) { socket.bind(*this); }

  /// Sends a response, visible to the initiator in cycle `visible`.
  void respond(TranslationRequest& request, Cycles visible) {
    if (initiator_ == nullptr) initiator_ = socket.operator->();
    initiator_->take_answer(request, visible);
  }

  TranslateTargetSocket socket;

 private:
  tlm::tlm_sync_enum nb_transport_fw(TranslationRequest& request, tlm::tlm_phase&, sc_core::sc_time& delay) override {
    const Cycles asked = Clockwork::cycle_after(delay);
    Cycles cycle = asked;
    if (!take_request(request, cycle)) return tlm::TLM_ACCEPTED;
    delay += start_of(cycle - asked);
    return tlm::TLM_COMPLETED;
  }
  void b_transport(TranslationRequest&, sc_core::sc_time&) override {
    SC_REPORT_FATAL("tablewalk", "the translate link is non-blocking");
  }
  bool get_direct_mem_ptr(TranslationRequest&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(TranslationRequest&) override { return 0; }

  TranslateBackward* initiator_ = nullptr;  ///< the bound initiator, looked up once
};

/// A target socket whose owner implements
///     bool receive_request(unsigned port, TranslationRequest&, Cycles& cycle)   as TranslateForward::take_request
///     void receive_invalidation(const Invalidation&, Cycles cycle)
/// and optionally `look_up` and `last_hit` as in TranslateForward.
template <class Owner>
class TranslateTargetPort final : public TranslateTarget {
 public:
  TranslateTargetPort(const char* name, Owner& owner, unsigned index)
      : TranslateTarget(name), owner_(owner), index_(index) {}

  const LastHit& last_hit() override {
    if constexpr (HasLookUp<Owner>::value) {
      return owner_.last_hit();
    } else {
      return TranslateTarget::last_hit();
    }
  }
  const Translation* look_up(VirtualAddress va, AddressSpaceId asid, Access access, Cycles& cycle) override {
    if constexpr (HasLookUp<Owner>::value) {
      return owner_.look_up(va, asid, access, cycle);
    } else {
      return nullptr;
    }
  }
  bool take_request(TranslationRequest& request, Cycles& cycle) override {
    return owner_.receive_request(index_, request, cycle);
  }
  void invalidate(const Invalidation& invalidation, Cycles cycle) override {
    owner_.receive_invalidation(invalidation, cycle);
  }

 private:
  Owner& owner_;
  unsigned index_;
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

  /// As TranslateForward::look_up, for any access.
  const Translation* look_up(VirtualAddress va, AddressSpaceId asid, Access access, Cycles& cycle) {
    if (!last_hit_->serves(va, LastHit::who_asks(asid, access))) return look_up_in_target(va, asid, access, cycle);
    last_hit_->use(va, cycle);
    return last_hit_->translation;
  }
  /// As TranslateForward::last_hit; until the first look_up(), one that serves no access.
  const LastHit& last_hit() const { return *last_hit_; }
  /// As look_up(), for an access that last_hit() does not serve.
  const Translation* look_up_in_target(VirtualAddress va, AddressSpaceId asid, Access access, Cycles& cycle) {
    if (target_ == nullptr) last_hit_ = &target().last_hit();
    return target().look_up(va, asid, access, cycle);
  }
  /// The request is visible in `cycle`. True if completed at once, with `cycle` set to the cycle of the response.
  bool request(TranslationRequest& request, Cycles& cycle) { return target().take_request(request, cycle); }
  /// Applies the invalidation in all translators below, in that cycle.
  void invalidate(const Invalidation& invalidation, Cycles cycle) { target().invalidate(invalidation, cycle); }
  /// Sends a request that is visible to the target in cycle `visible` and answered later.
  void request_at(TranslationRequest& request, Cycles visible) {
    if (target().take_request(request, visible)) {
      SC_REPORT_FATAL("tablewalk", "a registered translator responded at once");
    }
  }
  void take_answer(TranslationRequest& request, Cycles visible) override {
    owner_.receive_translation(index_, request, visible);
  }

  TranslateInitiatorSocket socket;

 private:
  TranslateForward& target() {
    if (target_ == nullptr) target_ = socket.operator->();
    return *target_;
  }
  tlm::tlm_sync_enum nb_transport_bw(TranslationRequest& request, tlm::tlm_phase&, sc_core::sc_time& delay) override {
    take_answer(request, Clockwork::cycle_after(delay));
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  Owner& owner_;
  unsigned index_;
  TranslateForward* target_ = nullptr;          ///< the bound target, looked up once
  const LastHit* last_hit_ = &LastHit::none();  ///< of the target
};

}  // namespace tablewalk

#pragma once

#include <gtest/gtest.h>

#include "links/access_link.h"
#include "links/translate_link.h"

namespace tablewalk {

/// Forwards an access link's calls through the transport interface only: both sides see a foreign module.
class AccessRelay : public sc_core::sc_module, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<> {
 public:
  explicit AccessRelay(sc_core::sc_module_name name) : sc_core::sc_module(name), above("above"), below("below") {
    above.bind(*this);
    below.bind(*this);
  }

  tlm::tlm_target_socket<64> above;
  tlm::tlm_initiator_socket<64> below;

  unsigned requests() const { return requests_; }
  unsigned responses() const { return responses_; }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    ++requests_;
    return below->nb_transport_fw(payload, phase, delay);
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    ++responses_;
    EXPECT_EQ(payload.get_response_status(), tlm::TLM_OK_RESPONSE);
    return above->nb_transport_bw(payload, phase, delay);
  }
  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  unsigned requests_ = 0;
  unsigned responses_ = 0;
};

/// The same on a translate link.
class TranslateRelay : public sc_core::sc_module, TranslateForward, TranslateBackward {
 public:
  explicit TranslateRelay(sc_core::sc_module_name name) : sc_core::sc_module(name), above("above"), below("below") {
    above.bind(*this);
    below.bind(*this);
  }

  TranslateTargetSocket above;
  TranslateInitiatorSocket below;

  unsigned requests() const { return requests_; }
  unsigned responses() const { return responses_; }

 private:
  tlm::tlm_sync_enum nb_transport_fw(TranslationRequest& request, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    ++requests_;
    return below->nb_transport_fw(request, phase, delay);
  }
  tlm::tlm_sync_enum nb_transport_bw(TranslationRequest& request, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    ++responses_;
    return above->nb_transport_bw(request, phase, delay);
  }
  void invalidate(const Invalidation& invalidation, Cycles cycle) override { below->invalidate(invalidation, cycle); }
  void b_transport(TranslationRequest&, sc_core::sc_time&) override {}
  bool get_direct_mem_ptr(TranslationRequest&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(TranslationRequest&) override { return 0; }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  unsigned requests_ = 0;
  unsigned responses_ = 0;
};

}  // namespace tablewalk

#pragma once

#include <gtest/gtest.h>
#include <tlm_utils/simple_target_socket.h>

#include <functional>
#include <map>
#include <set>

#include "memory/physical_memory.h"

namespace tablewalk {

/// A memory as in a foreign model: TLM-2.0's base protocol and generic payload, and of ours only the storage. Checks
/// that its initiator follows the protocol.
class PlainMemory : public sc_core::sc_module {
 public:
  enum class Style : std::uint8_t {
    EndsRequestAtOnce,     ///< TLM_UPDATED with END_REQ, then BEGIN_RESP
    EndsRequestLater,      ///< TLM_ACCEPTED, then END_REQ, then BEGIN_RESP
    RespondsWithoutEnd,    ///< TLM_ACCEPTED, then BEGIN_RESP, which ends the request too
    RespondsOnReturnPath,  ///< TLM_UPDATED with BEGIN_RESP, then waits for END_RESP
    Completes,             ///< TLM_COMPLETED
  };

  /// `latency`: from receiving a request to its response, not before an earlier one's. `request_phase`: how long it
  /// keeps the request phase open, in the style that ends it later.
  PlainMemory(sc_core::sc_module_name name, PhysicalMemory& bytes, Style style, sc_core::sc_time latency,
              sc_core::sc_time request_phase = sc_core::sc_time(2, sc_core::SC_NS))
      : sc_core::sc_module(name),
        socket("socket"),
        bytes_(bytes),
        style_(style),
        latency_(latency),
        request_phase_(request_phase) {
    socket.register_nb_transport_fw(this, &PlainMemory::nb_transport_fw);
    SC_HAS_PROCESS(PlainMemory);
    SC_METHOD(do_what_is_due);
    sensitive << wake_;
    dont_initialize();
  }

  tlm_utils::simple_target_socket<PlainMemory, 64> socket;

  std::uint64_t requests() const { return requests_; }
  std::size_t unanswered() const { return unanswered_.size(); }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    if (phase == tlm::END_RESP) {
      EXPECT_EQ(unanswered_.erase(&payload), 1u) << "END_RESP without a response";
      return tlm::TLM_COMPLETED;
    }
    EXPECT_EQ(phase, tlm::BEGIN_REQ);
    EXPECT_EQ(open_, nullptr) << "a request while the phase of the one before is open";
    EXPECT_TRUE(unanswered_.insert(&payload).second) << "a payload in use";
    ++requests_;
    switch (style_) {
      case Style::EndsRequestAtOnce:
        later(delay + latency_, [this, &payload] { respond(payload); });
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
      case Style::EndsRequestLater:
        open_ = &payload;
        later(delay + request_phase_, [this, &payload] { end_request(payload); });
        later(delay + latency_, [this, &payload] { respond(payload); });
        return tlm::TLM_ACCEPTED;
      case Style::RespondsWithoutEnd:
        open_ = &payload;
        later(delay + latency_, [this, &payload] { respond(payload); });
        return tlm::TLM_ACCEPTED;
      case Style::RespondsOnReturnPath:
        transfer(payload);
        delay += latency_;
        phase = tlm::BEGIN_RESP;
        return tlm::TLM_UPDATED;
      case Style::Completes:
        break;
    }
    transfer(payload);
    delay += latency_;
    unanswered_.erase(&payload);
    return tlm::TLM_COMPLETED;
  }

  void end_request(tlm::tlm_generic_payload& payload) {
    open_ = nullptr;
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay;
    EXPECT_EQ(socket->nb_transport_bw(payload, phase, delay), tlm::TLM_ACCEPTED);
  }

  void respond(tlm::tlm_generic_payload& payload) {
    transfer(payload);
    if (open_ == &payload) open_ = nullptr;
    unanswered_.erase(&payload);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    EXPECT_EQ(socket->nb_transport_bw(payload, phase, delay), tlm::TLM_COMPLETED);
  }

  void transfer(tlm::tlm_generic_payload& payload) {
    for (unsigned i = 0; i < payload.get_data_length() && payload.is_read(); ++i) {
      payload.get_data_ptr()[i] =
          static_cast<unsigned char>(bytes_.read(PhysicalAddress(payload.get_address() + i), 1));
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  void later(const sc_core::sc_time& delay, std::function<void()> action) {
    actions_.emplace(sc_core::sc_time_stamp() + delay, std::move(action));
    wake_.notify(actions_.begin()->first - sc_core::sc_time_stamp());
  }
  void do_what_is_due() {
    while (!actions_.empty() && actions_.begin()->first <= sc_core::sc_time_stamp()) {
      const std::function<void()> action = actions_.begin()->second;
      actions_.erase(actions_.begin());
      action();
    }
    if (!actions_.empty()) wake_.notify(actions_.begin()->first - sc_core::sc_time_stamp());
  }

  PhysicalMemory& bytes_;
  Style style_;
  sc_core::sc_time latency_;
  sc_core::sc_time request_phase_;
  tlm::tlm_generic_payload* open_ = nullptr;  ///< request whose phase is open
  std::set<tlm::tlm_generic_payload*> unanswered_;
  std::uint64_t requests_ = 0;
  std::multimap<sc_core::sc_time, std::function<void()>> actions_;
  sc_core::sc_event wake_;
};

}  // namespace tablewalk

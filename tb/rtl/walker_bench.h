#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "memory/physical_memory.h"
#include "paging/reference_walk.h"
#include "protocol/invalidation.h"
#include "rtl/lasting_model.h"
#include "rtl/rtl_codes.h"

namespace tablewalk::test {

/// A request to the walker.
struct RtlRequest {
  unsigned id = 0;
  std::uint64_t va = 0;
  Access access;
  std::uint16_t asid = 0;
  std::uint64_t root = 0x1000;
};

inline RtlRequest request(unsigned id, std::uint64_t va, Access access = {}, std::uint16_t asid = 0) {
  RtlRequest made;
  made.id = id;
  made.va = va;
  made.access = access;
  made.asid = asid;
  return made;
}

/// A response and its cycles: those of the handshakes, except `stood`, the cycle in which the response first became
/// valid.
struct RtlAnswer {
  std::uint64_t taken = 0;
  std::uint64_t stood = 0;
  unsigned id = 0;
  unsigned fault = 0;
  std::uint64_t entry = 0;
  std::uint64_t page = 0;
  unsigned page_shift = 0;
  unsigned level = 0;
  unsigned rights = 0;
  bool global = false;
  bool dirty = false;
  std::uint64_t fault_address = 0;
};

/// A memory request, and the cycle from which it was valid.
struct RtlAccess {
  std::uint64_t cycle = 0;
  std::uint64_t address = 0;
  bool update = false;
  unsigned tag = 0;
};

struct RtlInvalidation {
  bool all = true;
  std::optional<std::uint16_t> asid;
  std::optional<std::uint64_t> va;
  // Further pin values; by default for a page with its pointers, or for everything of a space that is not global.
  std::optional<bool> global{};
  std::optional<Invalidation::Pointers> pointers{};

  bool covers_global() const { return global.value_or(all || !asid || va); }
  Invalidation::Pointers covers_pointers() const {
    const bool on_the_way = !all && va;
    return pointers.value_or(on_the_way ? Invalidation::Pointers::OnTheWay : Invalidation::Pointers::Every);
  }
};

/// How often each event was signalled.
struct RtlEvents {
  unsigned walks = 0;
  unsigned merges = 0;
  unsigned replays = 0;
  unsigned lookups = 0;
  std::array<unsigned, 8> hits{};
  std::array<unsigned, 8> reads{};
  unsigned updates = 0;
  unsigned done = 0;
  unsigned faults = 0;
  unsigned restarts = 0;
};

/// A Verilated walker, a memory with controlled latency, and the requester. tick() is one cycle: outputs are read,
/// inputs set, the clock rises and falls.
template <class Model>
class WalkerBench {
 public:
  static constexpr unsigned page_shift = 12;

  explicit WalkerBench(const std::string& mode_name, const PagingControls& controls = {})
      : mode(make_paging_mode(mode_name, controls)) {
    model_.req_mode_i = rtl::mode_code(mode_name);
    model_.req_controls_i = rtl::controls_bits(controls);
    reset();
  }
  ~WalkerBench() { model_.final(); }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  std::uint64_t cycle = 0;

  // Behaviour of the neighbours; each is called once per cycle.
  std::function<unsigned()> latency = [] { return 1u; };  ///< cycles from accepting an access to its response
  std::function<bool()> memory_ready = [] { return true; };
  std::function<bool()> answer_ready = [] { return true; };
  std::function<bool()> offers_request = [] { return true; };
  std::function<bool()> retries = [] { return false; };
  std::function<bool()> fails = [] { return false; };
  std::uint64_t beside_errors = 0xFF;  ///< data of a failed read: would be a leaf

  bool looks_between_edges = false;  ///< checks that no output depends combinationally on inputs
  bool skips_quiet_cycles = false;
  std::uint64_t skipped_cycles = 0;

  std::deque<RtlRequest> requests;              ///< to be presented, in order
  std::optional<RtlInvalidation> invalidation;  ///< in this cycle

  std::map<unsigned, std::uint64_t> taken;  ///< request id -> cycle
  std::vector<RtlAnswer> answers;
  std::vector<RtlAccess> presented;  ///< all memory requests
  RtlEvents events;

  bool quiet() const { return model_.quiet_o != 0; }
  bool rests() const { return model_.rests_o != 0; }
  bool idle() const { return model_.idle_o != 0; }
  bool request_ready() const { return model_.req_ready_o != 0; }
  Model& pins() { return model_; }

  void reset() {
    model_.rst_ni = 0;
    model_.req_valid_i = model_.mem_rsp_valid_i = model_.inv_valid_i = 0;
    clock();  // the first evaluation of a Verilated model sees no edge
    clock();
    model_.rst_ni = 1;
    clock();
    accesses_.clear();
    answer_stands_ = request_stands_ = offered_ = false;
  }

  void tick() {
    note_outputs();
    offer_request();
    answer_memory();
    invalidate();
    model_.rsp_ready_i = answer_ready();
    model_.mem_req_ready_i = memory_ready();
    take_answer();
    accept_memory_request();
    if (looks_between_edges) expect_same_outputs();
    const bool asleep = model_.quiet_o && !model_.req_valid_i && !model_.mem_rsp_valid_i && !model_.inv_valid_i;
    if (asleep && skips_quiet_cycles) {
      ++skipped_cycles;
    } else {
      clock();
      note_events();
    }
    ++cycle;
  }
  void tick(std::uint64_t cycles) {
    for (std::uint64_t i = 0; i < cycles; ++i) tick();
  }
  /// Runs until all requests are answered. False if that takes more than `limit` cycles.
  bool finish(std::uint64_t limit = 100000) {
    for (std::uint64_t i = 0; i < limit; ++i) {
      if (requests.empty() && !offered_ && taken.empty() && idle() && accesses_.empty()) return true;
      tick();
    }
    return false;
  }
  /// A single request.
  RtlAnswer ask(unsigned id, std::uint64_t va, Access access = {}, std::uint16_t asid = 0) {
    requests.push_back(request(id, va, access, asid));
    const std::size_t before = answers.size();
    EXPECT_TRUE(finish());
    EXPECT_EQ(answers.size(), before + 1);
    return answers.empty() ? RtlAnswer{} : answers.back();
  }

 private:
  struct UnderWay {
    std::uint64_t due;
    unsigned tag;
    std::uint64_t address;
    unsigned bytes;
    bool swap;
    std::uint64_t expected;
    std::uint64_t desired;
    std::uint64_t held;  ///< when it was accepted: the data of a read
  };

  void clock() {
    model_.clk_i = 1;
    model_.eval();
    model_.clk_i = 0;
    model_.eval();
  }

  void expect_same_outputs() {
    const auto outputs = [&] { return std::make_tuple(quiet(), idle(), request_ready(), memory_request(), answer()); };
    const auto before = outputs();
    model_.eval();
    EXPECT_TRUE(outputs() == before) << "cycle " << cycle;
  }
  /// Checks that a valid but unaccepted output is stable.
  void note_outputs() {
    const auto request = memory_request();
    const auto answer = this->answer();
    if (request_stands_) {
      EXPECT_EQ(request, standing_request_) << "cycle " << cycle;
    }
    if (answer_stands_) {
      EXPECT_EQ(answer, standing_answer_) << "cycle " << cycle;
    }
    if (model_.mem_req_valid_o && !request_stands_) {
      presented.push_back({cycle, model_.mem_req_addr_o, model_.mem_req_op_o != 0, model_.mem_req_tag_o});
    }
    if (model_.rsp_valid_o && !answer_stands_) stood_ = cycle;
    standing_request_ = request;
    standing_answer_ = answer;
    answer_stands_ = request_stands_ = false;
  }
  std::array<std::uint64_t, 7> memory_request() const {
    return {model_.mem_req_valid_o, model_.mem_req_tag_o,   model_.mem_req_addr_o,    model_.mem_req_size_o,
            model_.mem_req_op_o,    model_.mem_req_wdata_o, model_.mem_req_expected_o};
  }
  std::array<std::uint64_t, 11> answer() const {
    return {model_.rsp_valid_o, model_.rsp_id_o,     model_.rsp_fault_o,     model_.rsp_entry_o,
            model_.rsp_frame_o, model_.rsp_level_o,  model_.rsp_rights_o,    model_.rsp_page_shift_o,
            model_.rsp_dirty_o, model_.rsp_global_o, model_.rsp_fault_addr_o};
  }

  void offer_request() {
    // A presented request stays valid until accepted.
    if (!offered_) offered_ = !requests.empty() && offers_request();
    model_.req_valid_i = offered_;
    if (!offered_) return;
    const RtlRequest& offer = requests.front();
    model_.req_id_i = static_cast<std::uint8_t>(offer.id);
    model_.req_vpn_i = offer.va >> page_shift;
    model_.req_asid_i = offer.asid;
    model_.req_root_i = offer.root;
    model_.req_access_i = static_cast<std::uint8_t>(offer.access.kind);
    model_.req_priv_i = offer.access.user;
    if (!model_.req_ready_o) return;
    taken[offer.id] = cycle;
    requests.pop_front();
    offered_ = false;
  }

  /// Performs and answers the first of the due accesses, unless the memory fails or repeats it.
  void answer_memory() {
    model_.mem_rsp_valid_i = 0;
    for (auto access = accesses_.begin(); access != accesses_.end(); ++access) {
      if (access->due > cycle) continue;
      model_.mem_rsp_valid_i = 1;
      model_.mem_rsp_tag_i = static_cast<std::uint8_t>(access->tag);
      model_.mem_rsp_retry_i = retries();
      model_.mem_rsp_error_i = !model_.mem_rsp_retry_i && fails();
      // An error comes with data that looks like an entry or a completed swap: it must be ignored.
      model_.mem_rsp_data_i = access->swap ? access->expected : beside_errors;
      if (!model_.mem_rsp_retry_i && !model_.mem_rsp_error_i) {
        const PhysicalAddress at(access->address);
        model_.mem_rsp_data_i =
            access->swap ? memory.compare_and_swap(at, access->bytes, access->expected, access->desired) : access->held;
        if (access->bytes == 4) model_.mem_rsp_data_i |= 0xABCDEF0100000000;
      }
      accesses_.erase(access);
      return;
    }
  }

  void invalidate() {
    model_.inv_valid_i = invalidation.has_value();
    if (!invalidation) return;
    model_.inv_all_i = invalidation->all;
    model_.inv_asid_valid_i = invalidation->asid.has_value();
    model_.inv_asid_i = invalidation->asid.value_or(0);
    model_.inv_vaddr_valid_i = invalidation->va.has_value();
    model_.inv_vaddr_i = invalidation->va.value_or(0);
    model_.inv_global_i = invalidation->covers_global();
    model_.inv_pointers_i = static_cast<std::uint8_t>(invalidation->covers_pointers());
    invalidation.reset();
  }

  void take_answer() {
    answer_stands_ = model_.rsp_valid_o && !model_.rsp_ready_i;
    if (!model_.rsp_valid_o || answer_stands_) return;
    RtlAnswer answer;
    answer.taken = cycle;
    answer.stood = stood_;
    answer.id = model_.rsp_id_o;
    answer.fault = model_.rsp_fault_o;
    answer.entry = model_.rsp_entry_o;
    answer.page = std::uint64_t{model_.rsp_frame_o} << page_shift;
    answer.page_shift = model_.rsp_page_shift_o;
    answer.level = model_.rsp_level_o;
    answer.rights = model_.rsp_rights_o;
    answer.global = model_.rsp_global_o;
    answer.dirty = model_.rsp_dirty_o;
    answer.fault_address = model_.rsp_fault_addr_o;
    answers.push_back(answer);
    EXPECT_EQ(taken.erase(answer.id), 1u) << "answer to a request that is not under way";
  }

  void accept_memory_request() {
    request_stands_ = model_.mem_req_valid_o && !model_.mem_req_ready_i;
    if (!model_.mem_req_valid_o || request_stands_) return;
    accesses_.push_back({cycle + latency(), model_.mem_req_tag_o, model_.mem_req_addr_o, 1u << model_.mem_req_size_o,
                         model_.mem_req_op_o != 0, model_.mem_req_expected_o, model_.mem_req_wdata_o,
                         memory.read(PhysicalAddress(model_.mem_req_addr_o), 1u << model_.mem_req_size_o)});
  }

  void note_events() {
    const auto bits = [](std::uint64_t mask) { return static_cast<unsigned>(__builtin_popcountll(mask)); };
    events.walks += model_.ev_walk_o;
    events.merges += model_.ev_merge_o;
    events.replays += model_.ev_replay_o;
    events.lookups += model_.ev_cache_lookup_o;
    for (unsigned level = 0; level < 8; ++level) {
      events.hits[level] += model_.ev_cache_hit_o >> level & 1;
      events.reads[level] += model_.ev_read_o >> level & 1;
    }
    events.updates += model_.ev_update_o;
    events.done += bits(model_.ev_done_o);
    events.faults += bits(model_.ev_fault_o);
    events.restarts += bits(model_.ev_restart_o);
  }

  Model& model_ = lasting_model<Model>();
  std::vector<UnderWay> accesses_;
  bool offered_ = false;
  bool answer_stands_ = false;
  bool request_stands_ = false;
  std::uint64_t stood_ = 0;
  std::array<std::uint64_t, 7> standing_request_{};
  std::array<std::uint64_t, 11> standing_answer_{};
};

/// The difference between the hardware's response and the model's; empty: none.
inline std::string difference(const RtlAnswer& answer, const WalkOutcome& expected, bool with_dirty = true) {
  const auto differs = [](const char* what, std::uint64_t found, std::uint64_t wanted) {
    std::ostringstream text;
    text << what << " 0x" << std::hex << found << ", expected 0x" << wanted;
    return text.str();
  };
  const FaultReason reason = expected.translated ? FaultReason::None : expected.fault.reason;
  if (answer.fault != rtl::fault_code(reason)) return differs("fault", answer.fault, rtl::fault_code(reason));
  const unsigned level = expected.translated ? expected.translation.level : expected.fault.level;
  if (answer.level != level) return differs("level", answer.level, level);
  if (!expected.translated) return {};
  const Translation& wanted = expected.translation;
  if (answer.page != wanted.page.value()) return differs("page", answer.page, wanted.page.value());
  if (answer.page_shift != wanted.page_shift) return differs("page shift", answer.page_shift, wanted.page_shift);
  if (answer.rights != rtl::rights_bits(wanted.rights)) {
    return differs("rights", answer.rights, rtl::rights_bits(wanted.rights));
  }
  if (answer.global != wanted.global) return differs("global", answer.global, wanted.global);
  if (!with_dirty) return {};
  if (answer.dirty != wanted.dirty) return differs("dirty", answer.dirty, wanted.dirty);
  if (answer.entry != wanted.leaf_entry) return differs("entry", answer.entry, wanted.leaf_entry);
  return {};
}

}  // namespace tablewalk::test

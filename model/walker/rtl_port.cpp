#include "walker/rtl_port.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace tablewalk {
namespace {

/// Longer idle times than any walker needs.
constexpr std::uint32_t longest_idle = 100000;

bool equal(const Invalidation& a, const Invalidation& b) {
  return a.scope == b.scope && a.asid == b.asid && a.va == b.va;
}

std::uint32_t slot_mask(unsigned slots) {
  std::uint32_t size = 2;  // a single slot still has one tag bit
  while (size < slots) size *= 2;
  return size - 1;
}

}  // namespace

RtlPort::RtlPort(const WalkerConfig& config, const PagingControls& controls, const PagingMode& mode)
    : mode_(mode),
      variant_(find_rtl_variant(config, controls, mode)),
      model_(variant_.make()),
      evaluate_every_cycle_(config.evaluate_every_cycle),
      mode_code_(rtl_mode(mode)),
      controls_(rtl_controls(controls)),
      slot_mask_(slot_mask(variant_.slots)),
      outstanding_(std::size_t{1} << variant_.id_bits) {
  for (RequestId id = 0; id < config.requests; ++id) free_ids_.push({}, id);
  // A cycle without inputs, to initialise the outputs; it changes nothing.
  model_->clock({}, inputs_, outputs_);
}

void RtlPort::request_arrives(unsigned port, const TranslationRequest& request, Cycles visible) {
  arrivals_.push(visible, {&request, request.va, request.root, request.asid, request.access}, port);
}

void RtlPort::memory_answers(std::uint32_t tag, std::uint64_t data, Cycles visible) {
  memory_answers_.push(visible, {tag, data});
}

void RtlPort::invalidate(const Invalidation& invalidation, Cycles cycle) {
  if (invalidations_.next_visible() == cycle) {
    if (equal(invalidations_.front(), invalidation)) return;  // the same event, forwarded by another TLB
    throw InputError(
        fmt::format("cycle {}: two invalidate events in one cycle; the RTL walker accepts one per cycle: "
                    "expected core.invalidate_cycles of at least 1",
                    cycle.count()));
  }
  invalidations_.push(cycle, invalidation);
}

Cycles RtlPort::next_due() const {
  Cycles due = std::min(memory_answers_.next_visible(), invalidations_.next_visible());
  if (!may_sleep() || (evaluate_every_cycle_ && under_way_ != 0)) due = Cycles();
  if (outputs_.req_ready) due = std::min(due, std::max(arrivals_.next_visible(), free_ids_.next_visible()));
  return std::max(due, clocked_);
}

const WalkerCycle& RtlPort::step(Cycles cycle) {
  catch_up(cycle);
  inputs_ = {};
  offer_request(cycle);
  give_memory_answer(cycle);
  give_invalidation(cycle);
  const TranslationRequest* fresh = inputs_.req_valid && outputs_.req_ready ? take_request() : nullptr;
  clock(cycle, fresh != nullptr || answer_taken_ || invalidation_taken_);
  watch(cycle);
  did_.taken = fresh;
  did_.again = did_.took != WalkerCycle::Took::Nothing && fresh == nullptr;
  return did_;
}

/// Clocks the cycles since the last step, which have no inputs.
void RtlPort::catch_up(Cycles cycle) {
  while (evaluate_every_cycle_ && clocked_ < cycle) {
    inputs_ = {};
    offer_request(clocked_);
    clock(clocked_, false);
  }
}

/// Clocks a cycle with the inputs set. If there is none and the walker signalled rest, nothing may change but what it
/// showed.
void RtlPort::clock(Cycles cycle, bool something_comes) {
  const bool promised = evaluate_every_cycle_ && outputs_.rests && !something_comes;
  if (!wave_.path.empty()) record(cycle);
  model_->clock(cycle, inputs_, outputs_);
  clocked_ = cycle + Cycles(1);
  describe(cycle);
  if (!promised || (outputs_.quiet && did_.nothing())) return;
  throw LawViolation(fmt::format("cycle {}: {} changed although it had signalled quiet", cycle.count(), variant_.name));
}

void RtlPort::record(Cycles cycle) {
  const bool wanted = cycle >= wave_.from && cycle < wave_.until;
  if (wanted == records_) return;
  if (wanted) {
    model_->start_wave(wave_.path);
  } else {
    model_->stop_wave();
  }
  records_ = wanted;
}

/// Without this a hung walker would be clocked forever.
void RtlPort::watch(Cycles cycle) {
  const bool busy = did_.nothing() && (!may_sleep() || evaluate_every_cycle_);
  idle_ = busy ? idle_ + 1 : 0;
  if (idle_ < longest_idle) return;
  throw LawViolation(fmt::format("cycle {}: {} has done nothing for {} cycles", cycle.count(), variant_.name, idle_));
}

void RtlPort::offer_request(Cycles cycle) {
  offers_ = free_ids_.due(cycle) && arrivals_.due(cycle);
  if (!offers_) return;
  const Outstanding& outstanding = arrivals_.front();
  inputs_.req_valid = true;
  inputs_.req_id = free_ids_.front();
  inputs_.req_vpn = outstanding.va.value() >> rtl_page_shift;
  inputs_.req_mode = mode_code_;
  inputs_.req_root = outstanding.root.value();
  inputs_.req_asid = outstanding.asid;
  inputs_.req_access = static_cast<std::uint8_t>(outstanding.access.kind);
  inputs_.req_priv = outstanding.access.user;
  inputs_.req_controls = controls_;
}

/// The walker accepts the presented request.
const TranslationRequest* RtlPort::take_request() {
  Outstanding& outstanding = outstanding_[free_ids_.front()];
  free_ids_.pop();
  outstanding = arrivals_.front();
  arrivals_.pop();
  ++under_way_;
  return outstanding.request;
}

void RtlPort::give_memory_answer(Cycles cycle) {
  answer_taken_.reset();
  if (!memory_answers_.due(cycle)) return;
  const MemoryAnswer& answer = memory_answers_.front();
  inputs_.mem_rsp_valid = true;
  inputs_.mem_rsp_tag = answer.tag;
  inputs_.mem_rsp_data = answer.data;
  answer_taken_.emplace(answer.tag, memory_answers_.next_visible());
  memory_answers_.pop();
}

void RtlPort::give_invalidation(Cycles cycle) {
  invalidation_taken_.reset();
  if (!invalidations_.due(cycle)) return;
  const Invalidation& invalidation = invalidations_.front();
  inputs_.inv_valid = true;
  const Invalidation::Covered covered = invalidation.covered();
  inputs_.inv_all = invalidation.scope == Invalidation::Scope::All;
  inputs_.inv_asid_valid = covered.space;
  inputs_.inv_asid = invalidation.asid;
  inputs_.inv_vaddr_valid = covered.page;
  inputs_.inv_vaddr = invalidation.va.value();
  inputs_.inv_global = covered.global;
  inputs_.inv_pointers = static_cast<std::uint8_t>(covered.pointers);
  invalidation_taken_ = invalidation;
  invalidations_.pop();
}

/// Translates the pins after the edge that ended `cycle`.
void RtlPort::describe(Cycles cycle) {
  if (outputs_.violation != 0) {
    throw LawViolation(
        fmt::format("cycle {}: {} {}", cycle.count(), variant_.name, violation_of_rtl(outputs_.violation)));
  }
  did_ = WalkerCycle(cycle);
  if (outputs_.ev_walk) did_.took = WalkerCycle::Took::BeganWalk;
  if (outputs_.ev_merge) did_.took = WalkerCycle::Took::Joined;
  did_.looked_up = outputs_.ev_cache_lookup;
  did_.hits = outputs_.ev_cache_hit;
  did_.presented = outputs_.mem_req_valid;
  if (did_.presented) {
    did_.update = outputs_.mem_req_swap;
    did_.address = PhysicalAddress(outputs_.mem_req_addr);
    did_.expected = did_.update ? outputs_.mem_req_expected : 0;
    did_.desired = did_.update ? outputs_.mem_req_wdata : 0;
  }
  if (outputs_.rsp_valid) {
    if (outputs_.rsp_id >= outstanding_.size() || outstanding_[outputs_.rsp_id].request == nullptr) {
      throw LawViolation(fmt::format("cycle {}: {} responds to request {}, which is not outstanding", cycle.count(),
                                     variant_.name, outputs_.rsp_id));
    }
    Outstanding& outstanding = outstanding_[outputs_.rsp_id];
    did_.answered = outstanding.request;
    did_.answer = answer_of(outstanding);
    outstanding.request = nullptr;
    --under_way_;
    free_ids_.push(id_is_free(cycle), outputs_.rsp_id);
  }
  did_.sent_back = outputs_.ev_replay;
  did_.restarted = outputs_.ev_restart;
  did_.closed = outputs_.ev_done;
}

Answer RtlPort::answer_of(const Outstanding& outstanding) const {
  Answer answer;
  answer.fault.reason = fault_of_rtl(outputs_.rsp_fault);
  answer.faulted = answer.fault.reason != FaultReason::None;
  if (answer.faulted) {
    answer.fault.level = outputs_.rsp_level;
    answer.fault.error_code = mode_.error_code(answer.fault.reason, answer.fault.level, outstanding.access);
    return answer;
  }
  Translation& translation = answer.translation;
  translation.page = PhysicalAddress(outputs_.rsp_frame << rtl_page_shift);
  translation.page_shift = outputs_.rsp_page_shift;
  translation.level = outputs_.rsp_level;
  // The response may cover only part of the page: what lies within physical memory's address range.
  const unsigned level_shift = mode_.level(std::min<unsigned>(translation.level, mode_.root_level())).index_shift;
  translation.whole_shift = static_cast<std::uint8_t>(std::max<unsigned>(translation.page_shift, level_shift));
  translation.rights = rights_of_rtl(outputs_.rsp_rights);
  translation.global = outputs_.rsp_global;
  translation.dirty = outputs_.rsp_dirty;
  translation.leaf_entry = outputs_.rsp_entry;
  return answer;
}

}  // namespace tablewalk

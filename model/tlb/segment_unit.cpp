#include "tlb/segment_unit.h"

#include <algorithm>

namespace tablewalk {

class SegmentUnit::Port final : public TranslateTarget {
 public:
  Port(const char* name, SegmentUnit& owner, unsigned index) : TranslateTarget(name), owner_(owner), index_(index) {}

  const Translation* look_up(VirtualAddress va, AddressSpaceId asid, Access access, Cycles& cycle) override {
    return owner_.look_up(index_, va, asid, access, cycle);
  }
  bool take_request(TranslationRequest& request, Cycles& cycle) override {
    return owner_.receive_request(index_, request, cycle);
  }
  void invalidate(const Invalidation& invalidation, Cycles cycle) override {
    owner_.receive_invalidation(index_, invalidation, cycle);
  }

 private:
  SegmentUnit& owner_;
  unsigned index_;
};

SegmentUnit::SegmentUnit(sc_core::sc_module_name name, const SegmentTable& segments, const Timing& timing,
                         unsigned page_shift)
    : TimedModule(name),
      itlb_side("itlb_side", *this, 0),
      dtlb_side("dtlb_side", *this, 1),
      segments_(segments),
      timing_(timing),
      page_shift_(page_shift) {
  for (unsigned port = 0; port < 2; ++port) cpu_side_.add<Port>("cpu_side", *this);
}

/// The translation by which the core gets `physical` for `va`. Rights and so on are those found.
Translation SegmentUnit::for_trace_address(VirtualAddress va, std::uint64_t physical, const Translation& found) const {
  Translation translation = found;
  translation.page = PhysicalAddress(physical - (va.value() & low_bits(page_shift_)));
  translation.page_shift = static_cast<std::uint8_t>(page_shift_);
  return translation;
}

/// Without a request the size of the access is not known: this path is for pages that lie wholly in their segment, and
/// take_request() for all others.
const Translation* SegmentUnit::look_up(unsigned port, VirtualAddress va, AddressSpaceId asid, Access access,
                                        Cycles& cycle) {
  const std::optional<SegmentOutcome> outcome = segments_.look_up_any_size(va, page_shift_, asid, access);
  if (!outcome) return nullptr;
  if (outcome->way == SegmentOutcome::Way::Direct) {
    answer_ = for_trace_address(va, outcome->address, {});
    cycle += timing_.hit_latency[port] + timing_.add;
    ++stats_.lookups;
    ++stats_.direct;
    return &answer_;
  }
  const VirtualAddress linear(outcome->address);
  Cycles answered = cycle + timing_.add;
  const Translation* found = tlb(port).look_up(linear, asid, access, answered);
  if (found == nullptr) return nullptr;  // the request follows
  cycle = answered;
  ++stats_.lookups;
  ++stats_.paged;
  if (linear == va) return found;
  answer_ = for_trace_address(va, found->physical(linear).value(), *found);
  return &answer_;
}

bool SegmentUnit::receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) {
  const SegmentOutcome outcome = segments_.look_up(request.va, request.bytes, request.space, request.access);
  ++stats_.lookups;
  switch (outcome.way) {
    case SegmentOutcome::Way::Direct:
      ++stats_.direct;
      request.answer_with(for_trace_address(request.va, outcome.address, {}));
      cycle += timing_.hit_latency[port] + timing_.add;
      return true;
    case SegmentOutcome::Way::Fault:
      refuse(port, request, outcome.fault, cycle);
      return false;
    case SegmentOutcome::Way::Paged:
      break;
  }
  ++stats_.paged;
  return forward(port, request, outcome.address, cycle);
}

/// A fault is reported to the core like a miss.
void SegmentUnit::refuse(unsigned port, TranslationRequest& request, FaultReason fault, Cycles cycle) {
  ++stats_.faults;
  request.begin_account(cycle);
  request.answer.faulted = true;
  request.answer.fault = {fault, 0, 0};
  const Cycles visible = cycle + timing_.hit_latency[port] + timing_.add;
  request.account(request.cycles.tlb_lookup, visible);
  cpu_side_.port(port).respond(request, visible);
}

/// Sends the linear address to the TLB, which looks it up in the cycle after the addition. A request that is repeated
/// after a fault has an account already, which includes the addition.
bool SegmentUnit::forward(unsigned port, TranslationRequest& request, std::uint64_t linear, Cycles& cycle) {
  const bool repeated = request.accounting;
  request.displacement = linear - request.va.value();
  request.va = VirtualAddress(linear);
  Cycles answered = cycle + timing_.add;
  if (tlb(port).request(request, answered)) {
    restore(request);
    cycle = answered;
    return true;
  }
  if (!repeated) request.cycles.tlb_lookup += timing_.add.count();
  return false;
}

/// Gives the request its trace address again, and the answer for it.
void SegmentUnit::restore(TranslationRequest& request) const {
  if (request.displacement == 0) return;
  const VirtualAddress linear = request.va;
  request.va = VirtualAddress(linear.value() - request.displacement);
  request.displacement = 0;
  if (request.answer.faulted) return;
  const Translation found = request.answer.translation;
  request.answer_with(for_trace_address(request.va, found.physical(linear).value(), found));
}

void SegmentUnit::receive_translation(unsigned port, TranslationRequest& request, Cycles visible) {
  restore(request);
  cpu_side_.port(port).respond(request, visible);
}

/// The linear addresses of the page may differ by kind of access and privilege.
void SegmentUnit::receive_invalidation(unsigned port, const Invalidation& invalidation, Cycles cycle) {
  if (!invalidation.covered().page) return tlb(port).invalidate(invalidation, cycle);
  std::array<std::uint64_t, 4> sent{};
  std::size_t count = 0;
  for (const AccessKind kind : {AccessKind::Load, AccessKind::Fetch}) {
    for (const bool user : {true, false}) {
      const SegmentOutcome outcome = segments_.look_up(invalidation.va, 1, invalidation.asid, {kind, user});
      if (outcome.way != SegmentOutcome::Way::Paged) continue;
      if (std::find(sent.begin(), sent.begin() + count, outcome.address) != sent.begin() + count) continue;
      sent[count++] = outcome.address;
      Invalidation linear = invalidation;
      linear.va = VirtualAddress(outcome.address);
      tlb(port).invalidate(linear, cycle);
    }
  }
}

void SegmentUnit::report(const std::string& prefix, StatSet& figures) const {
  figures.begin(Section::Segmentation);
  figures.count(prefix + ".lookups", stats_.lookups, "lookups", "accesses checked against a segment")
      .explain("accesses that the segment unit checked and added a base to");
  figures.count(prefix + ".direct", stats_.direct, "lookups", "lookups whose base + offset was the physical address")
      .key()
      .explain("accesses that needed no TLB and no page table, because their segment is contiguous in memory");
  figures.count(prefix + ".paged", stats_.paged, "lookups", "lookups whose linear address went to the TLB")
      .explain("accesses whose address was paged after the segment unit");
  figures.count(prefix + ".faults", stats_.faults, "lookups", "lookups that a segment refused")
      .key()
      .explain("accesses outside a segment's limit, or not allowed by its type or privilege");
  figures.adds_up(prefix + ".lookups", {prefix + ".direct", prefix + ".paged", prefix + ".faults"});
}

}  // namespace tablewalk

#include "tlb/free_translator.h"

#include "paging/reference_walk.h"

namespace tablewalk {
namespace {

constexpr std::size_t known_translations = 4096;  // a power of two

bool same(const Access& a, const Access& b) {
  return a.kind == b.kind && a.user == b.user;
}

}  // namespace

FreeTranslator::FreeTranslator(sc_core::sc_module_name name, Cycles hit_latency, const PagingMode& mode,
                               PhysicalMemory& memory, Kernel& kernel)
    : TimedModule(name),
      tlb_side("tlb_side", *this),
      hit_latency_(hit_latency),
      mode_(mode),
      memory_(memory),
      kernel_(kernel),
      cpu_side_("cpu_side", *this, 1),
      known_(known_translations) {}

/// One per page and kind of access, so that a page that is read and written keeps both.
FreeTranslator::Known& FreeTranslator::place_of(std::uint64_t page, const TranslationRequest& request) {
  const std::uint64_t kind = static_cast<std::uint64_t>(request.access.kind) * 2 + (request.access.user ? 1 : 0);
  const std::uint64_t spread = (page + request.asid) * 8 + kind;
  return known_[(spread ^ spread >> 20) % known_translations];
}

bool FreeTranslator::receive_request(unsigned, TranslationRequest& request, Cycles& cycle) {
  const std::uint64_t page = request.va.value() >> mode_.offset_bits();
  Known& known = place_of(page, request);
  const bool valid = known.since == invalidations_ && known.page == page && known.asid == request.asid &&
                     same(known.access, request.access);
  if (!valid) {
    kernel_.before_walk(request.space, request.va, request.access);
    const PhysicalAddress root = kernel_.root_for(request.space, request.access.user);
    const WalkOutcome walk = reference_walk(mode_, memory_, root, request.va, request.access);
    if (!walk.translated) {
      // A fault is reported to the core like a miss.
      request.begin_account(cycle);
      request.answer.faulted = true;
      request.answer.fault = walk.fault;
      request.account(request.cycles.tlb_lookup, cycle + hit_latency_);
      cpu_side_.port(0).respond(request, cycle + hit_latency_);
      return false;
    }
    known = {invalidations_, page, request.asid, request.access, walk.translation};
  }
  request.answer_with(known.translation);
  cycle += hit_latency_;
  return true;
}

void FreeTranslator::receive_invalidation(const Invalidation& invalidation, Cycles cycle) {
  ++invalidations_;
  tlb_side.invalidate(invalidation, cycle);
}

void FreeTranslator::receive_translation(unsigned, TranslationRequest&, Cycles) {
  SC_REPORT_FATAL("tablewalk", "unexpected response from a TLB");
}

}  // namespace tablewalk

#include "observe/law_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "stats/core_name.h"

namespace tablewalk {
namespace {

void require(bool holds, const std::string& law) {
  if (!holds) throw LawViolation(law);
}

std::uint64_t at(const StatSet& figures, const std::string& name) {
  const StatSet::Figure* figure = figures.find(name);
  return figure == nullptr ? 0 : figure->count;
}

void require_sum(const StatSet& figures, const std::string& whole, const std::vector<std::string>& parts) {
  std::uint64_t sum = 0;
  for (const std::string& part : parts) sum += at(figures, part);
  require(at(figures, whole) == sum, fmt::format("{} is {}, but its parts ({}) add up to {}", whole, at(figures, whole),
                                                 fmt::join(parts, ", "), sum));
}

/// Checks that the counts of the cores add up to the totals.
void check_cores(const StatSet& figures, const std::vector<unsigned>& cores) {
  const std::string first = core_prefix(cores.front());
  for (const StatSet::Figure& figure : figures.figures()) {
    const bool is_sum = figure.adding == StatSet::Adding::Sum && figure.whole;
    if (!is_sum || core_name(figure.name) || figures.find(prefixed_name(first, figure.name)) == nullptr) continue;
    std::vector<std::string> parts;
    for (const unsigned core : cores) parts.push_back(prefixed_name(core_prefix(core), figure.name));
    require_sum(figures, figure.name, parts);
  }
}

}  // namespace

LawChecker::LawChecker(const PagingMode& mode, const PhysicalMemory& memory, Kernel& kernel,
                       const SegmentTable* segments, unsigned cores)
    : mode_(mode),
      memory_(memory),
      kernel_(kernel),
      segments_(segments),
      cores_(cores),
      pages_on_demand_(kernel.pages_on_demand()),
      repaired_shift_(mode.page_sizes().back().shift) {
  kernel.note_changes();
}

void LawChecker::translation_requested(const TranslationRequest&, Cycles) {
  ++requested_;
}

void LawChecker::translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                                      bool answered_at_once) {
  ++answered_;
  require(answered_ <= requested_, "a translation was answered twice");
  const std::optional<VirtualAddress> paged = check_segment(request);
  if (paged) {
    check_translation(*paged, request.space, request.answer, walk_now(*paged, request.space, request.access));
  }
  if (answered_at_once) return;
  require(request.accounted == answered && request.cycles.total() == (answered - asked).count(),
          fmt::format("the translation of 0x{:x} took {} cycles, but its parts add up to {}", request.va.value(),
                      (answered - asked).count(), request.cycles.total()));
}

/// Checks the part of a translation before paging; the linear address if it is paged.
std::optional<VirtualAddress> LawChecker::check_segment(const TranslationRequest& request) const {
  if (segments_ == nullptr) return request.va;
  const SegmentOutcome expected = segments_->look_up(request.va, request.bytes, request.space, request.access);
  if (expected.way == SegmentOutcome::Way::Paged) return VirtualAddress(expected.address);
  const Answer& answer = request.answer;
  if (expected.way == SegmentOutcome::Way::Fault) {
    require(answer.faulted && answer.fault.reason == expected.fault,
            fmt::format("0x{:x} must fault: {}", request.va.value(), to_string(expected.fault)));
  } else {
    require(!answer.faulted && answer.translation.physical(request.va).value() == expected.address,
            fmt::format("0x{:x} was not translated to 0x{:x}, base + offset", request.va.value(), expected.address));
  }
  return std::nullopt;
}

void LawChecker::fault_handled(const TranslationRequest& request, Cycles at) {
  const VirtualAddress paged =
      segments_ == nullptr ? request.va
                           : VirtualAddress(segments_->look_up(request.va, 1, request.space, request.access).address);
  const WalkOutcome repaired = walk_now(paged, request.space, request.access);
  require(repaired.translated, fmt::format("0x{:x} faults still after its fault was handled", request.va.value()));
  if (!pages_on_demand_) repairs_[paged.value() >> repaired_shift_] = at;
}

/// The reference walk of the present tables.
WalkOutcome LawChecker::walk_now(VirtualAddress va, AddressSpaceId space, Access access) const {
  return reference_walk(mode_, memory_, kernel_.root_for(space, access.user), va, access);
}

/// Whether a walk that began in that cycle may have read entries of which no invalidation says that they have changed.
bool LawChecker::changed_since(VirtualAddress va, AddressSpaceId space, Cycles since) const {
  if (pages_on_demand_) return kernel_.changed_since(space, va, since);
  const auto repair = repairs_.find(va.value() >> repaired_shift_);
  return repair != repairs_.end() && repair->second >= since;
}

/// The walk may have missed what another core has mapped since it began, which may lack a bit that software sets, or a
/// right. The request may be younger: hardware too merges it with a walk under way, and no invalidation follows when a
/// page becomes present. The fault is then spurious.
bool LawChecker::was_absent(VirtualAddress va, AddressSpaceId space, const Answer& answer,
                            const WalkOutcome& now) const {
  if (!answer.faulted || !tells(answer.fault.reason, FaultReason::NotPresent)) return false;
  const bool is_absent = !now.translated && tells(now.fault.reason, FaultReason::NotPresent);
  return !is_absent && changed_since(va, space, answer.walk_began);
}

/// Software on another core may have set a bit since a walk read the entry, which a TLB keeps as it was.
bool LawChecker::was_clear(const Answer& answer, const WalkOutcome& now) const {
  if (cores_ == 1 || !answer.faulted) return false;
  const bool dirty_is_clear = !now.translated && tells(now.fault.reason, FaultReason::NotDirty);
  if (tells(answer.fault.reason, FaultReason::NotAccessed)) return now.translated || dirty_is_clear;
  return tells(answer.fault.reason, FaultReason::NotDirty) && now.translated;
}

void LawChecker::walk_finished(const WalkRecord& walk) {
  ++walks_;
  const WalkOutcome now = walk_now(walk.va, walk.space, walk.access);
  check_translation(walk.va, walk.space, walk.answer, now);
  if (now.translated && !walk.answer.faulted) check_leaf(walk, now.translation);
  const std::uint64_t most = mode_.most_reads(kernel_.root_for(walk.space, walk.access.user));
  require(walk.entry_reads <= most * (1 + walk.restarts) + walk.entry_updates,
          fmt::format("the walk of 0x{:x} made {} reads, but {} tables need at most {}", walk.va.value(),
                      walk.entry_reads, mode_.name(), most));
}

/// A prefetch may fail for reasons of its own; what it finds is what an access would find.
void LawChecker::prefetch_finished(const WalkRecord& walk) {
  require(walk.entry_updates == 0, "a prefetch has set accessed or dirty bits");
  if (walk.answer.faulted) return;
  const WalkOutcome now = walk_now(walk.va, walk.space, walk.access);
  check_translation(walk.va, walk.space, walk.answer, now);
}

void LawChecker::check_translation(VirtualAddress va, AddressSpaceId asid, const Answer& answer,
                                   const WalkOutcome& reference) const {
  if (kernel_.may_be_stale(asid, va)) return;
  if (was_absent(va, asid, answer, reference) || was_clear(answer, reference)) return;
  if (answer.faulted) {
    require(
        !reference.translated && tells(answer.fault.reason, reference.fault.reason),
        fmt::format("0x{:x} faulted ({}), but the reference walk says: {}", va.value(), to_string(answer.fault.reason),
                    reference.translated ? "translated" : to_string(reference.fault.reason)));
    return;
  }
  require(reference.translated, fmt::format("0x{:x} was translated, but the reference walk faults: {}", va.value(),
                                            to_string(reference.fault.reason)));
  const std::uint64_t found = answer.translation.physical(va).value();
  const std::uint64_t expected = reference.translation.physical(va).value();
  require(found == expected && answer.translation.rights == reference.translation.rights,
          fmt::format("0x{:x} was translated to 0x{:x}, but the reference walk gives 0x{:x}, or other rights",
                      va.value(), found, expected));
}

/// Checks a walk's leaf; TLBs may return a smaller part of the page. Another walk may have set its dirty bit since, or
/// the kernel may have split its huge page: the walk is right about what both map.
void LawChecker::check_leaf(const WalkRecord& walk, const Translation& expected) const {
  const Translation& found = walk.answer.translation;
  const auto text = [](const Translation& page) {
    return fmt::format("a {}{}page of 2^{} bytes at level {}", page.global ? "global " : "", page.dirty ? "dirty " : "",
                       page.page_shift, page.level);
  };
  const bool may_be_older =
      (mode_.marks_entries() || cores_ != 1) && walk.access.kind != AccessKind::Store && !found.dirty;
  const bool same_size = (found.page_shift == expected.page_shift && found.level == expected.level) ||
                         (pages_on_demand_ && kernel_.changed_since(walk.space, walk.va, walk.answer.walk_began));
  require(same_size && found.global == expected.global && (found.dirty == expected.dirty || may_be_older),
          fmt::format("the walk of 0x{:x} found {}, but the reference walk finds {}", walk.va.value(), text(found),
                      text(expected)));
}

void LawChecker::check_figures(const StatSet& figures) const {
  require(requested_ == answered_, fmt::format("{} translations were requested, {} answered", requested_, answered_));
  for (const StatSet::Sum& sum : figures.sums()) require_sum(figures, sum.whole, sum.parts);
  const std::vector<unsigned> cores = cores_of(figures);
  if (!cores.empty()) check_cores(figures, cores);
}

}  // namespace tablewalk

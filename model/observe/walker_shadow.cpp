#include "observe/walker_shadow.h"

#include <fmt/format.h>

#include <algorithm>

namespace tablewalk {
namespace {

/// Number of past inputs and actions in a report.
constexpr std::size_t remembered = 24;

bool same_answer(const Answer& a, const Answer& b) {
  if (a.faulted != b.faulted) return false;
  if (a.faulted) {
    return a.fault.reason == b.fault.reason && a.fault.level == b.fault.level &&
           a.fault.error_code == b.fault.error_code;
  }
  const Translation& x = a.translation;
  const Translation& y = b.translation;
  return x.page == y.page && x.page_shift == y.page_shift && x.level == y.level && x.rights == y.rights &&
         x.global == y.global && x.dirty == y.dirty && x.leaf_entry == y.leaf_entry;
}

bool same(const WalkerCycle& a, const WalkerCycle& b) {
  const bool took = a.took == b.took && a.again == b.again && a.taken == b.taken;
  const bool looked_up = a.looked_up == b.looked_up && a.hits == b.hits;
  const bool presented = a.presented == b.presented && a.update == b.update && a.address == b.address &&
                         a.expected == b.expected && a.desired == b.desired;
  const bool answered = a.answered == b.answered && (a.answered == nullptr || same_answer(a.answer, b.answer));
  return took && looked_up && presented && answered && a.sent_back == b.sent_back && a.restarted == b.restarted &&
         a.closed == b.closed;
}

std::string rights_text(Rights rights) {
  std::string text;
  text += rights.read ? 'r' : '-';
  text += rights.write ? 'w' : '-';
  text += rights.execute ? 'x' : '-';
  text += rights.privileged_execute ? 'X' : '-';
  text += rights.user ? 'u' : '-';
  return rights.key == 0 ? text : text + " key " + std::to_string(rights.key);
}

std::string answer_text(const Answer& answer) {
  if (answer.faulted) {
    return fmt::format("{}, level {}, code {:#x}", to_string(answer.fault.reason), answer.fault.level,
                       answer.fault.error_code);
  }
  const Translation& found = answer.translation;
  return fmt::format("{:#x} 2^{} level {} {}{}{}, entry {:#x}", found.page.value(), found.page_shift, found.level,
                     rights_text(found.rights), found.global ? " G" : "", found.dirty ? " D" : "", found.leaf_entry);
}

std::string slots_text(std::uint32_t slots) {
  std::string text;
  for (unsigned slot = 0; slot < 32; ++slot) {
    if ((slots >> slot & 1) != 0) text += (text.empty() ? "" : ", ") + std::to_string(slot);
  }
  return text;
}

/// A walker's actions in a cycle, one line per kind; empty if there was none.
std::vector<std::string> words(const WalkerCycle& did, VirtualAddress taken, VirtualAddress answered) {
  std::vector<std::string> lines(6);
  if (did.took != WalkerCycle::Took::Nothing) {
    lines[0] = did.took == WalkerCycle::Took::Joined ? "merges with a walk: " : "starts a walk: ";
    lines[0] += did.again ? "replayed request" : fmt::format("{:#x}", taken.value());
  }
  if (did.looked_up) lines[1] = did.hits == 0 ? "walk caches: miss" : fmt::format("walk caches: hits {:#x}", did.hits);
  if (did.presented) {
    lines[2] = did.update ? fmt::format("update {:#x} {:#x} -> {:#x}", did.address.value(), did.expected, did.desired)
                          : fmt::format("read {:#x}", did.address.value());
  }
  if (did.answered != nullptr) lines[3] = fmt::format("answer {:#x}: {}", answered.value(), answer_text(did.answer));
  if (did.sent_back) lines[3] = "replays a merged request";
  if (did.restarted != 0) lines[4] = "restarts in slot " + slots_text(did.restarted);
  if (did.closed != 0) lines[5] = "ends the walk in slot " + slots_text(did.closed);
  return lines;
}

std::string invalidation_text(const Invalidation& invalidation) {
  const Invalidation::Covered covered = invalidation.covered();
  const std::string space = covered.space ? fmt::format("space {}", invalidation.asid) : "every space";
  const std::string pages = covered.page ? fmt::format("{:#x} of {}", invalidation.va.value(), space) : space;
  constexpr std::array pointers{", no pointer", "", ", every pointer"};
  return fmt::format("invalidation of {}{}{}", pages, covered.global ? "" : ", not global",
                     pointers[static_cast<unsigned>(covered.pointers)]);
}

}  // namespace

WalkerShadow::WalkerShadow(sc_core::sc_module_name name, const WalkerConfig& config, const PagingControls& controls,
                           const PagingMode& mode)
    : TimedModule(name, Phase::End), port_(config, controls, mode) {}

void WalkerShadow::request_arrives(unsigned port, const TranslationRequest& request, Cycles visible) {
  port_.request_arrives(port, request, visible);
  note({visible, Came::What::Request, request.va.value(), request.asid});
}

void WalkerShadow::memory_answers(const MemoryAccess& access, Cycles visible) {
  const bool update = access.info.operation == AccessInfo::Operation::CompareAndSwap;
  const std::uint64_t data = update ? access.info.held : access.entry();
  memory_answers_.push(visible, {asked_.at(&access), data});
  asked_.erase(&access);
  note({visible, Came::What::MemoryAnswer, data, 0});
}

void WalkerShadow::invalidated(const Invalidation& invalidation, Cycles cycle) {
  port_.invalidate(invalidation, cycle);
  ++counts_.invalidations;
  note({cycle, Came::What::Invalidation, invalidation.va.value(), invalidation.asid, invalidation.scope});
}

void WalkerShadow::memory_is_asked(const MemoryAccess& access) {
  asked_[&access] = model_accesses_++;
}

WalkerCycle& WalkerShadow::doing(Cycles cycle) {
  if (model_did_.empty() || model_did_.back().cycle != cycle) {
    model_did_.emplace_back(cycle);
    wake_at(cycle);
  }
  return model_did_.back();
}

void WalkerShadow::note(Came came) {
  first_ = std::min(first_, came.cycle);
  came_.push_back(came);
  if (came_.size() > remembered) came_.pop_front();
  wake_at(came.cycle);
}

void WalkerShadow::on_cycle() {
  const Cycles cycle = now();
  pass_on_memory_answers(cycle);
  WalkerCycle model(cycle);
  if (!model_did_.empty() && model_did_.front().cycle == cycle) {
    model = model_did_.front();
    model_did_.pop_front();
  }
  if (port_.due(cycle)) {
    ++counts_.clocked_cycles;
    const WalkerCycle& rtl = port_.step(cycle);
    if (rtl.presented) rtl_tags_[rtl_accesses_++] = port_.tag_presented();
    compare(model, rtl);
  } else {
    compare(model, WalkerCycle(cycle));
  }
  const Cycles next = std::min(port_.next_due(), memory_answers_.next_visible());
  if (next != Cycles::never()) wake_at(std::max(next, cycle + Cycles(1)));
}

/// The walkers number their accesses alike; their tags differ.
void WalkerShadow::pass_on_memory_answers(Cycles cycle) {
  while (memory_answers_.due(cycle)) {
    const MemoryAnswer& answer = memory_answers_.front();
    const auto tag = rtl_tags_.find(answer.access);
    port_.memory_answers(tag->second, answer.data, memory_answers_.next_visible());
    rtl_tags_.erase(tag);
    memory_answers_.pop();
  }
}

void WalkerShadow::compare(const WalkerCycle& model, const WalkerCycle& rtl) {
  count(model);
  if (!model.nothing() || !rtl.nothing()) {
    const auto va = [](const TranslationRequest* a, const TranslationRequest* b) {
      return a != nullptr ? a->va : b != nullptr ? b->va : VirtualAddress();
    };
    past_.push_back({model, rtl, va(model.taken, rtl.taken), va(model.answered, rtl.answered)});
    if (past_.size() > remembered) past_.pop_front();
  }
  if (!same(model, rtl)) throw WalkersDiffer(report(), model.cycle);
}

void WalkerShadow::count(const WalkerCycle& did) {
  counts_.walks += did.took == WalkerCycle::Took::BeganWalk ? 1 : 0;
  counts_.entry_reads += did.presented && !did.update ? 1 : 0;
  counts_.entry_updates += did.presented && did.update ? 1 : 0;
  counts_.answers += did.answered != nullptr ? 1 : 0;
  counts_.cycles = (did.cycle - first_).count() + 1;
}

std::string WalkerShadow::came_text(const Came& came) {
  std::string text;
  switch (came.what) {
    case Came::What::Request:
      text = fmt::format("request for {:#x} of space {}", came.value, came.asid);
      break;
    case Came::What::MemoryAnswer:
      text = fmt::format("memory answers {:#x}", came.value);
      break;
    case Came::What::Invalidation:
      text = invalidation_text({came.scope, VirtualAddress(came.value), came.asid});
      break;
  }
  return fmt::format("  {:>9}  -> {}\n", came.cycle.count(), text);
}

/// Two timelines side by side, with the inputs to both. `=`: the RTL acted like the model.
std::string WalkerShadow::report() const {
  const Cycles end = past_.back().model.cycle;
  std::string text = fmt::format("the walkers differ in cycle {}\n\n  {:>9}  {:<44}  {:<44}\n", end.count(), "cycle",
                                 "SystemC walker", "RTL walker");
  auto came = came_.begin();
  const auto tell_what_came = [&](Cycles until) {
    for (; came != came_.end() && came->cycle <= until; ++came) {
      if (came->cycle >= past_.front().model.cycle) text += came_text(*came);
    }
  };
  for (const Moment& moment : past_) {
    tell_what_came(moment.model.cycle);
    const std::vector<std::string> model = words(moment.model, moment.taken, moment.answered);
    const std::vector<std::string> rtl = words(moment.rtl, moment.taken, moment.answered);
    for (std::size_t i = 0; i < model.size(); ++i) {
      if (model[i].empty() && rtl[i].empty()) continue;
      const bool equal = model[i] == rtl[i];
      text += fmt::format("{} {:>9}  {:<44}  {}\n", equal ? ' ' : '>', moment.model.cycle.count(),
                          model[i].empty() ? "-" : model[i],
                          equal            ? "="
                          : rtl[i].empty() ? "-"
                                           : rtl[i]);
    }
  }
  return text;
}

}  // namespace tablewalk

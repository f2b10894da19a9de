#include "observe/daisen_timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/walk_record.h"

namespace tablewalk {
namespace {

// Kinds that Daisen has figures for: what a module is asked, and what it asks others.
constexpr const char* asked_of = "req_in";
constexpr const char* asks = "req_out";

/// Daisen groups modules by what is before the first dot.
std::string module_name(const std::string& group, const std::string& name) {
  if (group == "machine" || group == "shared") return name;
  std::string core = group;
  core.erase(std::remove(core.begin(), core.end(), ' '), core.end());
  return core + "." + name;
}

std::string address_text(const char* name, std::uint64_t value) {
  return fmt::format("{} {:#x}", name, value);
}

}  // namespace

/// The fetches of a TLB or cache.
class DaisenTimeline::Misses final : public MissObserver {
 public:
  Misses(DaisenTimeline& timeline, std::string module) : timeline_(timeline), module_(std::move(module)) {}

  void miss_begins(const Miss& miss, Cycles at) override {
    if (miss.number >= open_.size()) open_.resize(miss.number + 1);
    open_[miss.number] = {miss, at, timeline_.wants(at)};
  }
  void miss_ends(std::uint32_t number, Cycles at) override {
    const auto& [miss, from, written] = open_[number];
    if (!written) return;
    const Id id = timeline_.new_id();
    const char* what = miss.translation.is_valid() ? "miss of a translation" : "miss";
    timeline_.add({id, parent(miss.translation), asks, what, module_, from, at});
    timeline_.database_.add_tag(id, from, address_text("address", miss.address));
  }

 private:
  struct Open {
    Miss miss;
    Cycles from;
    bool written = false;
  };
  DaisenTimeline& timeline_;
  std::string module_;
  std::vector<Open> open_;  ///< by register
};

/// The walks of a walker, and the accesses to entries as their children.
class DaisenTimeline::Walks final : public WalkObserver {
 public:
  Walks(DaisenTimeline& timeline, std::string module) : timeline_(timeline), module_(std::move(module)) {}

  void walk_finished(const WalkRecord& walk) override {
    if (!timeline_.wants(walk.requested)) return;
    TaskDatabase& database = timeline_.database_;
    const Id id = timeline_.new_id();
    timeline_.add({id, parent(walk.translation), asked_of, "walk", module_, walk.requested, walk.answered});
    database.add_tag(id, walk.requested, address_text("va", walk.va.value()));
    if (walk.answer.faulted) {
      database.add_tag(id, walk.answered, fmt::format("fault: {}", tablewalk::to_string(walk.answer.fault.reason)));
    }
    if (walk.taken != walk.requested) database.add_milestone(id, walk.taken, "queue", "wait for a walker");
    for (unsigned i = 0; i < walk.listed(); ++i) {
      const WalkRecord::EntryRead& read = walk.reads[i];
      const Id part = timeline_.new_id();
      const std::string what = fmt::format("{} level {}", read.update ? "update" : "read", read.level);
      timeline_.add({part, id, asks, what, module_, read.presented, read.answered});
      database.add_tag(part, read.presented, address_text("address", read.address.value()));
      database.add_tag(part, read.answered, fmt::format("served by {}", tablewalk::to_string(read.served_by)));
      database.add_milestone(id, read.answered, "data", what);
    }
  }

 private:
  DaisenTimeline& timeline_;
  std::string module_;
};

/// The accesses of the DRAM's banks, from their arrival to their response.
class DaisenTimeline::Banks final : public DramObserver {
 public:
  Banks(DaisenTimeline& timeline, std::string module) : timeline_(timeline), module_(std::move(module)) {}

  void completed(const MemoryAccess& access, const DramLocation& place, const DramNote& note, Cycles arrived,
                 Cycles answered) override {
    if (!timeline_.wants(arrived)) return;
    const Id id = timeline_.new_id();
    const std::string bank = fmt::format("{}.channel{}.rank{}.bank{}", module_, place.channel, place.rank, place.bank);
    timeline_.add({id, parent(access.info.entry_for), asked_of, timeline_name(note), bank, arrived, answered});
    timeline_.database_.add_tag(id, arrived, address_text("address", access.physical().value()));
  }

 private:
  DaisenTimeline& timeline_;
  std::string module_;
};

DaisenTimeline::DaisenTimeline(const TimelineOptions& options) : Timeline(options), database_(options.path) {}

DaisenTimeline::~DaisenTimeline() = default;

DaisenTimeline::Id DaisenTimeline::id_of(TranslationId translation) {
  constexpr unsigned serial_bits = 40;
  const std::uint64_t serial = translation.value() - TranslationId(translation.core(), 0).value();
  return (std::uint64_t{translation.core()} << serial_bits | serial) << 1U | 1U;
}

void DaisenTimeline::add(const TaskDatabase::Task& task) {
  end_ = std::max(end_, task.until);
  database_.add(task);
}

void DaisenTimeline::add_core(unsigned core, const std::string& group) {
  if (core >= cores_.size()) cores_.resize(core + 1);
  cores_[core] = module_name(group, "translations");
}

MissObserver& DaisenTimeline::add_misses(const std::string& group, const std::string& name) {
  misses_.push_back(std::make_unique<Misses>(*this, module_name(group, name)));
  return *misses_.back();
}

WalkObserver& DaisenTimeline::add_walker(const std::string& group, const std::string& name) {
  walks_.push_back(std::make_unique<Walks>(*this, module_name(group, name)));
  return *walks_.back();
}

DramObserver& DaisenTimeline::add_dram(const std::string& group, const std::string& name) {
  banks_.push_back(std::make_unique<Banks>(*this, module_name(group, name)));
  return *banks_.back();
}

void DaisenTimeline::translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                                          bool answered_at_once) {
  if (answered_at_once || !wants(asked)) return;
  const Id id = id_of(request.id);
  const std::string what = fmt::format("translation of a {}", to_string(request.access.kind));
  add({id, run, asks, what, cores_[request.id.core()], asked, answered});
  database_.add_tag(id, asked, address_text("va", request.va.value()));
}

void DaisenTimeline::start_statistics(Cycles at) {
  database_.add_tag(run, at, "statistics start");
}

/// Daisen takes the range of its time axis from the task of kind Simulation.
void DaisenTimeline::finish() {
  database_.add_segment(options().from, std::min({options().until, end_, cut_at().value_or(end_)}));
  database_.add({run, 0, "Simulation", "run", "tablewalk", Cycles(0), end_});
  database_.finish();
}

}  // namespace tablewalk

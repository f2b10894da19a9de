#include "observe/perfetto_timeline.h"

#include <fmt/format.h>

#include <map>

namespace tablewalk {
namespace {

constexpr std::size_t buffered_bytes = std::size_t{64} << 10;

using Note = PerfettoWriter::Note;

Note address(std::string_view name, std::uint64_t value) {
  return {name, std::nullopt, value, {}};
}
Note number(std::string_view name, std::uint64_t value) {
  return {name, value, std::nullopt, {}};
}
Note text(std::string_view name, std::string_view value) {
  return {name, std::nullopt, std::nullopt, value};
}

}  // namespace

/// The latest end of all that fit, which needs the fewest lanes.
std::size_t TimelineLanes::take(Cycles from, Cycles until) {
  std::size_t best = ends_.size();
  for (std::size_t lane = 0; lane < ends_.size(); ++lane) {
    if (ends_[lane] <= from && (best == ends_.size() || ends_[lane] > ends_[best])) best = lane;
  }
  if (best == ends_.size()) ends_.emplace_back();
  ends_[best] = until;
  return best;
}

/// The fetches of a TLB or cache: a track for each miss register, and how many are in use.
class PerfettoTimeline::Misses final : public MissObserver {
 public:
  Misses(PerfettoTimeline& timeline, Group group, const std::string& name)
      : timeline_(timeline),
        group_(std::move(group)),
        counter_(timeline.writer_.add_counter(name + " outstanding", group_.track)) {}

  void miss_begins(const Miss& miss, Cycles at) override {
    if (miss.number >= written_.size()) written_.resize(miss.number + 1);
    const bool written = timeline_.wants(at);
    written_[miss.number] = written;
    begun_.emplace(at, written);
    if (!written) return;
    const Track track = timeline_.lane_of(group_, miss.number);
    timeline_.writer_.begin(track, at, miss.translation.is_valid() ? "miss of a translation" : "miss",
                            {address("address", miss.address)}, miss.translation.value());
  }
  void miss_ends(std::uint32_t number, Cycles at) override {
    count_begun(at);
    --outstanding_;
    if (!written_[number]) return;
    timeline_.writer_.end(timeline_.lane_of(group_, number), at);
    timeline_.writer_.count(counter_, at, outstanding_);
  }

 private:
  /// A miss begins in a later cycle than the one in which that is known, and another may end in between.
  void count_begun(Cycles until) {
    for (; !begun_.empty() && begun_.begin()->first <= until; begun_.erase(begun_.begin())) {
      ++outstanding_;
      const auto [at, written] = *begun_.begin();
      if (written) timeline_.writer_.count(counter_, at, outstanding_);
    }
  }

  PerfettoTimeline& timeline_;
  Group group_;
  Track counter_;
  std::vector<bool> written_;          ///< by register
  std::multimap<Cycles, bool> begun_;  ///< not counted yet, and whether they are written
  std::uint64_t outstanding_ = 0;
};

/// The walks of a walker, and their parts inside them.
class PerfettoTimeline::Walks final : public WalkObserver {
 public:
  Walks(PerfettoTimeline& timeline, Group group) : timeline_(timeline), group_(std::move(group)) {}

  void walk_finished(const WalkRecord& walk) override {
    // Every walk takes its lane, so that lanes do not depend on the window.
    const std::size_t lane = group_.lanes.take(walk.requested, walk.answered);
    if (!timeline_.wants(walk.requested)) return;
    const Track track = timeline_.lane_of(group_, lane);
    PerfettoWriter& writer = timeline_.writer_;
    writer.begin(track, walk.requested, "walk", notes_of(walk), walk.translation.value());
    if (walk.taken != walk.requested) writer.slice(track, walk.requested, walk.taken, "wait for a walker");
    for (unsigned i = 0; i < walk.listed(); ++i) {
      const WalkRecord::EntryRead& read = walk.reads[i];
      writer.slice(track, read.presented, read.answered,
                   fmt::format("{} level {}", read.update ? "update" : "read", read.level),
                   {address("address", read.address.value()), text("served by", to_string(read.served_by))});
    }
    writer.end(track, walk.answered);
  }

 private:
  static PerfettoWriter::Notes notes_of(const WalkRecord& walk) {
    PerfettoWriter::Notes notes{number("id", walk.id),
                                address("va", walk.va.value()),
                                number("space", walk.space),
                                text("access", to_string(walk.access.kind)),
                                number("core", walk.translation.core()),
                                number("merged requests", walk.merged)};
    if (walk.instruction) notes.push_back(address("instruction", walk.instruction->value()));
    if (walk.walk_cache_hit != WalkRecord::no_hit)
      notes.push_back(number("walk cache hit, level", walk.walk_cache_hit));
    if (walk.restarts != 0) notes.push_back(number("restarts", walk.restarts));
    if (walk.answer.faulted) notes.push_back(text("fault", tablewalk::to_string(walk.answer.fault.reason)));
    return notes;
  }

  PerfettoTimeline& timeline_;
  Group group_;
};

/// The accesses of each DRAM bank, from their arrival to their response.
class PerfettoTimeline::Banks final : public DramObserver {
 public:
  Banks(PerfettoTimeline& timeline, std::string group, std::string name)
      : timeline_(timeline), group_(std::move(group)), name_(std::move(name)) {}

  void completed(const MemoryAccess& access, const DramLocation& place, const DramNote& note, Cycles arrived,
                 Cycles answered) override {
    const std::uint64_t key = std::uint64_t{place.channel} << 40U | std::uint64_t{place.rank} << 32U | place.bank;
    auto bank = banks_.find(key);
    if (bank == banks_.end()) {
      const std::string name =
          fmt::format("{} channel {} rank {} bank {}", name_, place.channel, place.rank, place.bank);
      bank = banks_.try_emplace(key).first;
      bank->second.group = timeline_.make_group(group_, name, name);
    }
    Bank& its = bank->second;
    // Reads of a bank are answered in the order of their columns; a write may be accepted before an earlier read's end.
    const std::size_t lane = its.group.lanes.take(arrived, answered);
    if (!timeline_.wants(arrived)) return;
    timeline_.writer_.slice(timeline_.lane_of(its.group, lane), arrived, answered, timeline_name(note),
                            {address("address", access.physical().value()), number("row", place.row)},
                            access.info.entry_for.value());
  }

 private:
  struct Bank {
    Group group;
  };
  PerfettoTimeline& timeline_;
  std::string group_;
  std::string name_;
  std::unordered_map<std::uint64_t, Bank> banks_;
};

PerfettoTimeline::PerfettoTimeline(const TimelineOptions& options)
    : Timeline(options), file_(options.path), writer_([this](std::string_view bytes) {
        buffer_ += bytes;
        if (buffer_.size() < buffered_bytes) return;
        file_.write(buffer_);
        buffer_.clear();
      }) {}

PerfettoTimeline::~PerfettoTimeline() = default;

PerfettoTimeline::Track PerfettoTimeline::process(const std::string& group) {
  const auto [place, is_new] = processes_.try_emplace(group, 0);
  if (is_new) place->second = writer_.add_process(group);
  return place->second;
}

PerfettoTimeline::Group PerfettoTimeline::make_group(const std::string& group, const std::string& name,
                                                     const std::string& lane_name) {
  Group made;
  made.lane_name = lane_name;
  made.track = writer_.add_track(name, process(group));
  return made;
}

/// Tracks are declared when they are first used.
PerfettoTimeline::Track PerfettoTimeline::lane_of(Group& group, std::size_t lane) {
  if (lane >= group.tracks.size()) group.tracks.resize(lane + 1);
  if (group.tracks[lane] == 0) {
    group.tracks[lane] = writer_.add_track(fmt::format("{} {}", group.lane_name, lane), group.track);
  }
  return group.tracks[lane];
}

void PerfettoTimeline::add_core(unsigned core, const std::string& group) {
  if (core >= cores_.size()) cores_.resize(core + 1);
  cores_[core] = make_group(group, "translations", "translation");
}

MissObserver& PerfettoTimeline::add_misses(const std::string& group, const std::string& name) {
  misses_.push_back(std::make_unique<Misses>(*this, make_group(group, name, name + " register"), name));
  return *misses_.back();
}

WalkObserver& PerfettoTimeline::add_walker(const std::string& group, const std::string& name) {
  walks_.push_back(std::make_unique<Walks>(*this, make_group(group, name, name)));
  return *walks_.back();
}

DramObserver& PerfettoTimeline::add_dram(const std::string& group, const std::string& name) {
  banks_.push_back(std::make_unique<Banks>(*this, group, name));
  return *banks_.back();
}

void PerfettoTimeline::translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                                            bool answered_at_once) {
  if (answered_at_once) return;
  Group& core = cores_[request.id.core()];
  const std::size_t lane = core.lanes.take(asked, answered);
  if (!wants(asked)) return;
  writer_.slice(lane_of(core, lane), asked, answered, "translation",
                {address("va", request.va.value()), text("access", to_string(request.access.kind))},
                request.id.value());
}

void PerfettoTimeline::start_statistics(Cycles at) {
  for (const Group& core : cores_) writer_.instant(core.track, at, "statistics start");
}

void PerfettoTimeline::finish() {
  file_.write(buffer_);
  buffer_.clear();
  file_.finish();
}

}  // namespace tablewalk

#include "observe/run_details.h"

#include <algorithm>

#include "observe/address_text.h"
#include "observe/table_map.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

/// No machine has more walks in flight whose answers are still on their way.
constexpr std::size_t most_recent = 256;
constexpr std::size_t most_spaces = 64;
constexpr std::size_t most_places = std::size_t{1} << 16;
constexpr std::size_t most_lines = std::size_t{1} << 17;
constexpr std::size_t shown_places = 3000;
constexpr std::size_t shown_lines = 400;

unsigned log2_of(std::uint64_t power) {
  return static_cast<unsigned>(__builtin_ctzll(power));
}

}  // namespace

RunDetails::RunDetails(const PagingMode& mode, const DramConfig& dram, std::uint64_t line_bytes)
    : mode_(mode),
      banks_(dram, line_bytes),
      line_bytes_(line_bytes),
      places_(mode.offset_bits(), most_places),
      lines_(log2_of(line_bytes), most_lines) {}

void RunDetails::reset() {
  walks_ = 0;
  recent_.clear();
  samples_.reset();
  checkpoints_.reset();
  intervals_.reset();
  places_.reset();
  lines_.reset();
}

void RunDetails::walk_finished(const WalkRecord& walk) {
  const std::uint64_t cycles = cycles_of(walk);
  intervals_.walked(cycles, (walk.taken - walk.requested).count());
  count_places(walk);
  checkpoints_.add(walk);
  if (spaces_.size() < most_spaces) spaces_.insert(walk.space);
  if (recent_.size() == most_recent) {
    samples_.add(recent_.front());
    recent_.pop_front();
  }
  recent_.push_back({++walks_, walk, std::nullopt, std::nullopt});
}

void RunDetails::count_places(const WalkRecord& walk) {
  PlaceCounts::Count count;
  count.times = 1;
  count.cycles = cycles_of(walk);
  places_.add(walk.space, walk.va.value(), count);
  for (unsigned i = 0; i < walk.listed(); ++i) {
    const WalkRecord::EntryRead& read = walk.reads[i];
    if (read.update) continue;
    PlaceCounts::Count reads;
    reads.times = 1;
    reads.cycles = (read.answered - read.presented).count();
    reads.served[static_cast<unsigned>(read.served_by)] = 1;
    lines_.add(0, read.address.value(), reads);
  }
}

void RunDetails::translation_requested(const TranslationRequest& request, Cycles at) {
  const std::uint64_t page = request.va.value() >> mode_.offset_bits();
  intervals_.requested(page ^ std::uint64_t{request.space} << 52, at);
}

void RunDetails::translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                                      bool answered_at_once) {
  if (answered_at_once) return;
  handled_.erase(&request);  // its process ends
  intervals_.answered_late((answered - asked).count());
  SampledWalk* walk = walk_of(request, asked, answered);
  if (walk == nullptr) return;
  walk->asked = asked;
  walk->delivered = answered;
}

void RunDetails::kernel_worked(const TranslationRequest* request, const KernelSpan& span) {
  if (request == nullptr) return;
  handled_.emplace(request, TranslationParts(request->accounted)).first->second.add(*request, span);
}

/// The walk that found the fault, if it was this request's own and is not forgotten, as after a long wait of one of
/// several cores.
void RunDetails::access_repeats(const TranslationRequest& request, Cycles at) {
  const auto handled = handled_.find(&request);
  if (handled == handled_.end()) return;
  const auto found = std::find_if(recent_.rbegin(), recent_.rend(), [&](const SampledWalk& walk) {
    return walk.record.translation.value() == request.id.value() && walk.record.answer.faulted;
  });
  if (found != recent_.rend()) {
    found->handling = handled->second.take();
    found->repeated = at;
  }
  handled_.erase(handled);
}

/// The walk that started because of this request: of its page, and within its time.
SampledWalk* RunDetails::walk_of(const TranslationRequest& request, Cycles asked, Cycles answered) {
  const auto found = std::find_if(recent_.rbegin(), recent_.rend(), [&](const SampledWalk& walk) {
    const WalkRecord& record = walk.record;
    return !walk.asked && record.asid == request.asid && record.requested >= asked && record.answered <= answered &&
           record.va.value() >> mode_.offset_bits() == request.va.value() >> mode_.offset_bits();
  });
  return found == recent_.rend() ? nullptr : &*found;
}

ordered_json RunDetails::places_json() const {
  const PlaceCounts coarse = places_.coarser(shown_places);
  ordered_json json = ordered_json::object();
  json["bytes"] = std::uint64_t{1} << coarse.shift();
  json["columns"] = {"asid", "address", "walks", "cycles"};
  json["rows"] = ordered_json::array();
  std::vector<PlaceCounts::Place> places = coarse.places();
  if (places.size() > shown_places) places.resize(shown_places);
  for (const PlaceCounts::Place& place : places) {
    json["rows"].push_back({place.asid, address_text(place.address), place.count.times, place.count.cycles});
  }
  return json;
}

ordered_json RunDetails::lines_json(const std::vector<PlaceCounts::Place>& lines) const {
  std::vector<PlaceCounts::Place> most_read = lines;
  std::stable_sort(most_read.begin(), most_read.end(), [](const PlaceCounts::Place& a, const PlaceCounts::Place& b) {
    return a.count.times > b.count.times;
  });
  if (most_read.size() > shown_lines) most_read.resize(shown_lines);
  ordered_json json = ordered_json::object();
  json["bytes"] = std::uint64_t{1} << lines_.shift();
  json["line_bytes"] = line_bytes_;
  json["found"] = lines.size();
  json["columns"] = {"address", "reads", "cycles", "l1", "l2", "llc", "dram"};
  json["rows"] = ordered_json::array();
  for (const PlaceCounts::Place& line : most_read) {
    const PlaceCounts::Count& count = line.count;
    json["rows"].push_back({address_text(line.address), count.times, count.cycles, count.served[0], count.served[1],
                            count.served[2], count.served[3]});
  }
  return json;
}

ordered_json RunDetails::result(const PhysicalMemory& memory, Kernel& kernel) {
  for (const SampledWalk& walk : recent_) samples_.add(walk);
  recent_.clear();
  const std::vector<PlaceCounts::Place> lines = lines_.places();
  TableMap tables(mode_, memory);
  for (const AddressSpaceId asid : spaces_) tables.add(asid, kernel.root(asid));
  ordered_json json = ordered_json::object();
  json["schema"] = schema;
  json["page_bytes"] = mode_.page_bytes();
  json["walks_seen"] = samples_.seen();
  json["walks"] = walks_to_rows(samples_.walks(), banks_);
  json["slowest"] = samples_.slowest();
  json["checkpoints"] = checkpoints_.json();
  json["intervals"] = intervals_.json();
  json["places"] = places_json();
  json["lines"] = lines_json(lines);
  json["paging"] = tables.json(lines);
  return json;
}

}  // namespace tablewalk

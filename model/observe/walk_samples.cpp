#include "observe/walk_samples.h"

#include <algorithm>
#include <map>

#include "observe/address_text.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

/// The order of the heap of slowest walks; of equally slow ones the earlier is kept.
bool is_slower(const SampledWalk& a, const SampledWalk& b) {
  const std::uint64_t cycles_a = cycles_of(a.record);
  const std::uint64_t cycles_b = cycles_of(b.record);
  return cycles_a != cycles_b ? cycles_a > cycles_b : a.number < b.number;
}

ordered_json cycle_or_null(const std::optional<Cycles>& cycle) {
  return cycle ? ordered_json(cycle->count()) : ordered_json();
}

ordered_json read_to_json(const WalkRecord::EntryRead& read, const AddressMap& banks) {
  ordered_json row = {read.level,
                      read.update ? 1 : 0,
                      address_text(read.address.value()),
                      read.presented.count(),
                      read.answered.count(),
                      to_string(read.served_by)};
  if (read.served_by == ServedBy::Dram) {
    const DramLocation at = banks.locate(read.address);
    row.push_back({at.channel, at.rank, at.bank, at.row});
  }
  return row;
}

ordered_json row_of(const SampledWalk& sampled, const AddressMap& banks) {
  const WalkRecord& walk = sampled.record;
  const bool faulted = walk.answer.faulted;
  const Translation& page = walk.answer.translation;
  ordered_json row = ordered_json::array();
  row.push_back(sampled.number);
  row.push_back(walk.id);
  row.push_back(walk.space);
  row.push_back(walk.translation.core());
  row.push_back(address_text(walk.va.value()));
  row.push_back(to_string(walk.access.kind));
  row.push_back(walk.instruction ? ordered_json(address_text(walk.instruction->value())) : ordered_json());
  row.push_back(cycle_or_null(sampled.asked));
  row.push_back(walk.requested.count());
  row.push_back(walk.taken.count());
  row.push_back(walk.answered.count());
  row.push_back(cycle_or_null(sampled.delivered));
  row.push_back(walk.merged);
  row.push_back(walk.restarts);
  row.push_back(walk.walk_cache_hit == WalkRecord::no_hit ? ordered_json() : ordered_json(walk.walk_cache_hit));
  row.push_back(faulted ? ordered_json() : ordered_json(address_text(page.page.value())));
  row.push_back(faulted ? ordered_json() : ordered_json(std::uint64_t{1} << page.whole_shift));
  row.push_back(faulted ? ordered_json(to_string(walk.answer.fault.reason)) : ordered_json());
  ordered_json reads = ordered_json::array();
  for (unsigned i = 0; i < walk.listed(); ++i) reads.push_back(read_to_json(walk.reads[i], banks));
  row.push_back(std::move(reads));
  ordered_json handling = ordered_json::array();
  for (const TranslationPart& part : sampled.handling) {
    handling.push_back({part.kind == TranslationPart::Kind::Kernel ? 1 : 0, part.words(), part.cycles});
  }
  row.push_back(std::move(handling));
  row.push_back(cycle_or_null(sampled.repeated));
  return row;
}

}  // namespace

void WalkSamples::add(const SampledWalk& walk) {
  ++seen_;
  keep_if_among_slowest(walk);
  open_.slowest_cycles = std::max(open_.slowest_cycles, cycles_of(walk.record));
  open_.walks.push_back(walk);
  if (open_.walks.size() < run_length) return;
  keep(std::make_shared<const Run>(std::exchange(open_, {})));
}

/// Reservoir sampling: each run after the first ones is kept with the same probability.
void WalkSamples::keep(RunPointer run) {
  keep_if_slow(run);
  const std::uint64_t number = finished_runs_++;
  if (number < first_runs) return first_.push_back(std::move(run));
  if (sampled_.size() < sampled_runs) return sampled_.push_back(std::move(run));
  const std::uint64_t place = random_() % (number - first_runs + 1);
  if (place < sampled_runs) sampled_[place] = std::move(run);
}

void WalkSamples::keep_if_slow(const RunPointer& run) {
  if (slow_.size() < slow_runs) return slow_.push_back(run);
  const auto fastest = std::min_element(slow_.begin(), slow_.end(), [](const RunPointer& a, const RunPointer& b) {
    return a->slowest_cycles < b->slowest_cycles;
  });
  if ((*fastest)->slowest_cycles < run->slowest_cycles) *fastest = run;
}

void WalkSamples::keep_if_among_slowest(const SampledWalk& walk) {
  if (slowest_.size() == slowest_walks) {
    if (!is_slower(walk, slowest_.front())) return;
    std::pop_heap(slowest_.begin(), slowest_.end(), is_slower);
    slowest_.pop_back();
  }
  slowest_.push_back(walk);
  std::push_heap(slowest_.begin(), slowest_.end(), is_slower);
}

std::vector<SampledWalk> WalkSamples::walks() const {
  std::map<std::uint64_t, const SampledWalk*> by_number;
  const auto add_all = [&](const std::vector<SampledWalk>& walks) {
    for (const SampledWalk& walk : walks) by_number.emplace(walk.number, &walk);
  };
  for (const auto* runs : {&first_, &sampled_, &slow_}) {
    for (const RunPointer& run : *runs) add_all(run->walks);
  }
  add_all(open_.walks);
  add_all(slowest_);
  std::vector<SampledWalk> walks;
  walks.reserve(by_number.size());
  for (const auto& [number, walk] : by_number) walks.push_back(*walk);
  return walks;
}

std::vector<std::uint64_t> WalkSamples::slowest() const {
  std::vector<SampledWalk> sorted = slowest_;
  std::sort(sorted.begin(), sorted.end(), is_slower);
  std::vector<std::uint64_t> numbers;
  numbers.reserve(sorted.size());
  for (const SampledWalk& walk : sorted) numbers.push_back(walk.number);
  return numbers;
}

ordered_json walks_to_rows(const std::vector<SampledWalk>& walks, const AddressMap& banks) {
  ordered_json json = ordered_json::object();
  json["columns"] = {"number",         "id",        "asid",       "core",     "va",        "access",   "instruction",
                     "asked",          "requested", "taken",      "answered", "delivered", "merged",   "restarts",
                     "walk_cache_hit", "page",      "page_bytes", "fault",    "reads",     "handling", "repeated"};
  json["handling_columns"] = {"in_kernel", "what", "cycles"};
  json["read_columns"] = {"level", "update", "address", "presented", "answered", "served_by", "dram"};
  json["rows"] = ordered_json::array();
  for (const SampledWalk& walk : walks) json["rows"].push_back(row_of(walk, banks));
  return json;
}

}  // namespace tablewalk

#include "observe/walk_checkpoints.h"

#include <fmt/format.h>

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

ordered_json row(std::uint64_t hash, Cycles at) {
  return {fmt::format("{:016x}", hash), at.count()};
}

}  // namespace

void WalkCheckpoints::mix(std::uint64_t value) {
  std::uint64_t bits = (last_.hash ^ value) * 0x9E3779B97F4A7C15ULL;
  bits ^= bits >> 32;
  last_.hash = bits * 0xD6E8FEB86659FD93ULL + value;
}

/// All that a page compares of two walks.
void WalkCheckpoints::add(const WalkRecord& walk) {
  mix(walk.va.value());
  mix(std::uint64_t{walk.asid} << 32 | std::uint64_t{walk.walk_cache_hit} << 16 | walk.listed());
  for (unsigned i = 0; i < walk.listed(); ++i) mix(static_cast<std::uint64_t>(walk.reads[i].served_by));
  mix(walk.requested.count());
  mix(walk.taken.count());
  mix(walk.answered.count());
  last_.at = walk.answered;
  if (++walks_ % every_ != 0) return;
  kept_.push_back(last_);
  if (kept_.size() < most) return;
  for (std::size_t i = 1; i < most; i += 2) kept_[i / 2] = kept_[i];
  kept_.resize(most / 2);
  every_ *= 2;
}

ordered_json WalkCheckpoints::json() const {
  ordered_json json = ordered_json::object();
  json["every"] = every_;
  json["columns"] = {"hash", "cycle"};
  json["rows"] = ordered_json::array();
  for (const Checkpoint& one : kept_) json["rows"].push_back(row(one.hash, one.at));
  json["last"] = row(last_.hash, last_.at);
  return json;
}

}  // namespace tablewalk

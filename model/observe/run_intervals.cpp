#include "observe/run_intervals.h"

namespace tablewalk {

void RunIntervals::Interval::unite(const Interval& next) {
  last_cycle = std::max(last_cycle, next.last_cycle);
  translations += next.translations;
  misses += next.misses;
  miss_cycles += next.miss_cycles;
  walks += next.walks;
  walk_cycles += next.walk_cycles;
  wait_cycles += next.wait_cycles;
  pages.unite(next.pages);
}

void RunIntervals::open(Cycles at) {
  if (intervals_.size() == most_intervals) {
    for (std::size_t i = 0; i < most_intervals / 2; ++i) {
      Interval both = intervals_[2 * i];
      both.unite(intervals_[2 * i + 1]);
      intervals_[i] = both;
    }
    intervals_.resize(most_intervals / 2);
    length_ *= 2;
  }
  Interval& opened = intervals_.emplace_back();
  opened.first_cycle = opened.last_cycle = at.count();
  recent_page_ = ~std::uint64_t{0};
}

nlohmann::ordered_json RunIntervals::json() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  json["translations_each"] = length_;
  json["columns"] = {"first_cycle", "last_cycle",  "translations", "misses", "miss_cycles",
                     "walks",       "walk_cycles", "wait_cycles",  "pages"};
  json["rows"] = nlohmann::ordered_json::array();
  PageSketch all;
  for (const Interval& one : intervals_) {
    json["rows"].push_back({one.first_cycle, one.last_cycle, one.translations, one.misses, one.miss_cycles, one.walks,
                            one.walk_cycles, one.wait_cycles, one.pages.count()});
    all.unite(one.pages);
  }
  json["pages"] = all.count();
  return json;
}

}  // namespace tablewalk

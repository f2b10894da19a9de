#include "sweep/points.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "trace/random_source.h"

namespace tablewalk {
namespace {

[[noreturn]] void fail_too_many(const SweepFile& file, const PointSet& set) {
  throw InputError(
      fmt::format("{}: points: expected at most {} points in all", place_in(file, set.line), most_points_of_sweep));
}

KeySetting setting_of(const KeyValues& values, const std::string& value) {
  return {values.key, value, values.line};
}

/// The last key varies fastest.
void take_grid(const SweepFile& file, const PointSet& set, const TakeChoice& take) {
  std::uint64_t count = 1;
  for (const KeyValues& key : set.keys) {
    count *= key.values.size();
    if (count > most_points_of_sweep) fail_too_many(file, set);
  }
  for (std::uint64_t number = 0; number < count; ++number) {
    PointChoice choice(set.keys.size());
    std::uint64_t rest = number;
    for (std::size_t i = set.keys.size(); i-- > 0;) {
      const KeyValues& key = set.keys[i];
      choice[i] = setting_of(key, key.values[rest % key.values.size()]);
      rest /= key.values.size();
    }
    take(choice);
  }
}

void take_one_at_a_time(const PointSet& set, const TakeChoice& take) {
  take({});
  for (const KeyValues& key : set.keys) {
    for (const std::string& value : key.values) take({setting_of(key, value)});
  }
}

/// Returns the number of points not found.
std::uint64_t take_random(const PointSet& set, RandomSource random, const TakeChoice& take) {
  std::uint64_t made = 0;
  std::uint64_t in_vain = 0;
  while (made < set.count && in_vain < most_draws_in_vain) {
    PointChoice choice;
    for (const KeyValues& key : set.keys) choice.push_back(setting_of(key, key.at(random.share())));
    if (take(choice)) {
      ++made;
      in_vain = 0;
    } else {
      ++in_vain;
    }
  }
  return set.count - made;
}

/// Each key has one value in each of `count` equal parts of its range, in a random order.
void take_latin_hypercube(const PointSet& set, RandomSource random, const TakeChoice& take) {
  std::vector<PointChoice> choices(set.count);
  std::vector<std::uint64_t> order(set.count);
  for (const KeyValues& key : set.keys) {
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const double share = (static_cast<double>(order[i]) + random.share()) / static_cast<double>(set.count);
      choices[i].push_back(setting_of(key, key.at(share)));
    }
  }
  for (const PointChoice& choice : choices) take(choice);
}

bool is_drawn(const PointSet& set) {
  return set.kind == PointSet::Kind::Random || set.kind == PointSet::Kind::LatinHypercube;
}

}  // namespace

bool draws_points(const SweepFile& file) {
  return std::any_of(file.sets.begin(), file.sets.end(), is_drawn);
}

std::uint64_t for_each_choice(const SweepFile& file, std::uint64_t seed, const TakeChoice& take) {
  if (file.sets.empty()) take({});
  std::uint64_t place = 0;
  std::uint64_t missing = 0;
  for (const PointSet& set : file.sets) {
    // Neighbouring seeds and places give unrelated streams: the engine mixes all bits of its seed.
    const RandomSource random(seed ^ (++place * 0x9e3779b97f4a7c15U));
    switch (set.kind) {
      case PointSet::Kind::Grid:
        take_grid(file, set, take);
        break;
      case PointSet::Kind::OneAtATime:
        take_one_at_a_time(set, take);
        break;
      case PointSet::Kind::List:
        for (const PointChoice& item : set.items) take(item);
        break;
      case PointSet::Kind::Random:
        missing += take_random(set, random, take);
        break;
      case PointSet::Kind::LatinHypercube:
        take_latin_hypercube(set, random, take);
        break;
    }
  }
  return missing;
}

}  // namespace tablewalk

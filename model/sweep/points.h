#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sweep/sweep_file.h"

namespace tablewalk {

/// What a point sets, beyond what all points have in common.
using PointChoice = std::vector<KeySetting>;

/// Takes one choice; returns whether it made a new point.
using TakeChoice = std::function<bool(const PointChoice&)>;

/// All choices of the sets of a sweep, in order. Random sets draw until `count` choices made a new point, or until
/// `most_draws_in_vain` of them in a row made none. The n-th draw of a set depends only on `seed`, the set's place and
/// n. Returns the number of points that random sets did not find. Throws InputError if a grid is too large.
std::uint64_t for_each_choice(const SweepFile& file, std::uint64_t seed, const TakeChoice& take);

constexpr std::uint64_t most_draws_in_vain = 1000;

/// Whether the points depend on the seed.
bool draws_points(const SweepFile& file);

}  // namespace tablewalk

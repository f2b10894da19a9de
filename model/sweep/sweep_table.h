#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sweep/sweep_plan.h"
#include "sweep/sweep_store.h"

namespace tablewalk {

/// The result of a point: of its machine's task, with the cost of translation from its other tasks. All of them are in
/// the store. Throws InputError if one is damaged.
RunResult result_of_point(const SweepPoint& point, const SweepStore& store);

/// Calls `take` for each point whose tasks are all in the store, in order.
void for_each_result(const SweepPlan& plan, const SweepStore& store,
                     const std::function<void(const SweepPoint&, const RunResult&)>& take);

/// `tidy.csv`: one row for each point and figure. `figures`: names, or prefixes such as `walker.*`; none: the key
/// figures. Throws InputError that names the nearest figure if one of them selects nothing.
std::string tidy_csv(const SweepPlan& plan, const SweepStore& store, const std::vector<std::string>& figures);

}  // namespace tablewalk

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sweep/sweep_plan.h"
#include "sweep/sweep_store.h"
#include "sweep/tuning.h"

namespace tablewalk {

/// The data of a sweep's page, `tablewalk.sweep-page/1`: every point, also without a result, with its figures, and what
/// its config has in another way than that of the first one. `figures`: as for tidy_csv(). Throws InputError.
nlohmann::ordered_json sweep_page_json(const SweepPlan& plan, const SweepStore& store,
                                       const std::vector<std::string>& figures);

/// What `tune` adds to it.
nlohmann::ordered_json tuned_json(const std::vector<TunedMachine>& machines);

/// A complete HTML file that needs no other. Throws InputError if it would be larger than most_page_bytes.
std::string sweep_page_html(const nlohmann::ordered_json& data);

}  // namespace tablewalk

#include "validate/validation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"

namespace tablewalk {
namespace {

void check_data(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return;
  std::vector<std::string> free_groups;
  for (const ClaimGroup& group : claim_groups()) {
    if (!group.needs_data) free_groups.emplace_back(group.name);
  }
  throw InputError(
      fmt::format("validate: {}: no such folder; expected the reference data (dram/, images/, traces/): run in the "
                  "repository, give --data FOLDER, or name groups that need none: {}",
                  folder, fmt::join(free_groups, ", ")));
}

}  // namespace

ClaimList collect_claims(const std::vector<std::string>& groups, const ClaimChoice& choice) {
  for (const std::string& name : groups) find_claim_group(name);
  ClaimList list;
  for (const ClaimGroup& group : claim_groups()) {
    const bool asked = groups.empty() || std::find(groups.begin(), groups.end(), group.name) != groups.end();
    if (!asked) continue;
    if (group.needs_data) check_data(choice.data);
    group.add(list, choice);
  }
  return list;
}

std::vector<Outcome> measure_claims(const ClaimList& list, unsigned jobs) {
  const std::vector<std::vector<double>> figures = measure(list.measurements, jobs, "validate");
  std::vector<Outcome> outcomes;
  for (const Claim& claim : list.claims) outcomes.push_back({claim, figures[claim.measurement][claim.figure]});
  return outcomes;
}

std::size_t failures(const std::vector<Outcome>& outcomes) {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) { return !outcome.holds(); }));
}

}  // namespace tablewalk

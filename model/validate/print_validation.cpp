#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/figures.h"
#include "report/result_json.h"
#include "report/text_table.h"
#include "validate/validation.h"

namespace tablewalk {
namespace {

constexpr std::size_t validation_width = 200;

std::string number_text(double value) {
  if (value == std::floor(value) && value >= 0 && value < 0x1p53) {
    return with_thousands(static_cast<std::uint64_t>(value));
  }
  return std::abs(value) < 1 ? fmt::format("{:.4f}", value) : fmt::format("{:.2f}", value);
}

std::string theirs_text(const Claim& claim) {
  if (claim.low == claim.high) return number_text(claim.low);
  return number_text(claim.low) + ".." + number_text(claim.high);
}

bool is_share(const Claim& claim) {
  return claim.tolerance.kind != Tolerance::Kind::Absolute;
}

std::string difference_text(const Outcome& outcome) {
  const double difference = outcome.difference();
  if (difference == 0) return "0";
  if (is_share(outcome.claim)) return fmt::format("{:+.1f} %", 100 * difference);
  return (difference > 0 ? "+" : "-") + number_text(std::abs(difference));
}

std::string tolerance_text(const Claim& claim) {
  if (claim.tolerance.kind == Tolerance::Kind::None) return "none";
  if (claim.tolerance.kind == Tolerance::Kind::Relative) return fmt::format("{:g} %", 100 * claim.tolerance.value);
  return fmt::format("{:g}", claim.tolerance.value);
}

/// Each source once, in order of first use.
std::vector<Source> sources_of(const std::vector<Outcome>& outcomes) {
  std::vector<Source> sources;
  for (const Outcome& outcome : outcomes) {
    bool known = false;
    for (const Source& source : sources) known = known || source.full == outcome.claim.source.full;
    if (!known) sources.push_back(outcome.claim.source);
  }
  return sources;
}

std::string group_table(const std::vector<Outcome>& outcomes, const std::string& group) {
  TextTable table({group, "source", "unit", "theirs", "ours", "difference", "tolerance", "verdict"}, 0);
  bool any = false;
  for (const Outcome& outcome : outcomes) {
    const Claim& claim = outcome.claim;
    if (claim.group != group) continue;
    any = true;
    table.add_row({claim.name, claim.source.name, claim.unit, theirs_text(claim), number_text(outcome.ours),
                   difference_text(outcome), tolerance_text(claim), outcome.verdict()});
  }
  return any ? table.text(validation_width) + "\n" : std::string();
}

std::size_t judged(const std::vector<Outcome>& outcomes) {
  std::size_t count = 0;
  for (const Outcome& outcome : outcomes) count += outcome.claim.tolerance.kind == Tolerance::Kind::None ? 0 : 1;
  return count;
}

}  // namespace

std::string validation_text(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const ClaimGroup& group : claim_groups()) text += group_table(outcomes, group.name);
  text += "sources\n";
  for (const Source& source : sources_of(outcomes)) text += fmt::format("  {}: {}\n", source.name, source.full);
  text += fmt::format("\n{} comparisons: {} hold, {} fail, {} have no bound\n", outcomes.size(),
                      judged(outcomes) - failures(outcomes), failures(outcomes), outcomes.size() - judged(outcomes));
  return text;
}

std::string validation_json(const std::vector<Outcome>& outcomes) {
  nlohmann::ordered_json document;
  document["schema"] = "tablewalk.validation/1";
  document["comparisons"] = outcomes.size();
  document["failures"] = failures(outcomes);
  document["claims"] = nlohmann::ordered_json::array();
  for (const Outcome& outcome : outcomes) {
    const Claim& claim = outcome.claim;
    nlohmann::ordered_json row;
    row["group"] = claim.group;
    row["claim"] = claim.name;
    row["unit"] = claim.unit;
    row["source"] = claim.source.full;
    row["theirs"] = {claim.low, claim.high};
    row["ours"] = outcome.ours;
    row["difference"] = outcome.difference();
    row["relative"] = is_share(claim);
    row["tolerance"] = nullptr;
    if (claim.tolerance.kind != Tolerance::Kind::None) row["tolerance"] = claim.tolerance.value;
    row["verdict"] = outcome.verdict();
    document["claims"].push_back(row);
  }
  return readable_json(document);
}

std::string validation_csv(const std::vector<Outcome>& outcomes) {
  std::string text = "group,claim,unit,source,theirs_low,theirs_high,ours,difference,relative,tolerance,verdict\n";
  for (const Outcome& outcome : outcomes) {
    const Claim& claim = outcome.claim;
    const std::string tolerance =
        claim.tolerance.kind == Tolerance::Kind::None ? "" : fmt::format("{}", claim.tolerance.value);
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", claim.group, csv_field(claim.name), claim.unit,
                        csv_field(claim.source.full), claim.low, claim.high, outcome.ours, outcome.difference(),
                        is_share(claim), tolerance, outcome.verdict());
  }
  return text;
}

std::string groups_text() {
  TextTable table({"group", "needs files", "what is compared"}, 0);
  for (const ClaimGroup& group : claim_groups()) {
    table.add_row({group.name, group.needs_data ? "yes" : "no", group.meaning});
  }
  return table.text(validation_width);
}

std::string groups_json() {
  nlohmann::ordered_json document;
  document["schema"] = "tablewalk.validation_groups/1";
  document["groups"] = nlohmann::ordered_json::array();
  for (const ClaimGroup& group : claim_groups()) {
    document["groups"].push_back({{"name", group.name}, {"needs_files", group.needs_data}, {"meaning", group.meaning}});
  }
  return readable_json(document);
}

std::string groups_csv() {
  std::string text = "group,needs_files,meaning\n";
  for (const ClaimGroup& group : claim_groups()) {
    text += fmt::format("{},{},{}\n", group.name, group.needs_data, csv_field(group.meaning));
  }
  return text;
}

}  // namespace tablewalk

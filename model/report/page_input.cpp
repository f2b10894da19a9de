#include <fmt/format.h>

#include "base/error.h"
#include "report/page.h"
#include "report/result_json.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

constexpr const char* expected = "expected the JSON of run, compare or explain";

/// The rows of a table of `details` have a value for each column.
void check_table(const ordered_json& details, const char* path, const std::string& source) {
  const ordered_json& table = details.at(ordered_json::json_pointer(path));
  const std::size_t columns = table.at("columns").size();
  for (const ordered_json& row : table.at("rows")) {
    if (row.is_array() && row.size() == columns) continue;
    throw InputError(fmt::format("{}: details{}: a row has {} values: expected {}", source, path, row.size(), columns));
  }
}

void check_details(const ordered_json& details, const std::string& source) {
  const std::string found = details.value("schema", "none");
  constexpr const char* schema = "tablewalk.details/1";
  if (found != schema) {
    throw InputError(fmt::format("{}: schema of the details is '{}': expected '{}'", source, found, schema));
  }
  for (const char* path : {"/walks", "/intervals", "/places", "/lines", "/paging/tables", "/paging/regions"}) {
    check_table(details, path, source);
  }
  for (const char* path : {"/slowest", "/paging/levels", "/page_bytes", "/walks_seen", "/places/bytes"}) {
    static_cast<void>(details.at(ordered_json::json_pointer(path)));  // throws if there is none
  }
}

/// Reads it, so that whatever is wrong with it is found here and not in a browser.
PageResult one_result(const ordered_json& json, const std::string& source, const std::string& label) {
  RunResult result = result_from_json(json.dump(), source);
  if (!result.details.is_null()) check_details(result.details, source);
  return page_result(LabelledResult{label, std::move(result)});
}

/// An explanation has no figures but the cycles.
PageResult explained(const ordered_json& document, const ordered_json& machine) {
  ordered_json result = ordered_json::object();
  result["schema"] = "tablewalk.result/2";
  result["version"] = document.at("version");
  result["config"] = machine.at("config");
  result["trace"] = document.at("trace");
  result["cost"] = {{"measured", true}, {"free_translation_cycles", machine.at("free_cycles")}};
  if (machine.contains("attribution")) result["attribution"] = machine.at("attribution");
  result["stats"] = {{"core.cycles", machine.at("cycles")}};
  result["histograms"] = ordered_json::object();
  result["meaning"] = {{"core.cycles", {{"unit", "cycles"}, {"description", "length of the run"}, {"key", true}}}};
  ordered_json steps = ordered_json::array();
  steps.push_back({{"name", "free_translation"}, {"adds", "free translation"}, {"cycles", machine.at("free_cycles")}});
  for (const ordered_json& step : machine.at("steps")) {
    steps.push_back({{"name", step.at("name")}, {"adds", step.at("adds")}, {"cycles", step.at("cycles")}});
  }
  return {machine.at("label").get<std::string>(), std::move(result), std::move(steps)};
}

}  // namespace

std::vector<PageResult> page_results_from_json(const std::string& text, const std::string& source,
                                               const std::string& label) {
  std::vector<PageResult> results;
  try {
    const ordered_json json = ordered_json::parse(text);
    const std::string schema = json.is_object() ? json.value("schema", "none") : "none";
    if (schema == "tablewalk.comparison/1") {
      for (const ordered_json& entry : json.at("results")) {
        results.push_back(one_result(entry.at("result"), source, entry.at("label").get<std::string>()));
      }
    } else if (schema == "tablewalk.explanation/1") {
      for (const ordered_json& machine : json.at("machines")) results.push_back(explained(json, machine));
    } else if (schema.rfind("tablewalk.result/", 0) == 0) {
      results.push_back(one_result(json, source, label));
    } else {
      throw InputError(fmt::format("{}: schema is '{}': {}", source, schema, expected));
    }
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: {}: {}", source, expected, error.what()));
  }
  if (results.empty()) throw InputError(fmt::format("{}: no result in it: {}", source, expected));
  return results;
}

}  // namespace tablewalk

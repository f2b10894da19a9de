#include "report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/units.h"
#include "base/version.h"
#include "report/result_json.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

/// Of each list of what causes the walks.
constexpr std::size_t attribution_rows = 100;

std::string compact(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json waterfall_of(const std::vector<ExplainedStep>& steps) {
  ordered_json list = ordered_json::array();
  for (const ExplainedStep& step : steps) {
    list.push_back({{"name", step.name}, {"adds", step.adds}, {"cycles", step.cycles}});
  }
  return list;
}

std::size_t bytes_of(const std::vector<PageResult>& results) {
  std::size_t bytes = 0;
  for (const PageResult& one : results) bytes += compact(one.result).size() + compact(one.waterfall).size();
  return bytes;
}

/// Keeps the rows for which `keep` is true.
template <class Keep>
void keep_rows(ordered_json& table, Keep&& keep) {
  ordered_json kept = ordered_json::array();
  for (ordered_json& row : table.at("rows")) {
    if (keep(row)) kept.push_back(std::move(row));
  }
  table["rows"] = std::move(kept);
}

/// Of the walks only the slowest.
void keep_slowest_walks(ordered_json& details) {
  std::set<std::uint64_t> slowest;
  for (const ordered_json& number : details.at("slowest")) slowest.insert(number.get<std::uint64_t>());
  keep_rows(details.at("walks"), [&](const ordered_json& row) { return slowest.count(row.at(0)) != 0; });
  details["thinned"] = true;
}

/// Of the tables only those above the last level.
void leave_out_last_level(ordered_json& details) {
  constexpr std::size_t level = 3;
  keep_rows(details.at("paging").at("tables"), [](const ordered_json& row) { return row.at(level) != 0; });
}

template <class Change>
void change_details(std::vector<PageResult>& results, Change&& change) {
  for (PageResult& one : results) {
    if (one.result.contains("details")) change(one.result.at("details"));
  }
}

void fit(std::vector<PageResult>& results, std::size_t most_bytes) {
  if (bytes_of(results) <= most_bytes) return;
  change_details(results, keep_slowest_walks);
  if (bytes_of(results) <= most_bytes) return;
  change_details(results, leave_out_last_level);
  const std::size_t bytes = bytes_of(results);
  if (bytes <= most_bytes) return;
  throw InputError(fmt::format("{} results make a page of {} bytes: expected at most {}; give fewer results",
                               results.size(), bytes, most_bytes));
}

/// Labels name columns and links, so they differ.
void make_labels_differ(std::vector<PageResult>& results) {
  std::set<std::string> known;
  for (PageResult& one : results) {
    const std::string label = one.label;
    for (unsigned copy = 2; !known.insert(one.label).second; ++copy) one.label = fmt::format("{} ({})", label, copy);
  }
}

/// Every mark is replaced, and nothing in what replaces it.
std::string replaced(std::string_view text, std::string_view mark, const std::string& by) {
  std::string result;
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
    result.append(text.substr(0, at)).append(by);
    text.remove_prefix(at + mark.size());
  }
  return result.append(text);
}

std::string html_text(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return safe;
}

}  // namespace

PageResult page_result(const LabelledResult& one) {
  return {one.label, ordered_json::parse(result_to_json(one.result, attribution_rows)), nullptr};
}

PageResult page_result(const ExplainedMachine& machine) {
  return {machine.label, ordered_json::parse(result_to_json(machine.result, attribution_rows)),
          waterfall_of(machine.steps)};
}

ordered_json page_json(std::vector<PageResult> results, const std::string& title, std::size_t most_bytes) {
  make_labels_differ(results);
  fit(results, most_bytes);
  ordered_json json = ordered_json::object();
  json["schema"] = "tablewalk.page/1";
  json["version"] = program_version();
  json["title"] = title;
  json["results"] = ordered_json::array();
  for (PageResult& one : results) {
    json["results"].push_back(
        {{"label", one.label}, {"waterfall", std::move(one.waterfall)}, {"result", std::move(one.result)}});
  }
  return json;
}

std::string filled_page(std::string_view page, const std::string& title, const ordered_json& data) {
  const std::string text = compact(data);
  std::string safe;  // no `</script>` of the data ends its element
  safe.reserve(text.size());
  for (const char c : text) c == '<' ? safe += "\\u003c" : safe += c;
  constexpr std::string_view mark = "@DATA@";
  const std::size_t at = page.find(mark);
  return replaced(page.substr(0, at), "@TITLE@", html_text(title)) + safe + std::string(page.substr(at + mark.size()));
}

std::string page_html(std::vector<PageResult> results, const std::string& title) {
  constexpr std::size_t reserve = 10'000;
  const std::size_t most_bytes = most_page_bytes - page_template().size() - reserve;
  return filled_page(page_template(), title, page_json(std::move(results), title, most_bytes));
}

}  // namespace tablewalk

#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "report/print_compare.h"
#include "report/print_explain.h"

namespace tablewalk {

/// A result as a page shows it.
struct PageResult {
  std::string label;
  nlohmann::ordered_json result;     ///< tablewalk.result/2, maybe with `details`
  nlohmann::ordered_json waterfall;  ///< the steps of `explain`: name, adds, cycles; null: not measured
};

/// Machines of a page. Their details are in memory until it is written.
constexpr std::size_t most_page_results = 40;

/// No page is larger.
constexpr std::size_t most_page_bytes = 20'000'000;

PageResult page_result(const LabelledResult& one);
PageResult page_result(const ExplainedMachine& machine);

template <class Result>
std::vector<PageResult> page_results(const std::vector<Result>& results) {
  std::vector<PageResult> pages;
  for (const Result& one : results) pages.push_back(page_result(one));
  return pages;
}

/// The results of a file: of `run`, `compare` or `explain` as JSON. `label`: of the file; `source` names it in errors.
/// Throws InputError.
std::vector<PageResult> page_results_from_json(const std::string& text, const std::string& source,
                                               const std::string& label);

/// The data of a page, `tablewalk.page/1`. If it would be larger than `most_bytes`, walks of the samples and then the
/// tables of the last level are left out, and the data says so; throws InputError if that is not enough.
nlohmann::ordered_json page_json(std::vector<PageResult> results, const std::string& title, std::size_t most_bytes);

/// A complete HTML file that needs no other. Throws InputError if it would be larger than most_page_bytes.
std::string page_html(std::vector<PageResult> results, const std::string& title);

/// The pages without their data, embedded at build time: `@TITLE@` and `@DATA@` mark what is missing.
std::string_view page_template();
std::string_view sweep_page_template();

/// A page with its title and its data.
std::string filled_page(std::string_view page, const std::string& title, const nlohmann::ordered_json& data);

}  // namespace tablewalk

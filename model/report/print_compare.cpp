#include "report/print_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "report/dependences_text.h"
#include "report/figures.h"
#include "report/result_json.h"
#include "report/text_table.h"
#include "report/traces_text.h"

namespace tablewalk {
namespace {

using Figure = StatSet::Figure;
using Results = std::vector<LabelledResult>;

constexpr std::size_t comparison_width = 100;
constexpr std::size_t most_columns = 5;
constexpr std::size_t longest_label = 15;

/// The names of all figures accepted by `selects`, in order of first appearance.
template <class Selects>
std::vector<std::string> names_of(const Results& results, Selects selects) {
  std::vector<std::string> names;
  std::set<std::string> known;
  for (const LabelledResult& one : results) {
    for (const Figure& figure : one.result.stats.figures()) {
      if (selects(figure) && known.insert(figure.name).second) names.push_back(figure.name);
    }
  }
  return names;
}

std::vector<std::string> all_figures(const Results& results) {
  return names_of(results, [](const Figure&) { return true; });
}

std::vector<std::string> key_figures(const Results& results) {
  return names_of(results, [](const Figure& figure) { return figure.key; });
}

std::string explanation_of(const Results& results, const std::string& name) {
  for (const LabelledResult& one : results) {
    if (const Figure* figure = one.result.stats.find(name)) return explanation_of(*figure);
  }
  return {};
}

std::vector<std::string> select(const Results& results, const std::vector<std::string>& patterns) {
  const std::vector<std::string> names = all_figures(results);
  std::vector<std::string> selected;
  for (const std::string& pattern : patterns) {
    const bool is_prefix = !pattern.empty() && pattern.back() == '*';
    const std::size_t before = selected.size();
    for (const std::string& name : names) {
      const bool matches =
          is_prefix ? name.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0 : name == pattern;
      if (matches) selected.push_back(name);
    }
    if (selected.size() == before) {
      const bool is_list = pattern.find(',') != std::string::npos;
      throw InputError(
          fmt::format("--stats {}: no such statistic{}", pattern,
                      is_list ? "; expected one, or --stats several times" : did_you_mean(pattern, names)));
    }
  }
  return selected;
}

std::string ratio_text(const Figure& figure, const Figure* base) {
  if (base == nullptr || base->value() == 0) return "";
  const double quotient = figure.value() / base->value();
  if (quotient >= 9.995) return short_number(quotient) + "x";
  if (quotient <= 0 || quotient >= 0.095) return fmt::format("{:.2f}x", quotient);
  // Two digits that say something, also of a small ratio: 0.034x, 0.00020x, 3.9e-6x.
  if (quotient >= 0.000095) return fmt::format("{:#.2g}x", quotient);
  std::string text = fmt::format("{:.1e}x", quotient);
  if (const std::size_t zero = text.find("e-0"); zero != std::string::npos) text.erase(zero + 2, 1);
  return text;
}

class TextComparison {
 public:
  TextComparison(const Results& results, std::vector<std::string> names, const PrintOptions& options)
      : results_(results), names_(std::move(names)), options_(options) {
    use_legend_ = std::any_of(results.begin(), results.end(),
                              [](const LabelledResult& one) { return display_width(one.label) > longest_label; });
  }

  std::string text() const {
    std::string text = heading();
    std::size_t first = 1;
    do {
      const std::size_t last = std::min(results_.size(), first + most_columns - 1);
      text += '\n' + block(first, last);
      first = last;
    } while (first < results_.size());
    return text;
  }

 private:
  std::string column_name(std::size_t column) const {
    return use_legend_ ? fmt::format("[{}]", column + 1) : results_[column].label;
  }

  std::string heading() const {
    std::string text = traces_text(results_.front().result);
    std::set<std::string> dependences;
    for (const LabelledResult& result : results_) dependences.merge(dependences_of(result.result));
    text += dependences_text(dependences);
    for (std::size_t i = 0; i < results_.size(); ++i) {
      const bool partial = results_[i].result.partial;
      if (use_legend_) text += fmt::format("  [{}] {}{}\n", i + 1, results_[i].label, partial ? " (PARTIAL)" : "");
      if (!use_legend_ && partial) text += "PARTIAL: " + results_[i].label + "\n";
    }
    return text;
  }

  /// The columns of the first result and of results `first` to `last` - 1; with exact numbers if they fit the page.
  std::string block(std::size_t first, std::size_t last) const {
    const std::string exact = table(first, last, false);
    const std::string text = explained(fits(exact) ? exact : table(first, last, true), first);
    if (!options_.colour) return text;
    const std::size_t header_end = text.find('\n');
    return "\033[1m" + text.substr(0, header_end) + "\033[0m" + text.substr(header_end);
  }

  /// The table with an explanation under each row, in the first block only.
  std::string explained(const std::string& table, std::size_t first) const {
    if (!options_.explain || first != 1) return table;
    std::istringstream lines(table);
    std::string text;
    std::string line;
    std::getline(lines, line);
    text += line + '\n';
    for (const std::string& name : names_) {
      std::getline(lines, line);
      const std::string explanation = explanation_of(results_, name);
      text += line + '\n' + (explanation.empty() ? "" : "    " + explanation + '\n');
    }
    return text;
  }

  static bool fits(const std::string& text) {
    std::size_t start = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
      if (display_width(text.substr(start, end - start)) > text_width(comparison_width)) return false;
      start = end + 1;
    }
    return true;
  }

  std::string table(std::size_t first, std::size_t last, bool brief) const {
    std::vector<std::string> header = {"", column_name(0)};
    for (std::size_t column = first; column < last; ++column) {
      header.push_back(column_name(column));
      header.emplace_back();
    }
    TextTable table(header, 0);
    for (std::size_t ratio = 3; ratio < header.size(); ratio += 2) table.join_to_left(ratio);
    for (const std::string& name : names_) table.add_row(row(name, first, last, brief));
    return table.in_width(1000);  // the caller, block(), checks the width
  }

  std::vector<std::string> row(const std::string& name, std::size_t first, std::size_t last, bool brief) const {
    const auto cell = [&](const Figure* figure) {
      if (figure == nullptr) return std::string("-");
      if (figure->unit == "bytes" && figure->whole) return humane_byte_size(figure->count);
      return brief ? short_figure_text(*figure) : figure_text(*figure);
    };
    const Figure* base = results_.front().result.stats.find(name);
    std::vector<std::string> cells = {name, cell(base)};
    for (std::size_t column = first; column < last; ++column) {
      const Figure* figure = results_[column].result.stats.find(name);
      cells.push_back(cell(figure));
      cells.push_back(figure == nullptr ? "" : ratio_text(*figure, base));
    }
    return cells;
  }

  const Results& results_;
  std::vector<std::string> names_;
  const PrintOptions& options_;
  bool use_legend_ = false;
};

void print_csv(const Results& results, const std::vector<std::string>& names, std::ostream& out) {
  out << "name,unit";
  for (const LabelledResult& one : results) out << ',' << csv_field(one.label);
  out << '\n';
  for (const std::string& name : names) {
    std::string unit;
    std::string values;
    for (const LabelledResult& one : results) {
      const Figure* figure = one.result.stats.find(name);
      if (figure != nullptr) unit = figure->unit;
      values += ',' + (figure == nullptr ? "" : exact_figure_text(*figure));
    }
    out << csv_field(name) << ',' << csv_field(unit) << values << '\n';
  }
}

void print_json(const Results& results, std::ostream& out) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  json["schema"] = "tablewalk.comparison/1";
  json["results"] = nlohmann::ordered_json::array();
  for (const LabelledResult& one : results) {
    nlohmann::ordered_json entry = nlohmann::ordered_json::object();
    entry["label"] = one.label;
    entry["result"] = nlohmann::ordered_json::parse(result_to_json(one.result));
    json["results"].push_back(std::move(entry));
  }
  out << readable_json(json);
}

}  // namespace

void print_compare(const Results& results, const PrintOptions& options, std::ostream& out) {
  if (results.empty()) return;
  const std::vector<std::string> selected = select(results, options.stats);
  switch (options.format) {
    case OutputFormat::Text:
      out << TextComparison(results, selected.empty() ? key_figures(results) : selected, options).text();
      break;
    case OutputFormat::Json:
      print_json(results, out);
      break;
    case OutputFormat::Csv:
      print_csv(results, selected.empty() ? all_figures(results) : selected, out);
      break;
  }
}

}  // namespace tablewalk

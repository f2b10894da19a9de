#include "report/print_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "base/terminal.h"
#include "base/text.h"
#include "base/units.h"
#include "report/attribution_text.h"
#include "report/cores_text.h"
#include "report/dependences_text.h"
#include "report/figures.h"
#include "report/histogram_text.h"
#include "report/memory_text.h"
#include "report/result_json.h"
#include "report/sample_text.h"
#include "report/text_table.h"
#include "report/traces_text.h"

namespace tablewalk {
namespace {

using Figure = StatSet::Figure;

constexpr std::size_t label_width = 34;
constexpr std::size_t value_width = 18;
/// Of a label, a value and a unit at these widths.
constexpr std::size_t list_width = list_indent + label_width + value_width + 2 + 12;
const std::string served_by = "served_by.";

std::string module_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

/// The part after the first dot.
std::string rest_of(const std::string& name) {
  const std::size_t dot = name.find('.');
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

class RunPrinter {
 public:
  RunPrinter(const RunResult& result, const PrintOptions& options, std::ostream& out)
      : result_(result), stats_(without_single_cores(result.stats)), options_(options), out_(out) {}

  void print() {
    print_heading();
    for (unsigned section = 0; section < section_count; ++section) print_section(static_cast<Section>(section));
    print_memory();
    print_cores();
    print_attribution();
    print_checked();
  }

 private:
  void print_heading() {
    out_ << traces_text(result_) << dependences_text(dependences_of(result_)) << interval_text(stats_);
    const ImageSummary& image = result_.image;
    if (!image.path.empty()) {
      out_ << "page tables of " << image.path << " (" << image.format << ", root " << image.root << ")\n";
    }
    if (result_.sample) {
      out_ << sample_text(*result_.sample);
      if (!result_.cost.measured) out_ << "No cost of translation: " << result_.cost.reason << '\n';
    }
    if (result_.shards) out_ << shards_text(*result_.shards);
    if (result_.partial) out_ << "PARTIAL: the run was stopped before the end of the trace\n";
  }

  void print_cores() {
    const std::string table = cores_text(result_.stats, list_indent);
    if (table.empty()) return;
    print_title("Per core (memory, translation: shares of its cycles stalled for these)");
    out_ << table;
    explain("other figures per core are in result.json, as core0.NAME etc.; the figures above are sums over the cores");
  }

  void print_memory() {
    if (result_.memory.empty()) return;
    print_title("Memory over time, in pages, and faults (bars: major faults)");
    explain("reserved: asked for; cached: in memory; uncached: on the device; working: accessed in the last intervals");
    out_ << memory_text(result_.memory, list_indent);
  }

  void print_attribution() {
    if (!result_.attribution) return;
    print_title("What causes the walks");
    explain("each walk counts for its region and its instruction, with the cycles from its request to its response");
    out_ << attribution_text(*result_.attribution, options_.attribution_rows, list_indent);
  }

  void print_checked() {
    if (!result_.checked) return;
    out_ << fmt::format("\nchecked: {} translations and {} walks match the reference walk, and the laws hold\n",
                        with_thousands(result_.checked->translations), with_thousands(result_.checked->walks));
  }

  void print_title(const std::string& title) {
    out_ << '\n' << (options_.colour ? "\033[1m" + title + "\033[0m" : title) << '\n';
  }

  void explain(const std::string& text) {
    if (!options_.explain || text.empty()) return;
    out_ << std::string(list_indent + 4, ' ') << (options_.colour ? "\033[2m" + text + "\033[0m" : text) << '\n';
  }

  void print_section(Section section) {
    const SectionText& text = text_of(section);
    const std::vector<std::string> modules = modules_in(section);
    if (modules.empty()) return;
    print_title(text.title);
    if (text.is_table) return print_table(modules, section);
    print_list(modules, section);
  }

  /// The modules that have figures in that section, in their order.
  std::vector<std::string> modules_in(Section section) const {
    std::vector<std::string> modules;
    for (const Figure& figure : stats_.figures()) {
      const std::string module = module_of(figure.name);
      const bool known = std::find(modules.begin(), modules.end(), module) != modules.end();
      if (figure.section == section && !known) modules.push_back(module);
    }
    return modules;
  }

  /// Of a list of single figures.
  struct Line {
    std::string label;
    const Figure* figure;
  };

  /// In a narrow terminal labels and values are as close as they can be, so that units stay in the line.
  void print_lines(const std::vector<Line>& lines) {
    std::size_t labels = label_width;
    std::size_t values = value_width;
    if (text_width(list_width) < list_width) {
      labels = values = 0;
      for (const Line& line : lines) {
        labels = std::max(labels, display_width(readable_name(line.label)));
        values = std::max(values, figure_text(*line.figure).size() + 2);
      }
    }
    for (const Line& line : lines) print_figure(line, labels, values);
  }

  void print_figure(const Line& line, std::size_t labels, std::size_t values) {
    const Figure& figure = *line.figure;
    std::string unit = figure.unit == "share" || line.label.find(figure.unit) != std::string::npos ? "" : figure.unit;
    if (figure.unit == "bytes") unit = "= " + humane_byte_size(figure.count);
    std::string text = std::string(list_indent, ' ') + pad_right(readable_name(line.label), labels) +
                       pad_left(figure_text(figure), values) + half_width(figure) + "  " + unit;
    text.erase(text.find_last_not_of(' ') + 1);
    out_ << text << '\n';
    explain(explanation_of(figure));
  }

  /// A figure that says no more than its name among those that are 0. Key figures always have a line.
  bool folds(const Figure& figure) const {
    return !options_.all && !figure.key && figure.value() == 0 && half_width(figure).empty();
  }

  /// The names of what is 0, in one line.
  void print_zeros(const std::vector<std::string>& names) {
    if (names.empty()) return;
    constexpr std::size_t usual_width = 100;
    out_ << wrapped(fmt::format("{}0: {}", std::string(list_indent, ' '), fmt::join(names, ", ")),
                    text_width(usual_width), 3)
         << '\n';
  }

  /// `± 12` of an estimate.
  std::string half_width(const Figure& figure) const {
    return result_.sample ? half_width_text(figure, *result_.sample) : "";
  }

  /// Prints modules of one kind as the rows of one table.
  void print_table(const std::vector<std::string>& modules, Section section) {
    std::vector<Row> rows;
    for (const std::string& module : modules) {
      Row row{module, {}};
      for (const Figure& figure : stats_.figures()) {
        if (module_of(figure.name) == module && figure.section == section && !is_distribution_part(figure.name)) {
          row.figures.emplace_back(rest_of(figure.name), &figure);
        }
      }
      rows.push_back(std::move(row));
    }
    print_rows(rows, true);
    explain(text_of(section).explanation);
    if (rows.front().find("sent_down") != nullptr) explain(text_of(section).misses);
    for (const std::string& module : modules) print_distributions(module, section, false);
  }

  /// Prints single figures, then each module's distributions, levels and cycle breakdown.
  void print_list(const std::vector<std::string>& modules, Section section) {
    std::set<std::string> labels;
    std::vector<Line> lines;
    std::vector<std::string> zeros;
    for (const Figure& figure : stats_.figures()) {
      const std::string rest = rest_of(figure.name);
      if (figure.section != section || is_level(rest) || starts_with(rest, "cycles.")) continue;
      if (starts_with(rest, served_by)) continue;  // printed as the last row of the levels
      if (is_distribution_part(figure.name)) continue;
      const bool is_clear = section != Section::Other && labels.insert(rest).second;
      const std::string& label = is_clear ? rest : figure.name;
      if (folds(figure)) {
        zeros.push_back(readable_name(label));
      } else {
        lines.push_back({label, &figure});
      }
    }
    print_lines(lines);
    print_zeros(zeros);
    for (const std::string& module : modules) {
      print_distributions(module, section, module == modules.front());
      print_levels(module, section);
      print_breakdown(module, section);
    }
  }

  static bool is_level(const std::string& rest) {
    return starts_with(rest, "level") && rest.find('.') != std::string::npos;
  }

  bool is_distribution_part(const std::string& name) const {
    const std::string stem = name.substr(0, name.rfind('.'));
    return std::any_of(stats_.distributions().begin(), stats_.distributions().end(),
                       [&](const StatSet::Distribution& distribution) { return distribution.name == stem; });
  }

  void print_distributions(const std::string& module, Section section, bool is_clear) {
    for (const StatSet::Distribution& distribution : stats_.distributions()) {
      if (distribution.section != section || module_of(distribution.name) != module) continue;
      std::string line =
          std::string(list_indent, ' ') +
          pad_right(readable_name(is_clear ? rest_of(distribution.name) : distribution.name), label_width - 12);
      for (const char* part : {"mean", "p50", "p95", "p99", "max"}) {
        const Figure* figure = stats_.find(distribution.name + "." + part);
        if (figure == nullptr) continue;
        line += fmt::format("  {} {}{}", part, figure_text(*figure), half_width(*figure));
      }
      out_ << line << '\n';
      explain(distribution.explanation);
      // Only the two main distributions are drawn; the others are in result.json.
      const bool drawn =
          distribution.name == "walker.latency_cycles" || distribution.name == "translation.latency_cycles";
      if (drawn) out_ << histogram_text(distribution, list_indent);
    }
  }

  struct Row {
    std::string name;
    std::vector<std::pair<std::string, const Figure*>> figures;  ///< by column

    const Figure* find(const std::string& column) const {
      for (const auto& [name_of_column, figure] : figures) {
        if (name_of_column == column) return figure;
      }
      return nullptr;
    }
  };

  void print_levels(const std::string& module, Section section) {
    std::vector<Row> rows;
    for (const Figure& figure : stats_.figures()) {
      const std::string rest = rest_of(figure.name);
      if (figure.section != section || module_of(figure.name) != module || !is_level(rest)) continue;
      const std::string level = module_of(rest);
      if (rows.empty() || rows.back().name != level) rows.push_back({level, {}});
      rows.back().figures.emplace_back(rest_of(rest), &figure);
    }
    if (rows.empty()) return;
    Row sum{"all", {}};
    for (const Figure& figure : stats_.figures()) {
      const std::string rest = rest_of(figure.name);
      if (module_of(figure.name) == module && starts_with(rest, served_by)) sum.figures.emplace_back(rest, &figure);
    }
    const Figure* reads = stats_.find(module + ".entry_reads");
    if (!sum.figures.empty() && reads != nullptr) sum.figures.emplace_back("reads", reads);
    if (!sum.figures.empty()) rows.push_back(std::move(sum));
    print_rows(rows, false);
    explain(text_of(section).levels);
  }

  static std::string column_title(const std::string& column) {
    const std::string mean = ".mean";
    if (column.size() > mean.size() && column.compare(column.size() - mean.size(), mean.size(), mean) == 0) {
      return "mean " + readable_name(column.substr(0, column.size() - mean.size()));
    }
    return starts_with(column, served_by) ? "from " + column.substr(served_by.size()) : readable_name(column);
  }

  void print_rows(const std::vector<Row>& rows, bool with_miss_share) {
    std::vector<std::string> columns;
    for (const Row& row : rows) {
      for (const auto& [column, figure] : row.figures) {
        if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
      }
    }
    std::vector<std::string> zeros;
    fold_columns(rows, columns, zeros);
    const auto has = [&](const char* name) { return std::find(columns.begin(), columns.end(), name) != columns.end(); };
    with_miss_share = with_miss_share && has("lookups") && has("misses") && !has("miss_share");
    std::vector<std::string> header = {""};
    for (const std::string& column : columns) header.push_back(column_title(column));
    if (with_miss_share) header.emplace_back("miss share");
    TextTable table(header, list_indent);
    for (const Row& row : rows) {
      std::vector<std::string> cells = {row.name};
      for (const std::string& column : columns) {
        const Figure* figure = row.find(column);
        cells.push_back(figure == nullptr ? "" : figure_text(*figure) + half_width(*figure));
      }
      if (with_miss_share) cells.push_back(miss_share(row));
      table.add_row(std::move(cells));
    }
    out_ << table.text();
    print_zeros(zeros);
  }

  /// Moves the columns that are 0 in every row to `zeros`. A table of nothing but zeros keeps its columns.
  void fold_columns(const std::vector<Row>& rows, std::vector<std::string>& columns,
                    std::vector<std::string>& zeros) const {
    const auto is_zero = [&](const std::string& column) {
      return std::all_of(rows.begin(), rows.end(), [&](const Row& row) {
        const Figure* figure = row.find(column);
        return figure == nullptr || folds(*figure);
      });
    };
    const auto first = std::stable_partition(columns.begin(), columns.end(),
                                             [&](const std::string& column) { return !is_zero(column); });
    if (first == columns.begin()) return;
    for (auto column = first; column != columns.end(); ++column) zeros.push_back(column_title(*column));
    columns.erase(first, columns.end());
  }

  static std::string miss_share(const Row& row) {
    const Figure* lookups = row.find("lookups");
    const Figure* misses = row.find("misses");
    if (lookups == nullptr || misses == nullptr || lookups->value() == 0) return "";
    return fmt::format("{:.3f} %", 100 * misses->value() / lookups->value());
  }

  /// `level0.dram` as `level 0 from dram`.
  static std::string part_title(const std::string& part) {
    if (!is_memory_part(part)) return readable_name(part);
    const std::size_t dot = part.find('.');
    return "level " + part.substr(std::string("level").size(), dot - std::string("level").size()) + " from " +
           part.substr(dot + 1);
  }

  /// `level0.dram` is a part of `memory`.
  static bool is_memory_part(const std::string& part) { return is_level(part); }

  /// Where the cycles of `MODULE.cycles.*` went, with shares of their total.
  void print_breakdown(const std::string& module, Section section) {
    const std::string start = module + ".cycles.";
    double total = 0;
    for (const Figure& figure : stats_.figures()) {
      if (figure.section != section) continue;
      const std::string part = starts_with(figure.name, start) ? figure.name.substr(start.size()) : "total";
      if (part != "total" && !is_memory_part(part)) total += figure.value();
    }
    TextTable table({"where the cycles went", "cycles", "share", ""}, list_indent);
    bool any = false;
    std::vector<std::string> zeros;
    for (const Figure& figure : stats_.figures()) {
      if (figure.section != section || !starts_with(figure.name, start)) continue;
      any = true;
      const std::string part = figure.name.substr(start.size());
      if (folds(figure) && part != "total") {
        zeros.push_back(part_title(part));
        continue;
      }
      const double share = total == 0 ? 0 : figure.value() / total;
      const std::string bar(static_cast<std::size_t>(std::lround(share * 40)), '#');
      table.add_row({(is_memory_part(part) ? "    " : "  ") + part_title(part),
                     figure_text(figure) + half_width(figure), fmt::format("{:.2f} %", 100 * share),
                     part == "total" ? "" : pad_right(bar, 40)});
    }
    if (!any) return;
    out_ << table.text();
    print_zeros(zeros);
    explain(text_of(section).cycles);
  }

  const RunResult& result_;
  StatSet stats_;  ///< without the figures of single cores
  const PrintOptions& options_;
  std::ostream& out_;
};

/// An estimate has its confidence interval beside it; other figures of a sampled run have none.
void print_csv(const RunResult& result, std::ostream& out) {
  out << "name,value,unit" << (result.sample ? ",low,high" : "") << '\n';
  for (const Figure& figure : result.stats.figures()) {
    out << csv_field(figure.name) << ',' << exact_figure_text(figure) << ',' << csv_field(figure.unit);
    if (result.sample) out << ',' << interval_fields(figure, *result.sample);
    out << '\n';
  }
}

}  // namespace

void print_run(const RunResult& result, const PrintOptions& options, std::ostream& out) {
  switch (options.format) {
    case OutputFormat::Text:
      RunPrinter(result, options, out).print();
      break;
    case OutputFormat::Json:
      out << result_to_json(result, options.attribution_rows);
      break;
    case OutputFormat::Csv:
      print_csv(result, out);
      break;
  }
}

}  // namespace tablewalk

#include <fmt/format.h>

#include "base/text.h"
#include "report/figures.h"
#include "report/print_walk.h"
#include "report/result_json.h"
#include "report/text_table.h"
#include "report/walk_words.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

std::string count_text(std::uint64_t count, const char* thing) {
  if (count == 0) return fmt::format("no {}s", thing);
  return fmt::format("{} {}{}", with_thousands(count), thing, count == 1 ? "" : "s");
}

void print_differences(const OracleReport& report, std::ostream& out) {
  TextTable table({"line", "address", "column", "expected", "found"}, 2);
  for (const OracleDifference& one : report.first_ones) {
    table.add_row({std::to_string(one.line), hex(one.va.value()), one.column, one.expected, one.found});
  }
  const bool all = report.first_ones.size() == report.differences();
  out << '\n'
      << (all ? "The differences:" : fmt::format("The first {}:", report.first_ones.size())) << '\n'
      << table.text();
}

void print_text(const OracleSummary& summary, std::ostream& out) {
  const OracleReport& report = summary.report;
  out << summary.mode << ", " << summary.image_path << '\n'
      << summary.oracle_path << ": " << count_text(report.rows, "row") << ", " << count_text(report.checks(), "check")
      << ", " << count_text(report.differences(), "difference") << "\n\n";
  TextTable table({"column", "checks", "differences"}, 2);
  for (const OracleColumn& column : report.columns) {
    table.add_row({column.name, with_thousands(column.checks), with_thousands(column.differences)});
  }
  out << table.text();
  if (!report.first_ones.empty()) print_differences(report, out);
}

std::string to_json(const OracleSummary& summary) {
  const OracleReport& report = summary.report;
  ordered_json json;
  json["schema"] = "tablewalk.oracle/1";
  json["mode"] = summary.mode;
  json["image"] = summary.image_path;
  json["oracle"] = summary.oracle_path;
  json["rows"] = report.rows;
  json["checks"] = report.checks();
  json["differences"] = report.differences();
  json["columns"] = ordered_json::array();
  for (const OracleColumn& column : report.columns) {
    json["columns"].push_back({{"name", column.name}, {"checks", column.checks}, {"differences", column.differences}});
  }
  json["first_differences"] = ordered_json::array();
  for (const OracleDifference& one : report.first_ones) {
    json["first_differences"].push_back({{"line", one.line},
                                         {"va", hex(one.va.value())},
                                         {"column", one.column},
                                         {"expected", one.expected},
                                         {"found", one.found}});
  }
  return readable_json(json);
}

}  // namespace

void print_oracle(const OracleSummary& summary, const PrintOptions& options, std::ostream& out) {
  switch (options.format) {
    case OutputFormat::Text:
      print_text(summary, out);
      break;
    case OutputFormat::Json:
      out << to_json(summary);
      break;
    case OutputFormat::Csv:
      out << "column,checks,differences\n";
      for (const OracleColumn& column : summary.report.columns) {
        out << csv_field(column.name) << ',' << column.checks << ',' << column.differences << '\n';
      }
      break;
  }
}

}  // namespace tablewalk

#include "cli/trace_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/units.h"
#include "report/figures.h"

namespace tablewalk {

void add_trace_level(CLI::App& command, int& level) {
  command.add_option("--level", level, "zstd level of a .twt, 1 (fast) to 19 (small)")->capture_default_str();
}

void add_print_format(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "text, json or csv")->capture_default_str();
}

std::string written_text(const std::vector<WrittenReport>& reports, OutputFormat format) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::string csv = "path,records,bytes";
  std::string text;
  for (const auto& [name, count] : reports.at(0).counts) csv += "," + name;
  csv += "\n";
  for (const auto& [trace, counts] : reports) {
    const std::string path = printable(trace.path);
    json.push_back({{"path", path}, {"records", trace.records}, {"bytes", trace.bytes}});
    csv += fmt::format("{},{},{}", csv_field(path), trace.records, trace.bytes);
    for (const auto& [name, count] : counts) {
      json.back()[name] = count;
      csv += fmt::format(",{}", count);
    }
    csv += "\n";
    text += fmt::format(
        "{}: {} records in {} ({:.2f} bits each)\n", path, with_thousands(trace.records), humane_byte_size(trace.bytes),
        trace.records == 0 ? 0.0 : 8.0 * static_cast<double>(trace.bytes) / static_cast<double>(trace.records));
  }
  if (format == OutputFormat::Json) return (reports.size() == 1 ? json[0] : json).dump() + "\n";
  return format == OutputFormat::Csv ? csv : text;
}

}  // namespace tablewalk

#include "report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "report/print_options.h"
#include "stats/core_name.h"

namespace tablewalk {

OutputFormat parse_output_format(const std::string& name) {
  if (name == "text") return OutputFormat::Text;
  if (name == "json") return OutputFormat::Json;
  if (name == "csv") return OutputFormat::Csv;
  throw InputError(
      fmt::format("--format {}: expected text, json or csv{}", name, did_you_mean(name, {"text", "json", "csv"})));
}

namespace {

bool is_share(const StatSet::Figure& figure) {
  return figure.unit == "share" && !figure.whole;
}

}  // namespace

std::string explanation_of(const StatSet::Figure& figure) {
  const std::optional<CoreName> own = core_name(figure.name);
  if (!own || figure.explanation.empty()) return figure.explanation;
  return fmt::format("of core {}: {}", own->core, figure.explanation);
}

std::string figure_text(const StatSet::Figure& figure) {
  if (is_share(figure)) return fmt::format("{:.2f} %", 100 * figure.real);
  return figure.whole ? (figure.negative ? "-" : "") + with_thousands(figure.count) : humane_real(figure.real);
}

std::string short_figure_text(const StatSet::Figure& figure) {
  return is_share(figure) ? figure_text(figure) : short_number(figure.value());
}

std::string exact_figure_text(const StatSet::Figure& figure) {
  return figure.whole ? (figure.negative ? "-" : "") + std::to_string(figure.count) : fmt::format("{}", figure.real);
}

std::string readable_name(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

}  // namespace tablewalk

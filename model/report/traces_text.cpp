#include "report/traces_text.h"

#include <fmt/format.h>

#include "base/text.h"

namespace tablewalk {

std::string traces_text(const RunResult& result) {
  const auto text_of = [](const TraceSummary& trace) {
    return fmt::format("{} ({}, {} records)\n", trace.path, trace.format, with_thousands(trace.records));
  };
  if (result.more_traces.empty()) return text_of(result.trace);
  const std::size_t cores = result.config.value("cores", std::size_t{1});
  std::string text = "core 0: " + text_of(result.trace);
  for (std::size_t i = 0; i < result.more_traces.size(); ++i) {
    text += fmt::format("core {}: {}", (i + 1) % cores, text_of(result.more_traces[i]));
  }
  return text;
}

std::set<std::string> dependences_of(const RunResult& result) {
  const bool blocks = result.config.contains("core") && result.config.at("core").value("blocking", false);
  if (blocks) return {""};
  std::set<std::string> dependences{result.trace.dependences};
  for (const TraceSummary& trace : result.more_traces) dependences.insert(trace.dependences);
  return dependences;
}

nlohmann::ordered_json trace_to_json(const TraceSummary& trace) {
  nlohmann::ordered_json json = {
      {"path", trace.path}, {"format", trace.format}, {"checksum", trace.checksum}, {"records", trace.records}};
  if (!trace.dependences.empty()) json["dependences"] = trace.dependences;
  return json;
}

TraceSummary trace_from_json(const nlohmann::ordered_json& json) {
  return {json.at("path").get<std::string>(), json.at("format").get<std::string>(),
          json.at("checksum").get<std::string>(), json.at("records").get<std::uint64_t>(),
          json.value("dependences", "")};
}

}  // namespace tablewalk

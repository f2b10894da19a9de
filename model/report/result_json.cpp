#include "report/result_json.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "report/attribution_json.h"
#include "report/shards_json.h"
#include "report/traces_text.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

/// Version 2 added the upper edges of the histogram buckets.
constexpr const char* schema = "tablewalk.result/2";

/// For a figure or a distribution.
template <class Named>
ordered_json meaning_of(const Named& named) {
  ordered_json json = ordered_json::object();
  json["unit"] = named.unit;
  json["description"] = named.meaning;
  if (!named.explanation.empty()) json["explanation"] = named.explanation;
  if (named.section != Section::Other) json["section"] = text_of(named.section).title;
  return json;
}

template <class Named>
void read_meaning(const ordered_json& json, Named& named) {
  named.unit = json.at("unit").get<std::string>();
  named.meaning = json.at("description").get<std::string>();
  named.explanation = json.value("explanation", "");
  named.section = section_of_title(json.value("section", ""));
}

void write_json(const ordered_json& json, const std::string& indent, std::string& out) {
  constexpr std::size_t line_width = 110;
  // External strings are already printable(); should one slip through, replacing bad bytes must not lose a finished
  // run.
  const std::string flat = json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  // The outermost object and its members are always expanded: one statistic per line.
  const bool open = indent.size() < 4 || flat.size() + indent.size() > line_width;
  if (!json.is_structured() || json.empty() || !open) {
    out += flat;
    return;
  }
  const std::string inner = indent + "  ";
  out += json.is_object() ? "{" : "[";
  const char* separator = "\n";
  for (const auto& [key, value] : json.items()) {
    out += separator + inner;
    if (json.is_object()) out += ordered_json(key).dump() + ": ";
    write_json(value, inner, out);
    separator = ",\n";
  }
  out += "\n" + indent + (json.is_object() ? "}" : "]");
}

/// Whether the cost of translation is among the figures, and why not.
ordered_json cost_to_json(const CostSummary& cost) {
  ordered_json json = ordered_json::object();
  json["measured"] = cost.measured;
  if (cost.measured) json["free_translation_cycles"] = cost.free_cycles;
  if (!cost.measured) json["reason"] = cost.reason;
  return json;
}

CostSummary cost_from_json(const ordered_json& json) {
  if (!json.at("measured").get<bool>()) return {false, json.at("reason").get<std::string>(), 0};
  return {true, {}, json.at("free_translation_cycles").get<std::uint64_t>()};
}

ordered_json sample_to_json(const SampleSummary& sample) {
  ordered_json json = ordered_json::object();
  json["windows"] = sample.windows();
  json["measure"] = sample.measure;
  json["warm"] = sample.warm;
  json["every"] = sample.every;
  json["first"] = sample.first;
  json["records"] = sample.records;
  json["measured"] = sample.measured;
  json["skips"] = sample.skips;
  json["confidence"] = SampleSummary::confidence;
  ordered_json intervals = ordered_json::object();
  for (const auto& [name, interval] : sample.intervals) {
    intervals[name] = ordered_json::array({interval.low, interval.high});
  }
  json["intervals"] = std::move(intervals);
  json["cycles"] = sample.cycles;
  json["walks"] = sample.walks_of_window;
  if (sample.walks) json["walks_in_all"] = *sample.walks;
  return json;
}

SampleSummary sample_from_json(const ordered_json& json) {
  const auto number = [&](const char* name) { return json.at(name).get<std::uint64_t>(); };
  SampleSummary sample;
  sample.measure = number("measure");
  sample.warm = number("warm");
  sample.every = number("every");
  sample.first = number("first");
  sample.records = number("records");
  sample.measured = number("measured");
  sample.skips = json.at("skips").get<bool>();
  for (const auto& [name, interval] : json.at("intervals").items()) {
    sample.intervals[name] = {interval.at(0).get<double>(), interval.at(1).get<double>()};
  }
  sample.cycles = json.at("cycles").get<std::vector<std::uint64_t>>();
  sample.walks_of_window = json.at("walks").get<std::vector<std::uint64_t>>();
  if (json.contains("walks_in_all")) sample.walks = number("walks_in_all");
  return sample;
}

/// Adds a member without searching for its name: names of figures are unique.
void append(ordered_json& object, const std::string& name, ordered_json value) {
  object.get_ref<ordered_json::object_t&>().emplace_back(name, std::move(value));
}

StatSet stats_from_json(const ordered_json& json) {
  StatSet stats;
  std::unordered_map<std::string, const ordered_json*> meanings;
  for (const auto& [name, meaning] : json.at("meaning").items()) meanings.emplace(name, &meaning);
  const auto told_of = [&](const std::string& name) -> const ordered_json& {
    const auto found = meanings.find(name);
    return found != meanings.end() ? *found->second : json.at("meaning").at(name);  // which throws
  };
  for (const auto& [name, value] : json.at("stats").items()) {
    StatSet::Figure figure;
    figure.name = name;
    read_meaning(told_of(name), figure);
    figure.key = told_of(name).value("key", false);
    figure.whole = value.is_number_integer();
    if (figure.whole) {
      figure.negative = !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
      figure.count =
          figure.negative ? static_cast<std::uint64_t>(-value.get<std::int64_t>()) : value.get<std::uint64_t>();
    } else {
      figure.real = value.get<double>();
    }
    stats.add(std::move(figure));
  }
  for (const auto& [name, buckets] : json.at("histograms").items()) {
    StatSet::Distribution distribution;
    distribution.name = name;
    read_meaning(told_of(name), distribution);
    for (const ordered_json& bucket : buckets) {
      const auto part = [&](std::size_t place) { return bucket.at(place).get<std::uint64_t>(); };
      distribution.buckets.push_back({part(0), part(1), part(2)});
    }
    stats.add(std::move(distribution));
  }
  return stats;
}

}  // namespace

ordered_json figure_value(const StatSet::Figure& figure) {
  if (figure.whole && figure.negative) return -static_cast<std::int64_t>(figure.count);
  if (figure.whole) return figure.count;
  if (!std::isfinite(figure.real)) throw LawViolation("statistic '" + figure.name + "' is not a finite number");
  return figure.real;
}

ordered_json meaning_of_figure(const StatSet::Figure& figure) {
  ordered_json json = meaning_of(figure);
  if (figure.key) json["key"] = true;
  return json;
}

std::string readable_json(const ordered_json& json) {
  std::string text;
  write_json(json, "", text);
  return text + "\n";
}

std::string result_to_json(const RunResult& result, std::size_t attribution_rows) {
  ordered_json json = ordered_json::object();
  json["schema"] = schema;
  json["version"] = result.version;
  if (result.partial) json["partial"] = true;
  json["config"] = result.config;
  json["trace"] = trace_to_json(result.trace);
  for (const TraceSummary& trace : result.more_traces) json["more_traces"].push_back(trace_to_json(trace));
  if (!result.image.path.empty()) {
    json["image"] = {{"path", result.image.path}, {"format", result.image.format}, {"root", result.image.root}};
  }
  if (!result.warnings.empty()) json["warnings"] = result.warnings;
  json["cost"] = cost_to_json(result.cost);
  if (result.sample) json["sample"] = sample_to_json(*result.sample);
  if (result.shards) json["shards"] = shards_to_json(*result.shards, result.stats);
  if (result.attribution) json["attribution"] = attribution_to_json(*result.attribution, attribution_rows);
  ordered_json stats = ordered_json::object();
  ordered_json histograms = ordered_json::object();
  ordered_json meaning = ordered_json::object();
  for (const StatSet::Figure& figure : result.stats.figures()) {
    append(stats, figure.name, figure_value(figure));
    append(meaning, figure.name, meaning_of_figure(figure));
  }
  for (const StatSet::Distribution& distribution : result.stats.distributions()) {
    ordered_json buckets = ordered_json::array();
    for (const Histogram::Bucket& bucket : distribution.buckets) {
      buckets.push_back(ordered_json::array({bucket.low, bucket.high, bucket.count}));
    }
    append(histograms, distribution.name, std::move(buckets));
    append(meaning, distribution.name, meaning_of(distribution));
  }
  json["stats"] = std::move(stats);
  json["histograms"] = std::move(histograms);
  json["meaning"] = std::move(meaning);
  if (result.shards && result.shards->parts.size() == 1) json["merge"] = parts_to_json(result.stats);
  if (!result.details.is_null()) json["details"] = result.details;
  return readable_json(json);
}

RunResult result_from_json(const std::string& text, const std::string& source) {
  try {
    const ordered_json json = ordered_json::parse(text);
    const std::string found = json.value("schema", "none");
    if (found != schema) {
      throw InputError(fmt::format("{}: schema is '{}': expected '{}'", source, found, schema));
    }
    RunResult result;
    result.version = json.at("version").get<std::string>();
    result.partial = json.value("partial", false);
    result.config = json.at("config");
    result.trace = trace_from_json(json.at("trace"));
    if (json.contains("more_traces")) {
      for (const ordered_json& trace : json.at("more_traces")) result.more_traces.push_back(trace_from_json(trace));
    }
    if (json.contains("image")) {
      const ordered_json& image = json.at("image");
      result.image.path = image.at("path").get<std::string>();
      result.image.format = image.at("format").get<std::string>();
      result.image.root = image.at("root").get<std::string>();
    }
    if (json.contains("warnings")) result.warnings = json.at("warnings").get<std::vector<std::string>>();
    if (json.contains("cost")) result.cost = cost_from_json(json.at("cost"));
    if (json.contains("sample")) result.sample = sample_from_json(json.at("sample"));
    if (json.contains("shards")) result.shards = shards_from_json(json.at("shards"));
    if (json.contains("attribution")) result.attribution = attribution_from_json(json.at("attribution"));
    result.stats = stats_from_json(json);
    if (json.contains("merge")) result.stats = with_parts(result.stats, json.at("merge"), source);
    if (json.contains("details")) result.details = json.at("details");
    return result;
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: expected a result of tablewalk ({}): {}", source, schema, error.what()));
  }
}

}  // namespace tablewalk

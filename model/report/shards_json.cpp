#include "report/shards_json.h"

#include "base/error.h"

namespace tablewalk {

using nlohmann::ordered_json;

namespace {

StatSet::Adding adding_of(unsigned number, const std::string& source) {
  if (number <= static_cast<unsigned>(StatSet::Adding::Derived)) return static_cast<StatSet::Adding>(number);
  throw InputError(source + ": merge: unknown way to add a figure; expected a result of this version of tablewalk");
}

}  // namespace

ordered_json shards_to_json(const ShardSummary& shards, const StatSet& stats) {
  ordered_json json = ordered_json::object();
  json["count"] = shards.count;
  json["warm"] = shards.warm;
  json["skips"] = shards.skips;
  if (shards.skips) json["reach"] = shards.reach;
  if (!shards.contents.empty()) json["contents"] = shards.contents;
  for (const ShardPart& part : shards.parts) {
    json["parts"].push_back(
        {{"number", part.number}, {"first", part.first}, {"end", part.end}, {"cycles", part.cycles}});
  }
  if (shards.is_part()) return json;
  json["exact"] = ordered_json::array();
  for (const StatSet::Figure& figure : stats.figures()) {
    if (figure.of_trace) json["exact"].push_back(figure.name);
  }
  return json;
}

ShardSummary shards_from_json(const ordered_json& json) {
  ShardSummary shards;
  shards.count = json.at("count").get<std::uint64_t>();
  shards.warm = json.at("warm").get<std::uint64_t>();
  shards.skips = json.at("skips").get<bool>();
  shards.reach = json.value("reach", std::uint64_t{0});
  shards.contents = json.value("contents", "");
  for (const ordered_json& part : json.at("parts")) {
    const auto number = [&](const char* name) { return part.at(name).get<std::uint64_t>(); };
    shards.parts.push_back({number("number"), number("first"), number("end"), number("cycles")});
  }
  return shards;
}

ordered_json parts_to_json(const StatSet& stats) {
  ordered_json figures = ordered_json::object();
  ordered_json histograms = ordered_json::object();
  for (const StatSet::Figure& figure : stats.figures()) {
    const StatSet::Parts& parts = figure.parts;
    figures[figure.name] = ordered_json::array({static_cast<unsigned>(figure.adding), parts.plus, parts.minus,
                                                parts.over, parts.scale, figure.at_end, figure.of_trace});
  }
  for (const StatSet::Distribution& distribution : stats.distributions()) {
    const Histogram::Extent extent = distribution.extent.value_or(Histogram::Extent{0, 0});
    histograms[distribution.name] = ordered_json::array({extent.sum, extent.max});
  }
  return {{"figures", std::move(figures)}, {"histograms", std::move(histograms)}};
}

StatSet with_parts(const StatSet& stats, const ordered_json& json, const std::string& source) {
  StatSet whole;
  for (StatSet::Figure figure : stats.figures()) {
    const ordered_json& parts = json.at("figures").at(figure.name);
    const auto number = [&](std::size_t place) { return parts.at(place).get<std::uint64_t>(); };
    figure.adding = adding_of(parts.at(0).get<unsigned>(), source);
    figure.parts = {number(1), number(2), number(3), parts.at(4).get<double>()};
    figure.at_end = parts.at(5).get<bool>();
    figure.of_trace = parts.at(6).get<bool>();
    whole.add(std::move(figure));
  }
  for (StatSet::Distribution distribution : stats.distributions()) {
    const ordered_json& extent = json.at("histograms").at(distribution.name);
    distribution.extent = Histogram::Extent{extent.at(0).get<std::uint64_t>(), extent.at(1).get<std::uint64_t>()};
    whole.add(std::move(distribution));
  }
  return whole;
}

}  // namespace tablewalk

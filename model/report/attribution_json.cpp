#include "report/attribution_json.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

/// Rows with a place, regions and instructions, have an address and an address space; `others` has none.
ordered_json rows_to_json(const AttributedRows& rows, std::size_t most_rows, bool places) {
  ordered_json json = ordered_json::array();
  for (const AttributedWalks& row : first_rows(rows, most_rows)) {
    ordered_json object = ordered_json::object();
    object["name"] = row.name;
    if (places && row.name != Attribution::others) {
      object["address"] = row.address;
      object["asid"] = row.asid;
    }
    object["walks"] = row.walks;
    object["walk_cycles"] = row.walk_cycles;
    json.push_back(std::move(object));
  }
  return json;
}

AttributedRows rows_from_json(const ordered_json& json) {
  AttributedRows rows;
  for (const ordered_json& object : json) {
    AttributedWalks row;
    row.name = object.at("name").get<std::string>();
    row.address = object.value("address", std::uint64_t{0});
    row.asid = object.value("asid", std::uint16_t{0});
    row.walks = object.at("walks").get<std::uint64_t>();
    row.walk_cycles = object.at("walk_cycles").get<std::uint64_t>();
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

ordered_json attribution_to_json(const Attribution& attribution, std::size_t most_rows) {
  ordered_json json = ordered_json::object();
  json["walks"] = attribution.walks;
  json["walk_cycles"] = attribution.walk_cycles;
  json["region_bytes"] = attribution.region_bytes;
  json["regions"] = rows_to_json(attribution.regions, most_rows, true);
  json["levels"] = rows_to_json(attribution.levels, 0, false);
  json["instructions"] = rows_to_json(attribution.instructions, most_rows, true);
  return json;
}

Attribution attribution_from_json(const ordered_json& json) {
  Attribution attribution;
  attribution.walks = json.at("walks").get<std::uint64_t>();
  attribution.walk_cycles = json.at("walk_cycles").get<std::uint64_t>();
  attribution.region_bytes = json.at("region_bytes").get<std::uint64_t>();
  attribution.regions = rows_from_json(json.at("regions"));
  attribution.levels = rows_from_json(json.at("levels"));
  attribution.instructions = rows_from_json(json.at("instructions"));
  return attribution;
}

}  // namespace tablewalk

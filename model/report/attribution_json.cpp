#include "report/attribution_json.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

/// Regions and instructions have an address and an address space.
ordered_json rows_to_json(const AttributedRows& rows, std::size_t most_rows) {
  ordered_json json = ordered_json::array();
  for (const AttributedWalks& row : first_rows(rows, most_rows)) {
    ordered_json object = ordered_json::object();
    object["name"] = row.name;
    if (row.address) {
      object["address"] = *row.address;
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
    if (object.contains("address")) {
      row.address = object.at("address").get<std::uint64_t>();
      row.asid = object.at("asid").get<std::uint16_t>();
    }
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
  json["regions"] = rows_to_json(attribution.regions, most_rows);
  json["levels"] = rows_to_json(attribution.levels, 0);
  json["instructions"] = rows_to_json(attribution.instructions, most_rows);
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

#include "report/walk_json.h"

#include <fmt/format.h>

#include "report/figures.h"
#include "report/result_json.h"
#include "report/walk_words.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

ordered_json fields_json(const std::vector<BitField>& fields, std::uint64_t value) {
  ordered_json list = ordered_json::array();
  for (const BitField& field : fields) {
    list.push_back({{"name", field.name},
                    {"bits", bits_text(field.high, field.low)},
                    {"value", field.of(value)},
                    {"meaning", field.meaning}});
  }
  const std::uint64_t other = other_bits(fields, value);
  if (other != 0) list.push_back({{"name", "other"}, {"value", other}});
  return list;
}

ordered_json rights_json(const PagingMode& mode, Rights rights) {
  ordered_json json;
  json["user"] = allowed_accesses(mode, rights, true);
  json["supervisor"] = allowed_accesses(mode, rights, false);
  if (rights.key != 0) json["protection_key"] = rights.key;
  return json;
}

ordered_json step_json(const PagingMode& mode, const WalkStep& step) {
  ordered_json json;
  json["table"] = mode.level(step.level).name;
  json["level"] = step.level;
  json["table_address"] = hex(step.table.value());
  json["index"] = step.index;
  json["entry_address"] = hex(step.entry_address.value());
  json["entry"] = hex_entry(mode, step.entry);
  if (!step.words.empty()) {
    json["holds"] = step.holds;
    json["line"] = ordered_json::array();
    for (const std::uint64_t word : step.words) json["line"].push_back(hex_entry(mode, word));
  }
  json["fields"] = fields_json(mode.entry_fields(step.entry, step.level), step.entry);
  if (step.image == ImageHolds::LeftOut) json["left_out"] = true;
  json["kind"] = kind_name(step.view.kind);
  if (step.view.kind == EntryView::Kind::Malformed) json["malformed"] = to_string(step.view.malformed);
  if (step.view.kind == EntryView::Kind::Pointer) json["next_table"] = hex(step.view.target.value());
  if (step.view.kind == EntryView::Kind::Leaf) {
    json["page"] = hex(step.view.target.value());
    json["page_bytes"] = std::uint64_t{1} << step.view.page_shift;
  }
  const std::vector<std::string> set = marks(mode, step);
  if (!set.empty()) {
    json["would_set"] = set;
    json["entry_after"] = hex_entry(mode, step.updated);
  }
  return json;
}

void add_answer(const PagingMode& mode, const WalkSteps& walk, ordered_json& json) {
  const Translation& found = walk.outcome.translation;
  json["physical"] = hex(found.physical(walk.va).value());
  json["page"] = hex(found.page.value());
  json["page_bytes"] = std::uint64_t{1} << found.whole_shift;
  json["frame"] = hex(found.page.value() >> mode.offset_bits());
  json["global"] = found.global;
  json["rights"] = rights_json(mode, found.rights);
}

void add_fault(const PagingMode& mode, const WalkSteps& walk, ordered_json& json) {
  const Fault& fault = walk.outcome.fault;
  ordered_json described;
  described["reason"] = to_string(fault.reason);
  if (!walk.steps.empty()) {
    described["table"] = mode.level(fault.level).name;
    described["level"] = fault.level;
  }
  described["code"] = fault.error_code;
  const std::string words = mode.describe_fault(fault, walk.access);
  if (!words.empty()) described["description"] = words;
  if (fault.reason == FaultReason::OutOfMemory) described["address"] = hex(walk.beyond.value());
  json["fault"] = described;
  if (const WalkStep* leaf = walk.leaf()) json["rights"] = rights_json(mode, leaf->rights);
}

ordered_json walk_json(const PagingMode& mode, const WalkSteps& walk) {
  ordered_json json;
  json["va"] = hex(walk.va.value());
  json["access"] = to_string(walk.access.kind);
  json["privilege"] = privilege_name(walk.access.user);
  json["address"] = ordered_json::array();
  for (const AddressPart& part : split_address(mode, walk.va)) {
    json["address"].push_back({{"name", part.name}, {"bits", bits_text(part.high, part.low)}, {"value", part.value}});
  }
  if (!walk.hints.empty()) json["hints"] = walk.hints;
  json["entries"] = ordered_json::array();
  for (const WalkStep& step : walk.steps) json["entries"].push_back(step_json(mode, step));
  walk.outcome.translated ? add_answer(mode, walk, json) : add_fault(mode, walk, json);
  return json;
}

/// The columns of the last row of an address.
std::string answer_cells(const WalkSteps& walk) {
  if (!walk.outcome.translated) return fmt::format(",,{}", csv_field(to_string(walk.outcome.fault.reason)));
  const Translation& found = walk.outcome.translation;
  return fmt::format("{},{},", hex(found.physical(walk.va).value()), std::uint64_t{1} << found.whole_shift);
}

}  // namespace

std::string walks_to_json(const WalkReport& report) {
  const PagingMode& mode = *report.mode;
  const RootRegister root = mode.decode_root(report.root_value);
  ordered_json json;
  json["schema"] = "tablewalk.walk/1";
  json["mode"] = mode.name();
  json["source"] = report.source;
  json["root"] = {{"register", mode.root_register()},
                  {"value", hex(report.root_value)},
                  {"fields", fields_json(mode.root_fields(), report.root_value)},
                  {"table", hex(root.table.value())},
                  {"asid", root.asid}};
  json["walks"] = ordered_json::array();
  for (const WalkSteps& walk : report.walks) json["walks"].push_back(walk_json(mode, walk));
  return readable_json(json);
}

std::string walks_to_csv(const WalkReport& report) {
  const PagingMode& mode = *report.mode;
  std::string text =
      "va,access,privilege,table,level,index,entry_address,entry,kind,would_set,physical,page_bytes,fault\n";
  for (const WalkSteps& walk : report.walks) {
    const std::string request_cells =
        fmt::format("{},{},{}", hex(walk.va.value()), to_string(walk.access.kind), privilege_name(walk.access.user));
    if (walk.steps.empty()) text += fmt::format("{},,,,,,,,{}\n", request_cells, answer_cells(walk));
    for (const WalkStep& step : walk.steps) {
      const bool is_last = &step == &walk.steps.back();
      text += fmt::format("{},{},{},{},{},{},{},{},{}\n", request_cells, csv_field(mode.level(step.level).name),
                          step.level, step.index, hex(step.entry_address.value()), hex_entry(mode, step.entry),
                          kind_name(step.view.kind), fmt::join(marks(mode, step), " "),
                          is_last ? answer_cells(walk) : ",,");
    }
  }
  return text;
}

}  // namespace tablewalk

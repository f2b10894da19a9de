#include "sweep/sweep_task.h"

#include <fmt/format.h>

#include "base/interrupt.h"
#include "config/loader.h"
#include "config/printer.h"
#include "system/run.h"
#include "trace/record_checksum.h"

namespace tablewalk {

using nlohmann::ordered_json;

std::string checksum_text(const std::string& text) {
  return fmt::format("{:016x}", checksum_of_bytes(text.data(), text.size()));
}

ordered_json SweepTask::contents(const ordered_json& config_json) const {
  ordered_json json = ordered_json::object();
  ordered_json identities = ordered_json::array();
  for (const TaskTrace& trace : traces) identities.push_back(trace.identity);
  json["traces"] = identities;
  json["warmup"] = warmup;
  json["limit"] = limit;
  if (!sample.empty()) json["sample"] = sample;
  if (!shards.empty()) {
    json["shards"] = shards;
    json["shard"] = shard;
  }
  json["check"] = check;
  json["config"] = config_json;
  return json;
}

std::string SweepTask::id_of(const ordered_json& contents) {
  return checksum_text(contents.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

ordered_json task_to_json(const SweepTask& task) {
  ordered_json json = task.contents(to_json(task.config));
  json["id"] = task.id;
  json["name"] = task.name;
  for (const TaskTrace& trace : task.traces) json["paths"].push_back(trace.path);
  return json;
}

SweepTask task_from_json(const ordered_json& json) {
  SweepTask task;
  task.id = json.at("id").get<std::string>();
  task.name = json.at("name").get<std::string>();
  task.warmup = json.at("warmup").get<std::uint64_t>();
  task.limit = json.at("limit").get<std::uint64_t>();
  task.sample = json.value("sample", "");
  task.shards = json.value("shards", "");
  task.shard = json.value("shard", std::uint64_t{0});
  task.check = json.at("check").get<bool>();
  for (std::size_t i = 0; i < json.at("paths").size(); ++i) {
    task.traces.push_back({json.at("paths").at(i).get<std::string>(), json.at("traces").at(i).get<std::string>()});
  }
  // JSON is YAML: the loader reads it as a preset.
  task.config = load_config<MachineConfig>({task.id, {}}, {{task.id, task.id, json.at("config").dump()}});
  return task;
}

RunResult run_task(const SweepTask& task) {
  RunOptions options;
  options.trace_path = task.traces.front().path;
  for (std::size_t i = 1; i < task.traces.size(); ++i) options.more_traces.push_back(task.traces[i].path);
  options.warmup = task.warmup;
  options.limit = task.limit;
  if (!task.sample.empty()) options.sample = parse_sample_spec(task.sample);
  if (!task.shards.empty()) {
    options.shard = parse_shards_spec(task.shards);
    options.shard->number = task.shard;
  }
  options.check = task.check;
  options.stop = &interrupt_flag();
  return run_machine(task.config, options);
}

}  // namespace tablewalk

#include "report/print_explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "report/attribution_json.h"
#include "report/attribution_text.h"
#include "report/dependences_text.h"
#include "report/figures.h"
#include "report/result_json.h"
#include "report/text_table.h"
#include "report/traces_text.h"

namespace tablewalk {
namespace {

constexpr double waterfall_bar_width = 24;

std::int64_t difference(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a - b);
}

std::uint64_t cycles_of(const ExplainedMachine& machine) {
  return machine.steps.back().cycles;
}

std::int64_t cost_of(const ExplainedMachine& machine) {
  return difference(cycles_of(machine), machine.steps.front().cycles);
}

/// What step `number` (not the first) adds.
std::int64_t added_by(const ExplainedMachine& machine, std::size_t number) {
  return difference(machine.steps[number].cycles, machine.steps[number - 1].cycles);
}

double share(std::int64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string signed_text(std::int64_t value) {
  return (value < 0 ? "-" : "") + with_thousands(static_cast<std::uint64_t>(std::abs(value)));
}

std::string share_text(double value) {
  return fmt::format("{:.2f} %", 100 * value);
}

/// Added cycles grow to the right; saved cycles are drawn with `-`.
std::string bar(std::int64_t value, std::int64_t largest) {
  if (largest == 0) return "";
  const double length = waterfall_bar_width * static_cast<double>(std::abs(value)) / static_cast<double>(largest);
  return std::string(static_cast<std::size_t>(std::lround(length)), value < 0 ? '-' : '#');
}

std::string text_of_one(const ExplainedMachine& machine) {
  const std::uint64_t cycles = cycles_of(machine);
  std::int64_t largest = 0;
  for (std::size_t i = 1; i < machine.steps.size(); ++i) largest = std::max(largest, std::abs(added_by(machine, i)));

  TextTable table({machine.label, "cycles", "of all", "of the cost", ""}, list_indent);
  const auto add = [&](const std::string& name, std::int64_t value, bool of_cost, const std::string& drawn) {
    const std::string part = of_cost && cost_of(machine) != 0
                                 ? share_text(static_cast<double>(value) / static_cast<double>(cost_of(machine)))
                                 : "";
    table.add_row({name, signed_text(value), share_text(share(value, cycles)), part, drawn});
  };
  add("free translation", difference(machine.steps.front().cycles, 0), false, pad_right("", waterfall_bar_width));
  for (std::size_t i = 1; i < machine.steps.size(); ++i) {
    const std::int64_t added = added_by(machine, i);
    add("+ " + machine.steps[i].adds, added, true, pad_right(bar(added, largest), waterfall_bar_width));
  }
  add("= this machine", difference(cycles, 0), false, pad_right("", waterfall_bar_width));
  add("cost of translation", cost_of(machine), true, pad_right("", waterfall_bar_width));
  return table.text();
}

/// The names of all steps, in the order of the machine with the most steps.
std::vector<ExplainedStep> all_steps(const std::vector<ExplainedMachine>& machines) {
  const auto longest = std::max_element(
      machines.begin(), machines.end(),
      [](const ExplainedMachine& a, const ExplainedMachine& b) { return a.steps.size() < b.steps.size(); });
  return longest->steps;
}

std::string text_of_several(const std::vector<ExplainedMachine>& machines) {
  std::vector<std::string> header{""};
  for (const ExplainedMachine& machine : machines) {
    header.push_back(machine.label);
    header.emplace_back("of all");
  }
  TextTable table(header, list_indent);
  const auto add = [&](const std::string& name, auto value_of) {
    std::vector<std::string> row{name};
    for (const ExplainedMachine& machine : machines) {
      const std::optional<std::int64_t> value = value_of(machine);
      row.push_back(value ? signed_text(*value) : "-");
      row.push_back(value ? share_text(share(*value, cycles_of(machine))) : "");
    }
    table.add_row(row);
  };
  using Value = std::optional<std::int64_t>;
  add("free translation", [](const ExplainedMachine& one) { return Value(difference(one.steps.front().cycles, 0)); });
  const std::vector<ExplainedStep> steps = all_steps(machines);
  for (std::size_t i = 1; i < steps.size(); ++i) {
    add("+ " + steps[i].adds, [&](const ExplainedMachine& one) {
      for (std::size_t k = 1; k < one.steps.size(); ++k) {
        if (one.steps[k].name == steps[i].name) return Value(added_by(one, k));
      }
      return Value();
    });
  }
  add("= the machine", [](const ExplainedMachine& one) { return Value(difference(cycles_of(one), 0)); });
  add("cost of translation", [](const ExplainedMachine& one) { return Value(cost_of(one)); });
  return table.text();
}

void print_text(const std::vector<ExplainedMachine>& machines, std::size_t rows, std::ostream& out) {
  std::set<std::string> dependences;
  for (const ExplainedMachine& machine : machines) dependences.merge(dependences_of(machine.result));
  out << traces_text(machines.front().result) << dependences_text(dependences) << "\nWhat address translation costs\n";
  out << (machines.size() == 1 ? text_of_one(machines.front()) : text_of_several(machines));
  for (const ExplainedMachine& machine : machines) {
    if (!machine.result.attribution) continue;
    out << "\nWhat causes the walks" << (machines.size() == 1 ? "" : ", " + machine.label) << '\n'
        << attribution_text(*machine.result.attribution, rows, list_indent);
  }
}

nlohmann::ordered_json json_of(const ExplainedMachine& machine) {
  nlohmann::ordered_json json;
  json["label"] = machine.label;
  json["cycles"] = cycles_of(machine);
  json["free_cycles"] = machine.steps.front().cycles;
  json["cost_cycles"] = cost_of(machine);
  json["cost_share"] = share(cost_of(machine), cycles_of(machine));
  json["steps"] = nlohmann::ordered_json::array();
  for (std::size_t i = 1; i < machine.steps.size(); ++i) {
    json["steps"].push_back({{"name", machine.steps[i].name},
                             {"adds", machine.steps[i].adds},
                             {"cycles", machine.steps[i].cycles},
                             {"added_cycles", added_by(machine, i)},
                             {"share", share(added_by(machine, i), cycles_of(machine))}});
  }
  if (machine.result.attribution) json["attribution"] = attribution_to_json(*machine.result.attribution, 0);
  json["config"] = machine.result.config;
  return json;
}

void print_json(const std::vector<ExplainedMachine>& machines, std::ostream& out) {
  TraceSummary trace = machines.front().result.trace;
  trace.dependences.clear();
  nlohmann::ordered_json json;
  json["schema"] = "tablewalk.explanation/1";
  json["version"] = machines.front().result.version;
  json["trace"] = trace_to_json(trace);
  for (const TraceSummary& more : machines.front().result.more_traces) {
    json["more_traces"].push_back(trace_to_json(more));
  }
  json["machines"] = nlohmann::ordered_json::array();
  for (const ExplainedMachine& machine : machines) json["machines"].push_back(json_of(machine));
  out << readable_json(json);
}

void print_attribution_csv(const ExplainedMachine& machine, const Attribution& attribution, std::ostream& out) {
  const auto rows = [&](const char* table, const AttributedRows& list) {
    for (const AttributedWalks& row : list) {
      out << fmt::format("{},{},{},{},{},{},{}\n", csv_field(machine.label), table, csv_field(row.name),
                         row.walk_cycles, ratio(row.walk_cycles, attribution.walk_cycles), row.walks,
                         ratio(row.walks, attribution.walks));
    }
  };
  rows("region", attribution.regions);
  rows("part", attribution.levels);
  rows("instruction", attribution.instructions);
}

void print_csv(const std::vector<ExplainedMachine>& machines, std::ostream& out) {
  out << "machine,table,name,cycles,share,walks,walk_share\n";
  const auto row = [&](const ExplainedMachine& machine, const std::string& name, std::int64_t cycles) {
    out << fmt::format("{},waterfall,{},{},{},,\n", csv_field(machine.label), name, cycles,
                       share(cycles, cycles_of(machine)));
  };
  for (const ExplainedMachine& machine : machines) {
    row(machine, machine.steps.front().name, difference(machine.steps.front().cycles, 0));
    for (std::size_t i = 1; i < machine.steps.size(); ++i) row(machine, machine.steps[i].name, added_by(machine, i));
    row(machine, "machine", difference(cycles_of(machine), 0));
    row(machine, "cost", cost_of(machine));
    if (machine.result.attribution) print_attribution_csv(machine, *machine.result.attribution, out);
  }
}

}  // namespace

void print_explain(const std::vector<ExplainedMachine>& machines, const PrintOptions& options, std::ostream& out) {
  if (machines.empty()) return;
  switch (options.format) {
    case OutputFormat::Text:
      return print_text(machines, options.attribution_rows, out);
    case OutputFormat::Json:
      return print_json(machines, out);
    case OutputFormat::Csv:
      return print_csv(machines, out);
  }
}

}  // namespace tablewalk

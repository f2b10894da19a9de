#include "report/print_follow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <ostream>

#include "base/text.h"
#include "report/figures.h"
#include "report/result_json.h"
#include "report/text_table.h"

namespace tablewalk {
namespace {

std::string to_json(const std::vector<FollowedTranslation>& translations, std::uint64_t omitted) {
  nlohmann::ordered_json document;
  document["schema"] = "tablewalk.follow/1";
  document["translations"] = nlohmann::ordered_json::array();
  for (const FollowedTranslation& one : translations) {
    nlohmann::ordered_json parts = nlohmann::ordered_json::array();
    for (const FollowedTranslation::Part& part : one.parts) {
      parts.push_back({{"in_kernel", part.in_kernel}, {"what", part.what}, {"cycles", part.cycles}});
    }
    document["translations"].push_back({{"access", one.access},
                                        {"core", one.core},
                                        {"process", one.process},
                                        {"address", one.va},
                                        {"found_in", one.found_in},
                                        {"entries_read", one.reads},
                                        {"result", one.result},
                                        {"cycles", one.cycles},
                                        {"parts", std::move(parts)}});
  }
  document["omitted"] = omitted;
  return readable_json(document);
}

/// `1300 finds the fault; 2000 runs its handler`
std::string parts_text(const std::vector<FollowedTranslation::Part>& parts) {
  std::string text;
  for (const FollowedTranslation::Part& part : parts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", part.cycles, part.what);
  }
  return text;
}

std::string to_csv(const std::vector<FollowedTranslation>& translations) {
  std::string text = "access,process,address,found_in,entries_read,result,cycles,core,parts\n";
  for (const FollowedTranslation& one : translations) {
    text += fmt::format("{},{},0x{:x},{},{},{},{},{},{}\n", one.access, one.process, one.va, csv_field(one.found_in),
                        csv_field(one.reads), csv_field(one.result), one.cycles, one.core,
                        csv_field(parts_text(one.parts)));
  }
  return text;
}

/// A translation, then its parts.
using Row = std::vector<std::string>;
enum Column : std::uint8_t { AccessColumn, CoreColumn, Process, Address, FoundIn, Entries, Result, Total, OfWhich };

void add_rows(const FollowedTranslation& one, std::vector<Row>& rows) {
  rows.push_back({one.access, std::to_string(one.core), std::to_string(one.process), fmt::format("{:#x}", one.va),
                  one.found_in, one.reads.empty() ? "-" : one.reads, one.result, std::to_string(one.cycles), ""});
  for (const FollowedTranslation::Part& part : one.parts) {
    rows.push_back({"", "", "", "", part.in_kernel ? "  kernel" : "", part.what, "", "", std::to_string(part.cycles)});
  }
}

/// Words are left-aligned here, because the table would align them right.
std::string to_text(const std::vector<FollowedTranslation>& translations, std::uint64_t omitted) {
  std::vector<Row> rows{
      {"access", "core", "process", "address", "found in", "entries read", "physical address", "cycles", "of which"}};
  std::array<bool, OfWhich + 1> shown;
  shown.fill(true);
  shown[CoreColumn] = shown[Process] = shown[OfWhich] = false;
  for (const FollowedTranslation& one : translations) {
    add_rows(one, rows);
    shown[CoreColumn] |= one.core != translations.front().core;
    shown[Process] |= one.process != translations.front().process;
    shown[OfWhich] |= !one.parts.empty();
  }
  std::array<std::size_t, OfWhich + 1> width{};
  for (const Row& row : rows) {
    for (const Column column : {FoundIn, Entries}) width[column] = std::max(width[column], row[column].size());
  }
  std::optional<TextTable> table;
  for (const Row& row : rows) {
    Row cells;
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (shown[column]) cells.push_back(pad_right(row[column], width[column]));
    }
    if (table) {
      table->add_row(cells);
    } else {
      table.emplace(cells, 0);
    }
  }
  return table->text(160) + (omitted == 0 ? "" : fmt::format("... and {} more\n", omitted));
}

}  // namespace

void print_follow(const std::vector<FollowedTranslation>& translations, std::uint64_t omitted, OutputFormat format,
                  std::ostream& out) {
  out << (format == OutputFormat::Json  ? to_json(translations, omitted)
          : format == OutputFormat::Csv ? to_csv(translations)
                                        : to_text(translations, omitted));
}

}  // namespace tablewalk

#include "report/print_follow.h"

#include <fmt/format.h>

#include <algorithm>
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
    document["translations"].push_back({{"access", one.access},
                                        {"process", one.process},
                                        {"address", one.va},
                                        {"found_in", one.found_in},
                                        {"entries_read", one.reads},
                                        {"result", one.result},
                                        {"cycles", one.cycles}});
  }
  document["omitted"] = omitted;
  return readable_json(document);
}

std::string to_csv(const std::vector<FollowedTranslation>& translations) {
  std::string text = "access,process,address,found_in,entries_read,result,cycles\n";
  for (const FollowedTranslation& one : translations) {
    text += fmt::format("{},{},0x{:x},{},{},{},{}\n", one.access, one.process, one.va, csv_field(one.found_in),
                        csv_field(one.reads), csv_field(one.result), one.cycles);
  }
  return text;
}

/// The process only if there are several. Words are left-aligned here, because the table would align them right.
std::string to_text(const std::vector<FollowedTranslation>& translations, std::uint64_t omitted) {
  const std::string found_title = "found in";
  const std::string reads_title = "entries read";
  std::size_t found_width = found_title.size();
  std::size_t reads_width = reads_title.size();
  bool several = false;
  for (const FollowedTranslation& one : translations) {
    found_width = std::max(found_width, one.found_in.size());
    reads_width = std::max(reads_width, one.reads.size());
    several = several || one.process != translations.front().process;
  }
  const auto row = [&](const std::string& process, std::vector<std::string> cells) {
    cells[2] = pad_right(cells[2], found_width);
    cells[3] = pad_right(cells[3], reads_width);
    if (several) cells.insert(cells.begin() + 1, process);
    return cells;
  };
  TextTable table(row("process", {"access", "address", found_title, reads_title, "physical address", "cycles"}), 0);
  for (const FollowedTranslation& one : translations) {
    table.add_row(row(std::to_string(one.process),
                      {one.access, fmt::format("{:#x}", one.va), one.found_in, one.reads.empty() ? "-" : one.reads,
                       one.result, std::to_string(one.cycles)}));
  }
  return table.text(120) + (omitted == 0 ? "" : fmt::format("... and {} more\n", omitted));
}

}  // namespace

void print_follow(const std::vector<FollowedTranslation>& translations, std::uint64_t omitted, OutputFormat format,
                  std::ostream& out) {
  out << (format == OutputFormat::Json  ? to_json(translations, omitted)
          : format == OutputFormat::Csv ? to_csv(translations)
                                        : to_text(translations, omitted));
}

}  // namespace tablewalk

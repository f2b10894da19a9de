#include "report/attribution_text.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "base/text.h"
#include "base/units.h"
#include "report/text_table.h"

namespace tablewalk {
namespace {

constexpr std::size_t attribution_bar_width = 20;
constexpr std::size_t table_width = 120;

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool has_several_spaces(const AttributedRows& rows) {
  std::set<std::uint16_t> spaces;
  for (const AttributedWalks& row : rows) {
    if (row.address) spaces.insert(row.asid);
  }
  return spaces.size() > 1;
}

class AttributionTable {
 public:
  AttributionTable(const Attribution& attribution, std::size_t indent) : all_(attribution), indent_(indent) {}

  /// `heading`: title of the first column.
  std::string text(const std::string& heading, const AttributedRows& rows, std::size_t most) const {
    TextTable table({heading, "walks", "share", "walk cycles", "share", ""}, indent_);
    const bool spaces = has_several_spaces(rows);
    const AttributedRows shown = first_rows(rows, most);
    for (const AttributedWalks& row : shown) {
      const double share = share_of(row.walk_cycles, all_.walk_cycles);
      const std::string bar(static_cast<std::size_t>(std::lround(share * attribution_bar_width)), '#');
      const bool others = row.name == Attribution::others;
      const std::size_t left_out = rows.size() - (shown.size() - 1);
      std::string name = row.name;
      if (spaces && row.address) name += fmt::format(" @{}", row.asid);
      if (others && left_out > 1) name += fmt::format(" ({} more rows)", with_thousands(left_out));
      table.add_row({name, with_thousands(row.walks), percent(share_of(row.walks, all_.walks)),
                     with_thousands(row.walk_cycles), percent(share), pad_right(bar, attribution_bar_width)});
    }
    return table.text(table_width);
  }

 private:
  static std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

  const Attribution& all_;
  std::size_t indent_;
};

}  // namespace

std::string attribution_text(const Attribution& attribution, std::size_t rows, std::size_t indent) {
  const std::string margin(indent, ' ');
  if (attribution.walks == 0) return margin + "there were no walks\n";
  const AttributionTable table(attribution, indent);
  std::string text = margin + fmt::format("{} walks took {} cycles, each from its request to its response\n\n",
                                          with_thousands(attribution.walks), with_thousands(attribution.walk_cycles));
  text += table.text("region of " + humane_byte_size(attribution.region_bytes), attribution.regions, rows) + "\n";
  text += table.text("part of a walk", attribution.levels, 0) + "\n";
  if (attribution.instructions.empty()) {
    text += margin + "instruction: the trace has no instruction addresses\n";
  } else {
    text += table.text("instruction", attribution.instructions, rows);
  }
  return text;
}

}  // namespace tablewalk

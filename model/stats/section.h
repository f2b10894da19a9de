#pragma once

#include <cstdint>
#include <string_view>

namespace tablewalk {

/// The sections of a run's report, in order. A figure's section is named where the figure is counted.
enum class Section : std::uint8_t {
  Cost,
  Program,
  Core,
  Segmentation,
  Tlbs,
  Walker,
  WalkCaches,
  Translation,
  Caches,
  Directory,
  PageTables,
  Kernel,
  Dram,
  Other,
};
constexpr unsigned section_count = 14;

/// Texts of a section. Explanations are sentences for a newcomer; "" if there is none.
struct SectionText {
  const char* title;
  bool is_table = false;         ///< its modules are the rows of one table
  const char* explanation = "";  ///< of the whole
  const char* misses = "";       ///< of the kinds of misses, if they are counted
  const char* levels = "";       ///< of the table of page-table levels
  const char* cycles = "";       ///< of the table that says where the cycles went
};
const SectionText& text_of(Section section);
/// Other if no section has that title.
Section section_of_title(std::string_view title);

}  // namespace tablewalk

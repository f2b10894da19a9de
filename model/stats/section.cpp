#include "stats/section.h"

#include <array>

namespace tablewalk {
namespace {

/// In the order of Section.
const std::array<SectionText, section_count> texts = {{
    {"Cost of translation"},
    {"Program"},
    {"Core"},
    {"Segmentation"},
    {"TLBs", true,
     "a TLB caches recent translations; a miss goes to the next TLB, and finally to the page-table walker",
     "misses = sent down + merged + found after wait; mean latency: from the lookup here to the response to the "
     "requester"},
    {"Walker", false, "", "", "entry reads by level and by the memory that served them; level 0 entries map the pages"},
    {"Walk caches", false, "", "", "walk caches hold upper-level entries, so that a walk can skip them"},
    {"Translation after a miss in the first-level TLB", false, "", "", "",
     "the same cycles by cause: the rows add up exactly to the total"},
    {"Caches", true, "table share: the share of the lines that held page-table entries instead of data",
     "misses = sent down + merged + found after wait + written whole; mean latency: from lookup to response"},
    {"Directory"},
    {"Page tables"},
    {"Kernel"},
    {"DRAM"},
    {"Other"},
}};

}  // namespace

const SectionText& text_of(Section section) {
  return texts[static_cast<unsigned>(section)];
}

Section section_of_title(std::string_view title) {
  for (unsigned i = 0; i < section_count; ++i) {
    if (texts[i].title == title) return static_cast<Section>(i);
  }
  return Section::Other;
}

}  // namespace tablewalk

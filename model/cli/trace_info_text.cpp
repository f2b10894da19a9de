#include "cli/trace_info_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/units.h"
#include "report/figures.h"
#include "report/text_table.h"
#include "trace/event_form.h"

namespace tablewalk {
namespace {

/// Figure names, by RecordKind.
constexpr const char* kind_names[record_kinds] = {"fetches",
                                                  "loads",
                                                  "stores",
                                                  "modifies",
                                                  "page_invalidates",
                                                  "asid_invalidates",
                                                  "all_invalidates",
                                                  "switches",
                                                  "invlpg",
                                                  "invpcid_address",
                                                  "invpcid_context",
                                                  "invpcid_all",
                                                  "invpcid_all_not_global",
                                                  "mov_cr3",
                                                  "sfence_all",
                                                  "sfence_address",
                                                  "sfence_asid",
                                                  "sfence_address_asid",
                                                  "tlbi_vmalle1",
                                                  "tlbi_aside1",
                                                  "tlbi_vae1",
                                                  "tlbi_vaae1",
                                                  "tlbi_vale1",
                                                  "tlbi_vaale1",
                                                  "thread_events"};
// Typical TLB sizes: small and large first levels, small and large second levels.
constexpr std::uint64_t reuse_distances[] = {16, 64, 512, 1536};
constexpr std::size_t most_threads_in_text = 16;

std::vector<AddressRange> largest_ranges(const TraceStatistics& statistics, std::size_t top) {
  std::vector<AddressRange> ranges = statistics.ranges;
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const AddressRange& a, const AddressRange& b) { return a.pages > b.pages; });
  if (ranges.size() > top) ranges.resize(top);
  std::sort(ranges.begin(), ranges.end(),
            [](const AddressRange& a, const AddressRange& b) { return a.first < b.first; });
  return ranges;
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(double value) {
  return fmt::format("{:.2f} %", 100.0 * value);
}

std::string counts_text(const TraceStatistics& statistics) {
  TextTable table({"accesses", "count", "share"}, 0);
  const std::uint64_t accesses = statistics.accesses();
  for (unsigned kind = 0; kind < access_kinds; ++kind) {
    table.add_row({kind_names[kind], with_thousands(statistics.by_kind[kind]),
                   percent(share(statistics.by_kind[kind], accesses))});
  }
  table.add_row({"all", with_thousands(accesses), ""});
  if (statistics.supervisor_accesses != 0) {
    table.add_row({"of these supervisor", with_thousands(statistics.supervisor_accesses),
                   percent(share(statistics.supervisor_accesses, accesses))});
  }
  return table.text();
}

/// Empty for a trace without events, as most are.
std::string events_text(const TraceStatistics& statistics) {
  if (statistics.records == statistics.accesses()) return {};
  TextTable table({"events", "count"}, 0);
  for (const EventForm& form : event_forms) {
    const std::uint64_t count = statistics.by_kind[static_cast<unsigned>(form.kind)];
    if (count == 0) continue;
    std::string name(form.word);
    if (form.has_address) name += " 0xADDRESS";
    if (form.asid == AsidField::Required) name += " @ASID";
    if (form.asid == AsidField::Thread) name += " N";
    table.add_row({name, with_thousands(count)});
  }
  return "\n" + table.text();
}

/// Empty for a trace without Thread events: its records are of one thread, or their threads are unknown.
std::string threads_text(const TraceStatistics& statistics) {
  const std::uint64_t events = statistics.by_kind[static_cast<unsigned>(RecordKind::Thread)];
  if (events == 0) return {};
  TextTable table({"thread", "records", "share"}, 0);
  const std::size_t shown = std::min(statistics.threads.size(), most_threads_in_text);
  for (std::size_t i = 0; i < shown; ++i) {
    const ThreadCount& thread = statistics.threads[i];
    table.add_row({std::to_string(thread.thread), with_thousands(thread.records),
                   percent(share(thread.records, statistics.records - events))});
  }
  std::string text = fmt::format("\nthreads: {}, in order of first appearance\n", statistics.threads.size());
  text += table.text();
  if (statistics.threads.size() > shown) {
    text += fmt::format("({} more threads; --format json has all)\n", statistics.threads.size() - shown);
  }
  return text;
}

std::string reuse_text(const TraceStatistics& statistics) {
  TextTable table({"page lookups within distance", "instructions", "data"}, 0);
  const auto& fetch = statistics.fetch_reuse;
  const auto& data = statistics.data_reuse;
  for (const std::uint64_t distance : reuse_distances) {
    table.add_row({fmt::format("< {}", distance), percent(share(fetch.below(distance), fetch.lookups())),
                   percent(share(data.below(distance), data.lookups()))});
  }
  table.add_row({"never before", percent(share(fetch.distinct(), fetch.lookups())),
                 percent(share(data.distinct(), data.lookups()))});
  table.add_row({"lookups", with_thousands(fetch.lookups()), with_thousands(data.lookups())});
  return table.text();
}

std::string ranges_text(const TraceStatistics& statistics, std::size_t top) {
  TextTable table({"address range", "4K pages"}, 0);
  for (const AddressRange& range : largest_ranges(statistics, top)) {
    table.add_row({fmt::format("{:#x}-{:#x}", range.first, range.last), with_thousands(range.pages)});
  }
  std::string text = table.text();
  if (statistics.ranges.size() > top) {
    text += fmt::format("({} more ranges; --top N shows more)\n", statistics.ranges.size() - top);
  }
  return text;
}

nlohmann::ordered_json reuse_json(const ReuseDistances& reuse) {
  nlohmann::ordered_json object;
  object["lookups"] = reuse.lookups();
  object["pages"] = reuse.distinct();
  for (const std::uint64_t distance : reuse_distances)
    object[fmt::format("below_{}", distance)] = reuse.below(distance);
  object["never"] = reuse.distinct();
  return object;
}

nlohmann::ordered_json figures_json(const TraceStatistics& statistics) {
  nlohmann::ordered_json figures;
  figures["records"] = statistics.records;
  for (unsigned kind = 0; kind < record_kinds; ++kind) {
    // Event kinds of one architecture only if there are any.
    if (kind > static_cast<unsigned>(RecordKind::SwitchSpace) && statistics.by_kind[kind] == 0) continue;
    figures[kind_names[kind]] = statistics.by_kind[kind];
  }
  figures["supervisor_accesses"] = statistics.supervisor_accesses;
  figures["bytes_accessed"] = statistics.bytes;
  figures["page_straddles"] = statistics.page_straddles;
  figures["address_spaces"] = statistics.address_spaces;
  figures["threads"] = statistics.threads.size();
  figures["pages_4k"] = statistics.pages_4k;
  figures["regions_2m"] = statistics.regions_2m;
  figures["footprint_bytes"] = statistics.footprint_bytes();
  figures["lowest_address"] = statistics.lowest;
  figures["highest_address"] = statistics.highest;
  return figures;
}

}  // namespace

std::string trace_info_text(const TraceDescription& description, const TraceStatistics& statistics, std::size_t top,
                            const LayoutSummary& layout) {
  std::string text = fmt::format("{}: {}\n", printable(description.path), description.format);
  if (!description.provenance.empty()) text += fmt::format("provenance: {}\n", printable(description.provenance));
  text += fmt::format("checksum of the records (XXH3): {:016x}\n\n", statistics.checksum);
  text += counts_text(statistics) + events_text(statistics) + threads_text(statistics);
  text += fmt::format("\nfootprint: {} in {} pages of 4 KiB, in {} regions of 2 MiB",
                      humane_byte_size(statistics.footprint_bytes()), with_thousands(statistics.pages_4k),
                      with_thousands(statistics.regions_2m));
  if (statistics.address_spaces > 1) text += fmt::format(", in {} address spaces", statistics.address_spaces);
  text += fmt::format("\naddresses: {:#x} to {:#x}; {} accesses straddle two pages\n\n", statistics.lowest,
                      statistics.highest, with_thousands(statistics.page_straddles));
  text += ranges_text(statistics, top) + layout_text(layout, top);
  text += "\nReuse: distinct other pages since a page's last lookup. An LRU TLB of n entries hits distances < n.\n";
  return text + reuse_text(statistics);
}

std::string trace_info_json(const TraceDescription& description, const TraceStatistics& statistics, std::size_t top,
                            const LayoutSummary& layout) {
  nlohmann::ordered_json document;
  document["schema"] = "tablewalk.trace/1";
  document["path"] = printable(description.path);
  document["format"] = description.format;
  document["provenance"] = printable(description.provenance);
  document["checksum"] = fmt::format("{:016x}", statistics.checksum);
  document.update(figures_json(statistics));
  document["thread_records"] = nlohmann::ordered_json::array();
  for (const ThreadCount& thread : statistics.threads) {
    document["thread_records"].push_back({{"thread", thread.thread}, {"records", thread.records}});
  }
  document["ranges"] = nlohmann::ordered_json::array();
  for (const AddressRange& range : largest_ranges(statistics, top)) {
    document["ranges"].push_back({{"first", range.first}, {"last", range.last}, {"pages_4k", range.pages}});
  }
  if (layout.given()) document["layout"] = layout_json(layout);
  document["reuse"] = {{"instructions", reuse_json(statistics.fetch_reuse)},
                       {"data", reuse_json(statistics.data_reuse)}};
  return document.dump(2) + "\n";
}

std::string trace_info_csv(const TraceDescription& description, const TraceStatistics& statistics,
                           const LayoutSummary& layout) {
  std::string text = "name,value\n";
  text += fmt::format("path,{}\nformat,{}\nchecksum,{:016x}\n", csv_field(printable(description.path)),
                      description.format, statistics.checksum);
  const nlohmann::ordered_json figures = figures_json(statistics);
  for (const auto& [name, value] : figures.items()) text += fmt::format("{},{}\n", name, value.get<std::uint64_t>());
  for (const ThreadCount& thread : statistics.threads) {
    text += fmt::format("thread_{}_records,{}\n", thread.thread, thread.records);
  }
  if (layout.given()) {
    text += fmt::format("layout_changes,{}\nlayout_violations,{}\n", description.layout.size(), layout.violations());
  }
  for (const auto& [stream, reuse] :
       {std::pair{"instruction", &statistics.fetch_reuse}, {"data", &statistics.data_reuse}}) {
    const nlohmann::ordered_json values = reuse_json(*reuse);
    for (const auto& [name, value] : values.items()) {
      text += fmt::format("{}_reuse_{},{}\n", stream, name, value.get<std::uint64_t>());
    }
  }
  return text;
}

}  // namespace tablewalk

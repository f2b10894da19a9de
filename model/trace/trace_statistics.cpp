#include "trace/trace_statistics.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace tablewalk {
namespace {

constexpr unsigned page_bits = 12;
constexpr unsigned region_bits = 21;
constexpr std::uint64_t largest_gap_pages = 1 << (region_bits - page_bits);
// Page numbers have 52 bits, so there is no room for an address-space id above them; its bits are mixed in.
constexpr std::uint64_t asid_multiplier = 0x9E3779B97F4A7C15ull;

/// The distinct pages of one address space.
using PageSet = std::unordered_set<std::uint64_t>;

std::vector<AddressRange> coalesce(const std::vector<std::uint64_t>& pages) {
  std::vector<AddressRange> ranges;
  for (const std::uint64_t page : pages) {
    const std::uint64_t first = page << page_bits;
    const std::uint64_t last = first | ((1 << page_bits) - 1);
    if (ranges.empty() || page - (ranges.back().last >> page_bits) >= largest_gap_pages) {
      ranges.push_back({first, last, 1});
    } else {
      ranges.back().last = last;
      ++ranges.back().pages;
    }
  }
  return ranges;
}

/// Distinct pages and regions, collected while reading the trace; recently touched pages are cached because most
/// accesses have locality.
class Footprint {
 public:
  void touch(AddressSpaceId asid, std::uint64_t page) {
    Touched& recent = recent_[page % recent_.size()];
    if (page == recent.page && asid == recent.asid) return;
    recent = {page, asid};
    spaces_[asid].insert(page);
  }

  void report(TraceStatistics& statistics) const {
    std::vector<std::uint64_t> all;
    statistics.address_spaces = spaces_.size();
    for (const auto& [asid, pages] : spaces_) {
      PageSet regions;
      for (const std::uint64_t page : pages) regions.insert(page >> (region_bits - page_bits));
      statistics.pages_4k += pages.size();
      statistics.regions_2m += regions.size();
      all.insert(all.end(), pages.begin(), pages.end());
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    statistics.ranges = coalesce(all);
  }

 private:
  struct Touched {
    std::uint64_t page = ~std::uint64_t{0};
    AddressSpaceId asid = 0;
  };

  std::unordered_map<AddressSpaceId, PageSet> spaces_;
  std::array<Touched, 256> recent_{};
};

void measure_access(const Record& record, TraceStatistics& statistics, Footprint& footprint) {
  const std::uint64_t first = record.address.value();
  const std::uint64_t last = first + record.size - 1;
  ReuseDistances& reuse = record.kind == RecordKind::Fetch ? statistics.fetch_reuse : statistics.data_reuse;
  if (record.privilege == Privilege::Supervisor) ++statistics.supervisor_accesses;
  statistics.bytes += record.size;
  statistics.lowest = std::min(statistics.lowest, first);
  statistics.highest = std::max(statistics.highest, last);
  if (first >> page_bits != last >> page_bits) ++statistics.page_straddles;
  for (std::uint64_t page = first >> page_bits; page <= last >> page_bits; ++page) {
    footprint.touch(record.asid, page);
    reuse.look_up(page ^ record.asid * asid_multiplier);
  }
}

}  // namespace

std::uint64_t ReuseDistances::look_up(std::uint64_t page) {
  ++lookups_;
  std::uint64_t distance = 0;
  if (page != last_page_) {
    last_page_ = page;
    if (now_ + 1 >= tree_.size()) compact();
    const auto [entry, is_new] = last_use_.try_emplace(page, 0);
    if (is_new) {
      distance = never;
    } else {
      // Every page used since this page's last use has its own last use later.
      distance = last_use_.size() - marked_until(entry->second);
      mark(entry->second, -1);
    }
    entry->second = ++now_;
    mark(now_, 1);
  }
  if (distance != never) {
    const std::uint64_t kept = std::min(distance, longest_kept);
    if (counts_.size() <= kept) counts_.resize(kept + 1);
    ++counts_[kept];
  }
  return distance;
}

/// Renumbers the last uses 1..n in order, in a tree with room for twice as many.
void ReuseDistances::compact() {
  std::vector<std::pair<std::size_t, std::uint64_t>> order;
  order.reserve(last_use_.size());
  for (const auto& [page, time] : last_use_) order.emplace_back(time, page);
  std::sort(order.begin(), order.end());
  tree_.assign(std::max<std::size_t>(1024, 2 * order.size()) + order.size() + 2, 0);
  now_ = 0;
  for (const auto& [time, page] : order) {
    last_use_[page] = ++now_;
    mark(now_, 1);
  }
}

void ReuseDistances::mark(std::size_t time, int change) {
  for (; time < tree_.size(); time += time & (0 - time)) tree_[time] += static_cast<std::uint32_t>(change);
}

std::uint64_t ReuseDistances::marked_until(std::size_t time) const {
  std::uint64_t sum = 0;
  for (; time != 0; time &= time - 1) sum += tree_[time];
  return sum;
}

std::uint64_t ReuseDistances::below(std::uint64_t distance) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts_.size() && i < distance; ++i) sum += counts_[i];
  return sum;
}

TraceStatistics measure_trace(TraceReader& reader) {
  TraceStatistics statistics;
  Footprint footprint;
  ThreadCounts threads;
  std::vector<Record> batch(batch_records);
  statistics.lowest = ~std::uint64_t{0};
  while (const std::size_t count = reader.read(batch.data(), batch.size())) {
    statistics.records += count;
    threads.add(batch.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      ++statistics.by_kind[static_cast<std::size_t>(batch[i].kind)];
      if (!is_event(batch[i].kind)) measure_access(batch[i], statistics, footprint);
    }
  }
  if (statistics.accesses() == 0) statistics.lowest = 0;
  footprint.report(statistics);
  statistics.threads = threads.threads();
  statistics.checksum = reader.checksum();
  return statistics;
}

}  // namespace tablewalk

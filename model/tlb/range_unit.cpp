#include "tlb/range_unit.h"

#include <utility>

namespace tablewalk {

RangeUnit::RangeUnit(const RangeSource& source, const PagingMode& mode, std::function<void(Cycles)> wake)
    : memory_side("memory_side", *this),
      config_(source.config),
      kernel_(source.kernel),
      wake_(std::move(wake)),
      entries_(source.config.entries, mode) {}

std::optional<Translation> RangeUnit::find(const TranslationRequest& request) {
  const RangeEntry* range = entries_.find(request.va, request.asid, request.access);
  if (range == nullptr) return std::nullopt;
  ++stats_.lookups;
  ++stats_.hits;
  return range->translation(request.va);
}

void RangeUnit::miss(const TranslationRequest& request, Cycles known) {
  ++stats_.lookups;
  ++stats_.misses;
  const RangeRegister table = kernel_.range_table(request.space);
  if (walk_ || table.entries == 0) {
    ++stats_.unwalked;
    return;
  }
  ++stats_.walks;
  walk_ = RangeWalk{RangeSearch(table, request.va), request.asid, request.id, known, nullptr};
  read_next(known + Cycles(1));
}

void RangeUnit::read_next(Cycles visible) {
  MemoryAccess& access = pool_.take();
  access.prepare(walk_->search.address(), RangeEntry::bytes, false);
  access.info.entry_for = walk_->translation;
  access.info.served_by = ServedBy::Dram;
  walk_->under_way = &access;
  memory_side.send(access, visible);
}

void RangeUnit::receive_response(unsigned, MemoryAccess& access, Cycles visible) {
  responses_.push(visible, &access);
  wake_(visible);
}

/// The response to a read of a cancelled walk is dropped.
bool RangeUnit::take_responses(Cycles cycle) {
  bool installed = false;
  while (responses_.due(cycle)) {
    MemoryAccess& access = *responses_.front();
    responses_.pop();
    ++stats_.reads;
    if (walk_ && walk_->under_way == &access) {
      RangeSearch& search = walk_->search;
      search.supply(access.bytes());
      if (search.reads()) {
        read_next(cycle + Cycles(1));
      } else {
        ++stats_.ended;
        stats_.walk_cycles += (cycle - walk_->began).count();
        if (search.found()) {
          entries_.install(*search.found(), walk_->asid);
          ++stats_.fills;
          installed = true;
        }
        walk_.reset();
      }
    }
    access.release();
  }
  return installed;
}

/// What a walk has read may be of a table of before: any invalidation ends it.
void RangeUnit::invalidate(const Invalidation& invalidation) {
  (invalidation.by_switch ? stats_.switched_out : stats_.invalidated) += entries_.invalidate(invalidation);
  if (!walk_) return;
  walk_.reset();
  ++stats_.cancelled;
}

void RangeUnit::report(StatSet& figures) const {
  figures.begin(Section::Tlbs);
  const auto count = [&](const char* name, std::uint64_t value, const char* unit, const char* meaning) {
    return figures.count(std::string("ranges.") + name, value, unit, meaning);
  };
  figures.adds_up("ranges.lookups", {"ranges.hits", "ranges.misses"});
  figures.adds_up("ranges.misses", {"ranges.walks", "ranges.unwalked"});
  count("lookups", stats_.lookups, "lookups", "misses of the second-level TLB, looked up in the range TLB");
  count("hits", stats_.hits, "lookups", "of these, found in a range: no page walk")
      .key()
      .explain("misses of the second-level TLB that a range answered: page walks avoided");
  count("misses", stats_.misses, "lookups", "of these, in no range of the range TLB: a page walk")
      .explain("neither in the second-level TLB nor in the range TLB: each needs a page walk");
  count("walks", stats_.walks, "walks", "misses that started a walk of the range table, beside the page walk");
  count("unwalked", stats_.unwalked, "lookups",
        "misses that did not: another such walk was under way, or there is no range");
  count("reads", stats_.reads, "reads", "entries of range tables read")
      .explain("reads of range tables, which pass the same caches as those of page tables");
  count("fills", stats_.fills, "ranges", "ranges installed in the range TLB");
  count("cancelled", stats_.cancelled, "walks", "walks of range tables that an invalidation ended");
  count("invalidated", stats_.invalidated, "ranges", "ranges removed by invalidate events");
  count("switched_out", stats_.switched_out, "ranges", "ranges removed by switches of the address space");
  figures.ratio("ranges.hit_share", stats_.hits, stats_.lookups, "share", "hits / lookups")
      .key()
      .explain("the share of the misses of the second-level TLB that ranges answer");
  figures.ratio("ranges.walk_cycles.mean", stats_.walk_cycles, stats_.ended, "cycles",
                "mean of a walk of a range table, in the background");
}

}  // namespace tablewalk

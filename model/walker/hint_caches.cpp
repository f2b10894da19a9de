#include "walker/hint_caches.h"

#include <algorithm>
#include <cstring>

namespace tablewalk {

HintCaches::HintCaches(const PagingMode& mode, const HintCacheConfig& config) : mode_(mode) {
  for (const HintTable& table : mode.hint_tables()) {
    const std::uint32_t entries = config.entries_of(table.name);
    tables_.push_back({table.name, table.index_shift, nullptr});
    if (entries != 0) tables_.back().array = std::make_unique<SetAssociative<Entry>>(1, entries, Replacement::Lru);
  }
  stats_.resize(tables_.size());
  known_.resize(tables_.size());
}

HintCaches::Entry* HintCaches::find(Table& table, VirtualAddress va, AddressSpaceId asid) {
  return table.array->find(0, va.value() >> table.shift, [&](const Entry& entry) { return entry.asid == asid; });
}

std::uint64_t HintCaches::look_up(VirtualAddress va, AddressSpaceId asid) {
  missed_.clear();
  bool any = false;
  for (unsigned i = 0; i < tables_.size(); ++i) {
    known_[i] = nullptr;
    if (tables_[i].array == nullptr) continue;
    ++stats_[i].lookups;
    if (const Entry* entry = find(tables_[i], va, asid)) {
      ++stats_[i].hits;
      known_[i] = &entry->content;
      any = true;
    } else {
      missed_.push_back(i);
    }
  }
  if (!any) return 0;
  const std::uint64_t hints = mode_.hints(known_, va);
  if (hints != 0) return hints;
  // The section has come into use since.
  for (unsigned i = 0; i < tables_.size(); ++i) {
    if (known_[i] != nullptr) missed_.push_back(i);
  }
  std::sort(missed_.begin(), missed_.end());
  forget(va, asid);
  return 0;
}

bool HintCaches::fill(unsigned table, VirtualAddress va, AddressSpaceId asid, const unsigned char* bytes) {
  HintEntry content;
  std::memcpy(content.words.data(), bytes, HintEntry::bytes);
  if (!mode_.is_hint(content, table, va)) return false;
  ++stats_[table].fills;
  if (Entry* old = find(tables_[table], va, asid)) {
    old->content = content;
  } else {
    tables_[table].array->insert(0, va.value() >> tables_[table].shift, {content, asid});
  }
  return true;
}

void HintCaches::forget(VirtualAddress va, AddressSpaceId asid) {
  for (Table& table : tables_) {
    if (table.array == nullptr) continue;
    table.array->erase_at(0, va.value() >> table.shift, [&](const Entry& entry) { return entry.asid == asid; });
  }
}

void HintCaches::invalidate(const Invalidation& invalidation) {
  for (unsigned i = 0; i < tables_.size(); ++i) {
    if (tables_[i].array == nullptr) continue;
    const unsigned shift = tables_[i].shift;
    const std::uint64_t removed = tables_[i].array->erase_if([&](std::uint64_t key, const Entry& entry) {
      return is_covered(invalidation, i, VirtualAddress(key << shift), entry.asid);
    });
    (invalidation.by_switch ? stats_[i].switched_out : stats_[i].invalidated) += removed;
  }
}

void HintCaches::report(StatSet& figures) const {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (tables_[i].array == nullptr) continue;
    const std::string prefix = "walk_cache." + tables_[i].name;
    figures.count(prefix + ".lookups", stats_[i].lookups, "lookups", "lookups of a walk table's entry, one per walk");
    figures.count(prefix + ".hits", stats_[i].hits, "lookups", "lookups that hit");
    figures.count(prefix + ".fills", stats_[i].fills, "entries", "entries read from the walk table");
    figures.count(prefix + ".invalidated", stats_[i].invalidated, "entries", "entries removed by invalidate events");
    figures.count(prefix + ".switched_out", stats_[i].switched_out, "entries",
                  "entries removed by switches of the address space");
  }
}

std::unique_ptr<HintCaches> make_hint_caches(const PagingMode& mode, const HintCacheConfig& config) {
  const std::vector<HintTable> tables = mode.hint_tables();
  const bool any = std::any_of(tables.begin(), tables.end(),
                               [&](const HintTable& table) { return config.entries_of(table.name) != 0; });
  return any ? std::make_unique<HintCaches>(mode, config) : nullptr;
}

}  // namespace tablewalk

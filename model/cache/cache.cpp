#include "cache/cache.h"

#include <algorithm>

namespace tablewalk {
namespace {

bool writes(const MemoryAccess& access) {
  return access.is_write() || access.info.operation == AccessInfo::Operation::CompareAndSwap;
}

/// Whether the access needs a line that no other core has.
bool wants_to_own(const MemoryAccess& access) {
  return writes(access) || access.info.owned;
}

bool serves(const CacheArray::Line& line, const MemoryAccess& access) {
  return line.owned || !wants_to_own(access);
}

}  // namespace

Cache::Cache(sc_core::sc_module_name name, ServedBy place, const CacheConfig& config, std::uint64_t line_bytes,
             PhysicalMemory& memory)
    : TimedModule(name),
      memory_side("memory_side", *this),
      place_(place),
      config_(config),
      array_(config, line_bytes),
      line_bytes_(line_bytes),
      memory_(memory),
      registers_(config.miss_registers) {}

Cache::Cache(sc_core::sc_module_name name, ServedBy place, const CacheConfig& config, std::uint64_t line_bytes,
             PhysicalMemory& memory, unsigned ports)
    : Cache(name, place, config, line_bytes, memory) {
  for (unsigned port = 0; port < ports; ++port) add_registered_port();
}

void Cache::add_registered_port() {
  cpu_side_.add<AccessTargetPort<Cache>>("cpu_side", *this);
  walkers_may_ask_ = true;
}

bool Cache::receive_access(unsigned port, MemoryAccess& access, Cycles& cycle) {
  access.info.port = static_cast<std::uint8_t>(port);
  cpu_side_.arrivals().push(cycle, &access, port);
  if (!blocked_) wake_at(cycle);
  return false;
}

void Cache::receive_response(unsigned, MemoryAccess& fetch, Cycles visible) {
  if (fetch.is_write()) {
    fetch.release();
    return;
  }
  fills_.push(visible, &fetch);
  wake_at(visible);
}

/// Flattened into one function: most stages have nothing to do, and all are short.
[[gnu::flatten]] void Cache::on_cycle() {
  const Cycles cycle = now();
  take_fills(cycle);
  std::uint32_t lookups_left = config_.lookups_per_cycle;
  look_up_arrivals(cycle, lookups_left);
  sleep(cycle);
}

void Cache::take_fills(Cycles cycle) {
  while (fills_.due(cycle)) {
    MemoryAccess& fetch = *fills_.front();
    fills_.pop();
    install_fill(fetch, cycle);
    fetch.release();
    blocked_ = false;
  }
}

/// Installs the line and responds, in the next cycle, to all accesses waiting for it. Writes keep waiting if the line
/// came without write permission; a line snooped away meanwhile is not kept.
void Cache::install_fill(MemoryAccess& fetch, Cycles cycle) {
  const Waiting waiting = registers_.release(fetch.info.tag);
  CacheArray::Line line;
  line.owned = plain_ || note_fill(fetch, cycle);
  for (MemoryAccess* access = waiting.first; access != nullptr; access = access->info.next) {
    if (!serves(line, *access)) continue;
    line.dirty |= writes(*access);
    line.table |= access->info.table_entry() || access->info.table_line;
  }
  ++stats_.fills;
  const bool kept = !fetch.info.snooped;
  if (kept) install(fetch.physical(), line, cycle);
  Waiting unserved;
  for (MemoryAccess* access = waiting.first; access != nullptr;) {
    MemoryAccess* next = access->info.next;
    if (serves(line, *access) && (kept || !access->info.by_cache)) {
      access->info.owned = line.owned;
      serve(*access, fetch.info.served_by);
      respond_to_miss(*access, cycle + Cycles(1));
    } else {
      add(unserved, *access);
    }
    access = next;
  }
  if (unserved.first != nullptr) fetch_line(unserved, fetch.physical(), cycle);
}

void Cache::add(Waiting& waiting, MemoryAccess& access) {
  access.info.next = nullptr;
  (waiting.first == nullptr ? waiting.first : waiting.last->info.next) = &access;
  waiting.last = &access;
}

void Cache::look_up_arrivals(Cycles cycle, std::uint32_t& lookups_left) {
  Inbox<MemoryAccess*>& arrivals = cpu_side_.arrivals();
  for (; lookups_left != 0 && !blocked_ && arrivals.due(cycle); --lookups_left) {
    if (!look_up_arrival(*arrivals.front(), cycle)) {
      blocked_ = true;
      return;
    }
    arrivals.pop();
  }
}

/// False if the access missed without a free register: it is looked up again when one is free.
bool Cache::look_up_arrival(MemoryAccess& access, Cycles cycle) {
  const bool waited = blocked_arrival_ == &access;
  blocked_arrival_ = nullptr;
  if (access.info.snooped) {  // a line written back from above, which another core has by now
    count_miss(access, stats_.written_whole);
    respond(access, cycle + config_.latency_cycles);
    return true;
  }
  if (waited) {
    if (found_after_wait(access, cycle)) return true;
  } else if (hits(access)) {
    respond(access, cycle + config_.latency_cycles);
    return true;
  } else {
    access.info.missed = cycle;
  }
  if (allocate_written_line(access, cycle) || start_miss(access, cycle)) return true;
  blocked_arrival_ = &access;
  return false;
}

void Cache::sleep(Cycles cycle) {
  const Inbox<MemoryAccess*>& arrivals = cpu_side_.arrivals();
  if (!blocked_ && !arrivals.empty()) wake_at(std::max(arrivals.next_visible(), cycle + Cycles(1)));
}

void Cache::respond(MemoryAccess& access, Cycles visible) {
  cpu_side_.port(access.info.port).respond(access, visible);
}

void Cache::respond_to_miss(MemoryAccess& access, Cycles visible) {
  ++stats_.waits;
  stats_.miss_cycles += (visible - access.info.missed).count();
  respond(access, visible);
}

/// Serves an access that hits. A miss is counted later, when its outcome is known.
bool Cache::hits(MemoryAccess& access) {
  CacheArray::Line* line = array_.find(access.physical());
  if (line == nullptr || !serves(*line, access)) return false;
  count_hit();
  if (access.info.table_entry()) ++stats_.table_lookups;
  use(*line, access);
  return true;
}

/// Another access may have fetched the line while this one waited for a register.
bool Cache::found_after_wait(MemoryAccess& access, Cycles cycle) {
  CacheArray::Line* line = array_.find(access.physical());
  if (line == nullptr || !serves(*line, access)) return false;
  count_miss(access, stats_.found_after_wait);
  use(*line, access);
  respond_to_miss(access, cycle + config_.latency_cycles);
  return true;
}

void Cache::use(CacheArray::Line& line, MemoryAccess& access) {
  line.dirty |= writes(access);
  access.info.owned = line.owned;
  if (access.info.table_entry() || access.info.table_line) array_.mark_table(line);
  serve(access, place_);
}

void Cache::count_miss(const MemoryAccess& access, std::uint64_t& how_it_ended) {
  ++stats_.misses;
  ++how_it_ended;
  if (!access.info.table_entry()) return;
  ++stats_.table_lookups;
  ++stats_.table_misses;
}

/// Merges with an outstanding fetch of the line or starts one; false if no register is free.
bool Cache::start_miss(MemoryAccess& access, Cycles cycle) {
  const PhysicalAddress line = array_.line_of(access.physical());
  if (Waiting* waiting = registers_.find(line)) {
    add(*waiting, access);
    count_miss(access, stats_.merged_misses);
    if (access.info.table_entry()) ++stats_.table_merged_misses;
    return true;
  }
  if (registers_.full()) return false;
  count_miss(access, stats_.sent_down);
  Waiting waiting;
  add(waiting, access);
  fetch_line(waiting, line, cycle);
  return true;
}

/// Allocates a register for the waiting accesses and sends the fetch that the first of them needs.
void Cache::fetch_line(const Waiting& waiting, PhysicalAddress line, Cycles cycle) {
  MemoryAccess& fetch = pool_.take();
  fetch.prepare(line, static_cast<unsigned>(line_bytes_), false);
  fetch.info.tag = registers_.take(line, waiting);
  fetch.info.entry_for = waiting.first->info.entry_for;
  fetch.info.by_cache = true;
  fetch.info.owned = wants_to_own(*waiting.first);
  fetch.info.served_by = ServedBy::Dram;  // assumed for a memory that does not report it
  const Cycles sent = cycle + config_.tag_cycles;
  if (!plain_) note_fetch(fetch, sent);
  memory_side.send(fetch, sent);
}

/// What only a coherent or observed cache does.
void Cache::note_fetch(const MemoryAccess& fetch, Cycles sent) {
  const PhysicalAddress line = fetch.physical();
  if (coherent_ && holds(line)) ++stats_.upgrades;
  if (observer_ != nullptr) observer_->miss_begins({fetch.info.tag, line.value(), fetch.info.entry_for}, sent);
}

/// The same; returns whether the line comes with write permission.
bool Cache::note_fill(const MemoryAccess& fetch, Cycles cycle) {
  if (observer_ != nullptr) observer_->miss_ends(fetch.info.tag, cycle);
  return !coherent_ || fetch.info.owned;
}

/// A whole line written from above needs no fetch, but for one that other cores may have: a cache above had this one's
/// permission to write, a core has not. True if the access was one and is complete.
bool Cache::allocate_written_line(MemoryAccess& access, Cycles cycle) {
  if (!access.is_write() || access.get_data_length() != line_bytes_) return false;
  if (coherent_ && !access.info.by_cache) return false;
  if (registers_.find(array_.line_of(access.physical())) != nullptr) return false;
  count_miss(access, stats_.written_whole);
  install(access.physical(), {true, access.info.table_line}, cycle);
  respond(access, cycle + config_.latency_cycles);
  return true;
}

/// Installs a line; a dirty victim is written back in the next cycle.
void Cache::install(PhysicalAddress address, CacheArray::Line line, Cycles cycle) {
  if (CacheArray::Line* there = coherent_ ? array_.peek(address) : nullptr) {
    there->dirty |= line.dirty;
    there->owned = line.owned;
    if (line.table) array_.mark_table(*there);
    return;
  }
  const CacheArray::Evicted evicted = array_.install(address, line);
  if (!evicted.dirty) return;
  ++stats_.writebacks;
  MemoryAccess& writeback = pool_.take();
  writeback.prepare(evicted.line, static_cast<unsigned>(line_bytes_), true);
  writeback.info.by_cache = true;
  writeback.info.table_line = evicted.table;
  memory_side.send(writeback, cycle + Cycles(1));
}

/// Transfers the bytes an access needs and records where it was served.
void Cache::serve(MemoryAccess& access, ServedBy place) {
  access.info.served_by = place;
  if (access.wants_entry()) access.transfer_entry(memory_);
}

bool Cache::snoop(PhysicalAddress line, bool invalidates) {
  bool dirty = false;
  if (CacheArray::Line* held = array_.peek(line)) {
    dirty = held->dirty;
    held->dirty = held->owned = false;
    if (invalidates) {
      array_.erase(line);
      ++stats_.snooped;
    }
  }
  fills_.for_each([&](MemoryAccess* fetch) {
    if (fetch->physical() != line) return;
    fetch->info.owned = false;
    fetch->info.snooped |= invalidates;
  });
  cpu_side_.arrivals().for_each([&](MemoryAccess* access) {
    if (!comes_back(*access, line)) return;
    access->info.snooped = true;
    dirty = true;
  });
  return dirty;
}

/// Whether the access returns the line from the cache above, without another core having taken it.
bool Cache::comes_back(const MemoryAccess& access, PhysicalAddress line) {
  return access.is_write() && access.info.by_cache && !access.info.snooped && access.physical() == line;
}

bool Cache::holds_or_receives(PhysicalAddress line, Cycles cycle) const {
  const Waiting* waiting = registers_.find(line);
  bool receives = waiting != nullptr && waiting->first->info.missed <= cycle;  // not by a core that runs ahead
  cpu_side_.arrivals().for_each([&](const MemoryAccess* access) { receives |= comes_back(*access, line); });
  return receives || holds(line);
}

bool Cache::owns(PhysicalAddress line) const {
  const CacheArray::Line* held = array_.peek(line);
  return held != nullptr && held->owned;
}

void Cache::report(const std::string& prefix, StatSet& figures) const {
  const auto count = [&](const char* name, std::uint64_t value, const char* unit, const char* meaning) {
    return figures.count(prefix + "." + name, value, unit, meaning);
  };
  figures.begin(Section::Caches);
  figures.adds_up(prefix + ".lookups", {prefix + ".hits", prefix + ".misses"});
  figures.adds_up(prefix + ".misses", {prefix + ".sent_down", prefix + ".merged_misses", prefix + ".found_after_wait",
                                       prefix + ".written_whole"});
  count("lookups", stats_.lookups(), "accesses", "accesses looked up in this cache");
  count("hits", stats_.hits, "accesses", "lookups that hit");
  count("misses", stats_.misses, "accesses", "lookups that missed: the four kinds below");
  count("sent_down", stats_.sent_down, "accesses", "misses that started a fetch from the next level")
      .explain("misses that fetched their line from the next level");
  count("merged_misses", stats_.merged_misses, "accesses", "misses merged with an outstanding fetch of their line")
      .explain("misses merged with an outstanding fetch of the same line");
  count("found_after_wait", stats_.found_after_wait, "accesses",
        "misses that waited for a free miss register and then found their line")
      .explain("misses that waited for a free miss register; by then their line had been filled");
  count("written_whole", stats_.written_whole, "accesses",
        "misses that wrote a whole line, which is installed without a fetch: write-backs of the cache above")
      .explain("lines written back by the cache above that were not in this one: no fetch is needed");
  count("table_lookups", stats_.table_lookups, "accesses", "lookups made by page walkers");
  count("table_misses", stats_.table_misses, "accesses", "misses of page walkers");
  count("table_merged_misses", stats_.table_merged_misses, "accesses",
        "of them, those merged with an outstanding fetch of their line")
      .explain("misses of page walkers merged with an outstanding fetch of the same line");
  count("fills", stats_.fills, "lines", "lines fetched from the next level");
  count("writebacks", stats_.writebacks, "lines", "dirty lines written to the next level");
  if (coherent_) {
    count("upgrades", stats_.upgrades, "accesses",
          "fetches of lines present without write permission, since other cores might have had copies");
    count("snooped", stats_.snooped, "lines", "lines removed by snoops for other cores");
  }
  figures.ratio(prefix + ".miss_share", stats_.misses, stats_.lookups(), "share", "misses / lookups");
  figures.per_kilo_instruction(prefix + ".mpki", stats_.misses, "misses", "misses per thousand instructions")
      .explain("misses per thousand instructions: comparable between programs of any length");
  figures
      .ratio(prefix + ".miss_latency_cycles.mean", stats_.miss_cycles, stats_.waits, "cycles",
             "mean over misses that need their line, from the lookup here to the response at the requester; including "
             "waiting for a free miss register")
      .explain(
          "from a miss's lookup in this cache to its response at the requester, including waiting for a miss register");
  figures
      .ratio(prefix + ".table_share", array_.table_lines(), array_.valid_lines(), "share",
             "lines that hold page-table entries / valid lines, at the end")
      .key(walkers_may_ask_)
      .at_end()
      .explain("the share of its lines that held table entries instead of data");
}

}  // namespace tablewalk

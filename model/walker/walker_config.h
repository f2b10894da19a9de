#pragma once

#include <vector>

#include "config/largest.h"
#include "walker/hint_cache_config.h"
#include "walker/page_size_cache_config.h"
#include "walker/walk_cache_config.h"

namespace tablewalk {

/// The walker of the machine: the SystemC model, the Verilated RTL of rtl/, or foreign hardware. The first two are the
/// same design (docs/timing.md), with the same cycles. An instant walker is an idealisation: it responds in the next
/// cycle, without a walk.
enum class WalkerKind : std::uint8_t { SystemC, Rtl, Foreign, Instant };

template <>
struct EnumNames<WalkerKind> {
  static constexpr std::array names = {std::pair{"systemc", WalkerKind::SystemC}, std::pair{"rtl", WalkerKind::Rtl},
                                       std::pair{"foreign", WalkerKind::Foreign},
                                       std::pair{"instant", WalkerKind::Instant}};
};

struct WalkerConfig {
  WalkerKind kind = WalkerKind::SystemC;
  std::string foreign;
  std::uint32_t walkers = 2;
  bool unlimited = false;
  std::uint32_t requests = 64;
  WalkCacheKind walk_cache_kind = WalkCacheKind::SplitTranslation;
  std::vector<WalkCacheConfig> walk_caches;
  HintCacheConfig cuckoo_walk_caches;
  PageSizeCacheConfig page_size_cache;
  bool evaluate_every_cycle = false;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("kind", kind, "",
               "systemc: the model; rtl: the hardware of rtl/, in one of the variants built into the program; "
               "foreign: third-party hardware; instant: every request is answered in the next cycle, without a "
               "walk (an idealisation)");
    keys.value("foreign", foreign, "", "kind: foreign: name of a foreign walker built into the program");
    keys.value("walkers", walkers, "walks", "concurrent walks; further requests queue", largest::in_flight);
    keys.value("unlimited", unlimited, "",
               "true: a walker and a request id per upstream miss register, so that no request waits for one (an "
               "idealisation of kind systemc; `walkers` and `requests` have no effect)");
    keys.value("requests", requests, "requests",
               "outstanding requests in the walker, including merged ones; further requests queue", largest::requests);
    keys.value("walk_cache_kind", walk_cache_kind, "",
               "what paging-structure caches hold: split_translation: pointers by virtual address, a cache per level; "
               "unified_translation: one for all levels; split_page_table, unified_page_table: pointers by their "
               "physical addresses, looked up one after the other; translation_path: an entry has all pointers of a "
               "way. Those for all levels have one element in walk_caches, whose level has no effect");
    keys.list("walk_caches", walk_caches, "paging-structure caches, at most one per level");
    keys.group("cuckoo_walk_caches", cuckoo_walk_caches,
               "caches of the walk tables that mode cuckoo keeps with paging.cuckoo.walk_tables");
    keys.group("page_size_cache", page_size_cache,
               "hashed, hashed-chained and inverted: the page size that the last walk of a region has found, which the "
               "next one looks for first");
    keys.value(
        "evaluate_every_cycle", evaluate_every_cycle, "",
        "rtl and foreign: also clock it in cycles in which it signals quiet, and check that nothing changes; slow");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (walkers == 0) problem("walkers", "0 walkers could walk nothing; expected at least 1");
    if (kind == WalkerKind::Foreign && foreign.empty()) {
      problem("foreign", "no name; expected the name of a walker that is built in");
    }
    if (unlimited && kind != WalkerKind::SystemC) {
      problem("unlimited", "hardware has a fixed number of slots; expected walker.kind: systemc");
    }
    check_walk_caches(problem);
    if (requests == 0) problem("requests", "a walker without requests has nothing to do; expected at least 1");
  }

 private:
  template <class Problem>
  void check_walk_caches(Problem&& problem) const {
    if (for_all_levels(walk_cache_kind) && walk_caches.size() > 1) {
      problem("walk_caches", std::to_string(walk_caches.size()) +
                                 " caches, but this walk_cache_kind has one for all "
                                 "levels; expected one");
      return;
    }
    if (walk_cache_kind == WalkCacheKind::TranslationPath && !walk_caches.empty()) {
      const WalkCacheConfig& path = walk_caches.front();
      if (path.ways != 0 && path.ways != path.entries) {
        problem("walk_caches.0.ways", "a translation path cache is fully associative; expected 0");
        return;
      }
    }
    for (std::size_t i = 1; i < walk_caches.size(); ++i) {
      for (std::size_t before = 0; before < i; ++before) {
        if (walk_caches[before].level != walk_caches[i].level) continue;
        problem("walk_caches." + std::to_string(i) + ".level",
                "walk_caches." + std::to_string(before) + " is of level " + std::to_string(walk_caches[i].level) +
                    " too; expected at most one per level");
        return;
      }
    }
  }
};

}  // namespace tablewalk

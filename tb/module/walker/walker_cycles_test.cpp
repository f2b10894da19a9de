// The cycles of docs/rtl.md in the model.
#include <map>

#include "module/script.h"
#include "module/translation_client.h"
#include "paging/paging_mode.h"
#include "rtl/small_tables.h"
#include "walker/systemc_walker.h"

namespace tablewalk::test::walker_cycles_test {

/// Responds to each access after its specified latency, and records it.
class LateMemory : public sc_core::sc_module {
 public:
  struct Access {
    std::uint64_t cycle;
    std::uint64_t address;
    bool update;
  };

  LateMemory(sc_core::sc_module_name name, PhysicalMemory& bytes)
      : sc_core::sc_module(name), port("port", *this, 0), bytes_(bytes) {}

  bool receive_access(unsigned, MemoryAccess& access, Cycles& cycle) {
    const unsigned cycles = latency(static_cast<unsigned>(presented.size()));
    presented.push_back(
        {cycle.count(), access.get_address(), access.info.operation == AccessInfo::Operation::CompareAndSwap});
    access.transfer_entry(bytes_);
    port.respond(access, cycle + Cycles(cycles));
    return false;
  }

  AccessTargetPort<LateMemory> port;
  std::function<unsigned(unsigned)> latency = [](unsigned) { return 10; };
  std::vector<Access> presented;

 private:
  PhysicalMemory& bytes_;
};

class World {
 public:
  explicit World(const std::string& mode_name = "x86-64")
      : mode(make_paging_mode(mode_name)),
        tables(*mode, bytes_),
        walker_("walker", config(), *mode, 1),
        client_("client"),
        memory_("memory", bytes_),
        script_("script"),
        latency(memory_.latency),
        presented(memory_.presented) {
    client_.translator_side.socket.bind(walker_.tlb_side(0));
    walker_.memory_side.socket.bind(memory_.port.socket);
    client_.root = PhysicalAddress(SmallTables::root);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  void ask(std::uint64_t at, unsigned id, std::uint64_t va, AccessKind kind = AccessKind::Load) {
    asked_.emplace(id, &client_.ask(at, va, kind));
  }
  void invalidate(std::uint64_t at, const Invalidation& what) {
    script_.at(at, [this, what] { client_.invalidate_now(what); });
  }
  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
  }

  std::uint64_t stood(unsigned id) const { return asked_.at(id)->answered.value_or(0); }
  bool faulted(unsigned id) const { return asked_.at(id)->request.answer.faulted; }
  std::uint64_t restarts() const { return walker_.stats().restarts; }
  std::uint64_t walks() const { return walker_.stats().walks; }

 private:
  static WalkerConfig config() {
    WalkerConfig made;
    made.walkers = 4;
    for (const std::uint32_t level : {1, 2}) {
      WalkCacheConfig cache;
      cache.level = level;
      made.walk_caches.push_back(cache);
    }
    return made;
  }

  PhysicalMemory bytes_;

 public:
  std::shared_ptr<const PagingMode> mode;
  SmallTables tables;

 private:
  SystemCWalker walker_;
  TranslationClient client_;
  LateMemory memory_;
  Script script_;
  std::map<unsigned, const TranslationClient::Asked*> asked_;

 public:
  std::function<unsigned(unsigned)>& latency;
  const std::vector<LateMemory::Access>& presented;
};

}  // namespace tablewalk::test::walker_cycles_test

#include "support/walker_cycles.h"

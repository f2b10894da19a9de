// The cycles of docs/rtl.md in the RTL.
#include <map>

#include "Vwalker4.h"
#include "protocol/invalidation.h"
#include "rtl/small_tables.h"
#include "rtl/walker_bench.h"

namespace tablewalk::test::walker_cycles_test {

class World : public WalkerBench<Vwalker4> {
 public:
  explicit World(const std::string& mode_name = "x86-64")
      : WalkerBench(mode_name), tables(*mode, WalkerBench::memory), latency([](unsigned) { return 10; }) {
    WalkerBench::latency = [this] { return latency(accesses_++); };
  }

  void ask(std::uint64_t at, unsigned id, std::uint64_t va, AccessKind kind = AccessKind::Load) {
    asked_.emplace(at, request(id, va, {kind, true}));
  }
  void invalidate(std::uint64_t at, const Invalidation& what) {
    const Invalidation::Covered covered = what.covered();
    RtlInvalidation made;
    made.all = what.scope == Invalidation::Scope::All;
    if (covered.space) made.asid = what.asid;
    if (covered.page) made.va = what.va.value();
    made.global = covered.global;
    made.pointers = covered.pointers;
    invalidations_.emplace(at, made);
  }
  void run() {
    do {
      for (; !asked_.empty() && asked_.begin()->first == cycle; asked_.erase(asked_.begin())) {
        requests.push_back(asked_.begin()->second);
      }
      for (; !invalidations_.empty() && invalidations_.begin()->first == cycle;
           invalidations_.erase(invalidations_.begin())) {
        invalidation = invalidations_.begin()->second;
      }
      tick();
      ASSERT_LT(cycle, 10000u);
    } while (!asked_.empty() || !invalidations_.empty() || !requests.empty() || !taken.empty());
    ASSERT_TRUE(finish());
  }

  std::uint64_t stood(unsigned id) const { return answer_to(id).stood; }
  bool faulted(unsigned id) const { return answer_to(id).fault != 0; }
  unsigned restarts() const { return events.restarts; }
  unsigned walks() const { return events.walks; }

  SmallTables tables;
  std::function<unsigned(unsigned)> latency;

 private:
  RtlAnswer answer_to(unsigned id) const {
    for (const RtlAnswer& answer : answers) {
      if (answer.id == id) return answer;
    }
    ADD_FAILURE() << "no answer to " << id;
    return {};
  }

  unsigned accesses_ = 0;
  std::multimap<std::uint64_t, RtlRequest> asked_;
  std::multimap<std::uint64_t, RtlInvalidation> invalidations_;
};

}  // namespace tablewalk::test::walker_cycles_test

#include "support/walker_cycles.h"

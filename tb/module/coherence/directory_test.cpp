#include "coherence/directory.h"
#include "cache/first_level_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "module/access_client.h"
#include "module/fake_memory.h"
#include "support/dice.h"

namespace tablewalk::test::directory_test {
namespace {

constexpr std::uint64_t line_bytes = 64;
constexpr std::uint64_t lower_latency = 40;

/// Of a random shape, so small that lines are evicted all the time.
CacheConfig random_cache(Dice& dice, std::uint32_t largest_ways) {
  CacheConfig config;
  config.ways = dice.number(1, largest_ways);
  config.bytes = ByteSize{line_bytes * config.ways * (1U << dice.number(0, 2))};
  config.latency_cycles = Cycles(dice.number(1, 12));
  config.tag_cycles = Cycles(dice.number(1, 6));
  config.miss_registers = dice.chance(40) ? 1 : dice.number(2, 8);
  return config;
}

/// Reads table entries and increments them, like walkers that set bits: a compare-and-swap writes the value read plus
/// one. Or loads and stores, some of them whole lines, like a core and its kernel.
class User final : public TimedModule {
 public:
  enum class Kind { Walker, Core, CoreAtOnce };

  User(sc_core::sc_module_name name, Kind kind, std::uint64_t seed, unsigned lines, std::uint64_t operations)
      : TimedModule(name, kind == Kind::Walker ? Phase::Beginning : Phase::Middle),
        memory_side("memory_side", *this),
        dice_(seed),
        lines_(lines),
        left_(operations),
        kind_(kind) {
    wake_at(Cycles(1));
  }

  void receive_response(unsigned, MemoryAccess& access, Cycles visible) {
    last_answer_ = std::max(last_answer_, visible);
    finish(access);
    wake_at(visible);
  }
  void finish(MemoryAccess& access) {
    ++answered_;
    if (access.info.table_entry()) {
      if (access.info.swapped && access.info.held == access.info.expected) ++written_;
      seen_ = access.info.held;
    }
    --outstanding_;
    access.release();
  }

  std::uint64_t written() const { return written_; }
  bool finished() const { return left_ == 0 && outstanding_ == 0; }

  AccessInitiatorPort<User> memory_side;

 private:
  void on_cycle() override {
    while (left_ != 0 && outstanding_ < 6 && !dice_.chance(40)) ask();
    if (left_ != 0) wake_at(now() + Cycles(dice_.number(1, 9)));
  }
  void ask() {
    --left_;
    ++outstanding_;
    MemoryAccess& access = pool_.take();
    const PhysicalAddress line(0x10000 + line_bytes * dice_.between(0, lines_ - 1));
    if (kind_ != Kind::Walker && dice_.chance(15)) {
      access.prepare(line, line_bytes, true);
    } else {
      access.prepare(line + 8 * dice_.between(0, 1), 8, kind_ != Kind::Walker && dice_.chance(40));
    }
    if (kind_ == Kind::Walker) access.info.entry_for = TranslationId(0, 1);
    if (kind_ == Kind::Walker && dice_.chance(50)) {
      access.info.operation = AccessInfo::Operation::CompareAndSwap;
      access.info.expected = seen_;
      access.info.desired = seen_ + 1;
    }
    Cycles cycle = now() + Cycles(kind_ == Kind::CoreAtOnce ? 0 : 1);
    if (kind_ != Kind::CoreAtOnce) return memory_side.send(access, cycle);
    if (memory_side.access(access, cycle)) finish(access);
  }

  AccessPool pool_;
  Dice dice_;
  unsigned lines_;
  std::uint64_t left_;
  Kind kind_;
  std::uint64_t outstanding_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t seen_ = 0;
  Cycles last_answer_;
};

/// Cores with one or two levels of caches, each with a core and a walker above them; a directory; memory of a fixed
/// latency.
class Bench final : public TimedModule {
 public:
  Bench(sc_core::sc_module_name name_of_bench, std::uint64_t seed, std::uint64_t operations)
      : TimedModule(name_of_bench, Phase::End), dice_(seed) {
    cores_ = dice_.number(2, 5);
    lines_ = dice_.number(1, 12);
    CoherenceConfig config;
    config.directory_cycles = Cycles(dice_.number(1, 5));
    config.snoop_cycles = config.directory_cycles + Cycles(dice_.number(3, 20));
    const bool first_level = dice_.chance(75);
    const bool second_level = first_level && dice_.chance(60);
    const bool shared_walker = dice_.chance(30);
    std::vector<std::optional<unsigned>> ports;
    for (unsigned core = 0; core < cores_; ++core) ports.emplace_back(core);
    if (shared_walker) ports.emplace_back(std::nullopt);
    directory = std::make_unique<Directory>("directory", config, line_bytes, cores_, ports);
    using Kind = FirstLevelCache::PortKind;
    shared = std::make_unique<Cache>("shared", ServedBy::Llc, random_cache(dice_, 8), line_bytes, bytes, 1);
    lower = std::make_unique<FakeMemory>("lower", lower_latency);
    directory->memory_side.socket.bind(shared->cpu_side(0));
    shared->memory_side.socket.bind(lower->cpu_side());
    for (unsigned core = 0; core < cores_; ++core) {
      const auto name = [&](const char* part) { return part + std::to_string(core); };
      const std::vector<Kind> ports_of_first{Kind::Registered, first_level ? Kind::AtOnce : Kind::Registered};
      caches_.push_back(std::make_unique<FirstLevelCache>(name("l1_").c_str(), ServedBy::L1, random_cache(dice_, 2),
                                                          line_bytes, bytes, ports_of_first));
      Cache& first = *caches_.back();
      Cache* last = &first;
      if (second_level) {
        caches_.push_back(
            std::make_unique<Cache>(name("l2_").c_str(), ServedBy::L2, random_cache(dice_, 4), line_bytes, bytes, 1));
        last = caches_.back().get();
        first.memory_side.socket.bind(last->cpu_side(0));
        directory->add_cache(core, *last);
        of_core_.push_back({&first, last});
      } else {
        of_core_.push_back({&first});
      }
      directory->add_cache(core, first);
      last->memory_side.socket.bind(directory->cpu_side(core));
      add_user(name("walker_"), User::Kind::Walker, operations).memory_side.socket.bind(first.cpu_side(0));
      add_user(name("core_"), first_level ? User::Kind::CoreAtOnce : User::Kind::Core, operations)
          .memory_side.socket.bind(first.cpu_side(1));
    }
    if (shared_walker) {
      add_user("walker", User::Kind::Walker, operations).memory_side.socket.bind(directory->cpu_side(cores_));
    }
    wake_at(Cycles(1));
  }

  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    std::uint64_t written = 0;
    for (const auto& user : users_) {
      ASSERT_TRUE(user->finished()) << user->name() << " waits for ever";
      written += user->written();
    }
    std::uint64_t counted = 0;
    for (unsigned line = 0; line < lines_; ++line) {
      for (unsigned word = 0; word < 2; ++word) counted += bytes.read(address_of(line) + 8 * word, 8);
    }
    EXPECT_GT(written, 0u);
    EXPECT_EQ(counted, written);
    EXPECT_GT(directory->stats().dirty_snoops, 0u);
  }

  PhysicalMemory bytes;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<Cache> shared;
  std::unique_ptr<FakeMemory> lower;

 private:
  User& add_user(const std::string& name, User::Kind kind, std::uint64_t operations) {
    users_.push_back(std::make_unique<User>(name.c_str(), kind, dice_.between(0, 1U << 30), lines_, operations));
    return *users_.back();
  }
  PhysicalAddress address_of(unsigned line) const { return PhysicalAddress(0x10000 + line_bytes * line); }

  /// If a core may write a line, no other core has it.
  void on_cycle() override {
    bool busy = false;
    for (const auto& user : users_) busy |= !user->finished();
    if (busy) wake_at(now() + Cycles(1));
    for (unsigned line = 0; line < lines_; ++line) check(address_of(line));
  }
  void check(PhysicalAddress line) const {
    for (unsigned owner = 0; owner < cores_; ++owner) {
      for (const Cache* cache : of_core_[owner]) {
        if (!cache->owns(line)) continue;
        for (unsigned other = 0; other < cores_; ++other) {
          for (const Cache* its : of_core_[other]) {
            ASSERT_FALSE(other != owner && its->holds(line))
                << "cycle " << now().count() << ": " << its->name() << " holds what " << cache->name() << " may write";
          }
        }
      }
    }
  }

  Dice dice_;
  unsigned cores_;
  unsigned lines_;
  std::vector<std::unique_ptr<Cache>> caches_;
  std::vector<std::vector<Cache*>> of_core_;
  std::vector<std::unique_ptr<User>> users_;
};

class Coherence : public testing::TestWithParam<std::uint64_t> {};

/// A million operations in all.
TEST_P(Coherence, AWriterIsAloneAndNobodyWaitsForEver) {
  const std::uint64_t seed = setting("TABLEWALK_SEED", 1) + GetParam();
  std::printf("seed %llu (TABLEWALK_SEED and %llu)\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(GetParam()));
  Bench bench("bench", seed, 6000);
  bench.run();
}
INSTANTIATE_TEST_SUITE_P(Seeds, Coherence, testing::Range(std::uint64_t{0}, std::uint64_t{24}));

}  // namespace
}  // namespace tablewalk::test::directory_test

// The walker in hardware: invalidations and resets wherever a slot stands, and in the cycle of whatever else happens.
// Random traffic brings the slots everywhere; what was met is counted, and nothing may be missing.
#include <gtest/gtest.h>

#include <algorithm>

#include "Vwalker4.h"
#include "Vwalker4___024root.h"
#include "rtl/small_tables.h"
#include "rtl/walker_bench.h"

namespace tablewalk::test::walker_phases_test {
namespace {

constexpr unsigned slots = 4;
constexpr unsigned pages = 6;
constexpr unsigned spaces = 2;

constexpr unsigned read_failed = 7;
constexpr unsigned not_present = 11;

/// Where a slot stands; up to WantsAnswer and Closing by the walker's own numbers.
enum Place : unsigned {
  Idle,
  LooksUp,
  WantsMemory,
  WaitsForMemory,
  WantsOwnAnswer,
  Closing,
  WantsJoinedAnswer,
  places
};
constexpr std::array place_names = {"Idle",           "LooksUp", "WantsMemory",      "WaitsForMemory",
                                    "WantsOwnAnswer", "Closing", "WantsJoinedAnswer"};

/// What else happens in a cycle.
enum Event : unsigned {
  RequestTaken,
  RequestReplayed,
  MemoryAccepted,
  MemoryAnswers,
  AnswerTaken,
  Nothing,
  events_met
};
constexpr std::array event_names = {"RequestTaken",  "RequestReplayed", "MemoryAccepted",
                                    "MemoryAnswers", "AnswerTaken",     "Nothing"};

enum Kind : unsigned { Everything, NoScope, Space, Page, PageOfEverySpace, kinds };
constexpr std::array kind_names = {"Everything", "NoScope", "Space", "Page", "PageOfEverySpace"};

/// Pages of regions of 2 MiB of their own; two lie within one entry of the root and are concerned by each other's
/// invalidations.
constexpr std::uint64_t va_of(unsigned page) {
  return 0x40001000 + std::uint64_t{page} * 0x200000 + std::uint64_t{page / 2} * 0x8000000000;
}

/// How often each thing was met.
template <std::size_t Rows, std::size_t Columns>
using Matrix = std::array<std::array<unsigned, Columns>, Rows>;

/// The walker amid random traffic. A frame's number tells how often its page had moved by then.
class Traffic : public WalkerBench<Vwalker4> {
 public:
  Traffic(Dice& the_dice, const std::string& mode_name)
      : WalkerBench(mode_name), dice(the_dice), tables(*mode, WalkerBench::memory) {
    for (unsigned page = 0; page < pages; ++page) move(page, false);
    const unsigned slowest = dice.number(1, 20);
    const unsigned memory_busy = dice.number(0, 90);
    const unsigned answers_late = dice.number(0, 90);
    const unsigned refusals = dice.chance(30) ? 15 : 0;
    const unsigned failures = dice.chance(20) ? 5 : 0;
    latency = [this, slowest] { return dice.number(1, slowest); };
    memory_ready = [this, memory_busy] { return !dice.chance(memory_busy); };
    answer_ready = [this, answers_late] { return !dice.chance(answers_late); };
    retries = [this, refusals] { return dice.chance(refusals); };
    fails = [this, failures] { return dice.chance(failures); };
  }

  Place place(unsigned slot) {
    const unsigned state = pins().rootp->walker__DOT__u_states__DOT__state_q[slot];
    if (state == WantsOwnAnswer && (pins().rootp->walker__DOT__u_states__DOT__own_q >> slot & 1) == 0)
      return WantsJoinedAnswer;
    return static_cast<Place>(state);
  }

  /// Now and then a request, of one of few pages.
  void maybe_ask(unsigned percent) {
    const unsigned id = dice.number(0, 15);
    if (!dice.chance(percent) || asked.count(id) != 0 || requests.size() > 1) return;
    const unsigned page = dice.number(0, pages - 1);
    const auto kind = dice.chance(40) ? AccessKind::Store : AccessKind::Load;
    const auto space = static_cast<std::uint16_t>(dice.number(0, spaces - 1));
    requests.push_back(request(id, va_of(page), {kind, true}, rtl::spaces[space]));
    asked[id] = {page, space};
  }

  /// The page gets another frame, with its table if `with_table`; the entries are fresh, so that walks update them.
  void move(unsigned page, bool with_table) {
    LeafSpec spec;
    spec.accessed = dice.chance(50);
    spec.dirty = spec.accessed && dice.chance(50);
    const std::uint64_t frame = (std::uint64_t{++moves_[page]} << 4 | page) << 12;
    if (with_table) tables.move_table(va_of(page), frame);
    tables.map(va_of(page), frame, spec);
  }

  struct Question {
    unsigned page;
    unsigned space;
  };
  Dice& dice;
  SmallTables tables;
  std::map<unsigned, Question> asked;  ///< by id
  unsigned moves(unsigned page) const { return moves_[page]; }

 private:
  std::array<unsigned, pages> moves_{};
};

/// Traffic with invalidations; whatever they cover has moved in their cycle.
class Invalidated : public Traffic {
 public:
  using Traffic::Traffic;

  Matrix<kinds, places> met_places{};
  Matrix<places, events_met> met_events{};

  void step(unsigned percent) {
    maybe_ask(60);
    std::optional<Kind> kind;
    if (dice.chance(percent)) kind = choose();
    std::array<Place, slots> before{};
    for (unsigned slot = 0; slot < slots; ++slot) before[slot] = place(slot);
    const unsigned restarts_before = events.restarts;
    const bool replay_waits = pins().rootp->walker__DOT__u_requests__DOT__replay_q;
    const bool has_idle = std::count(before.begin(), before.end(), Idle) > 0;
    const bool accepts = pins().mem_req_valid_o;
    tick();
    if (kind) note(*kind, before, has_idle && replay_waits, accepts && pins().mem_req_ready_i);
    if (!kind) {
      EXPECT_EQ(events.restarts, restarts_before) << "without an invalidation";
    } else if (*kind == Everything || *kind == NoScope) {
      for (unsigned slot = 0; slot < slots; ++slot) expect_nothing_of_before(before[slot], place(slot));
    }
    check_answers();
  }

 private:
  Kind choose() {
    const auto kind = static_cast<Kind>(dice.number(0, kinds - 1));
    const unsigned page = dice.number(0, pages - 1);
    const auto space = static_cast<std::uint16_t>(dice.number(0, spaces - 1));
    RtlInvalidation made;
    made.all = kind == Everything;
    if (kind == Space || kind == Page) made.asid = rtl::spaces[space];
    if (kind == Page || kind == PageOfEverySpace) made.va = va_of(page) + dice.number(0, 0xFFF);
    invalidation = made;
    for (unsigned moved = 0; moved < pages; ++moved) {
      if (made.va && moved != page) continue;
      // A pointer may change only if every space forgets it.
      if (dice.chance(70)) move(moved, !made.asid && dice.chance(50));
      for (unsigned of = 0; of < spaces; ++of) {
        if (made.asid && of != space) continue;
        covered_[moved][of].push_back({cycle, moves(moved)});
      }
    }
    return kind;
  }

  void note(Kind kind, const std::array<Place, slots>& before, bool replays, bool memory_accepts) {
    std::array<bool, events_met> met{};
    met[RequestReplayed] = replays;
    met[RequestTaken] = !replays && request_was_taken();
    met[MemoryAccepted] = memory_accepts;
    met[MemoryAnswers] = pins().mem_rsp_valid_i;
    met[AnswerTaken] = answers.size() > checked_;
    met[Nothing] = std::count(met.begin(), met.end(), true) == 0;
    for (const Place place : before) {
      ++met_places[kind][place];
      for (unsigned event = 0; event < events_met; ++event) met_events[place][event] += met[event] ? 1 : 0;
    }
  }
  bool request_was_taken() const {
    return std::any_of(taken.begin(), taken.end(), [&](const auto& of) { return of.second + 1 == cycle; });
  }

  /// After everything was invalidated no slot goes on with what it knew.
  static void expect_nothing_of_before(Place before, Place after) {
    EXPECT_TRUE(after == Idle || after == LooksUp || after == Closing)
        << "from " << place_names[before] << " to " << place_names[after];
  }

  /// What comes to stand two cycles after an invalidation, or later, is of after.
  void check_answers() {
    for (; checked_ < answers.size(); ++checked_) {
      const RtlAnswer& answer = answers[checked_];
      const Question question = asked.at(answer.id);
      asked.erase(answer.id);
      if (answer.fault == read_failed) continue;
      // One that comes to stand in the cycle after may be of both: an old pointer, and the new bytes that it led to.
      if (answer.fault == not_present && invalidated_before(answer, question)) continue;
      ASSERT_EQ(answer.fault, 0u);
      ASSERT_EQ(answer.page >> 12 & 15, question.page);
      unsigned oldest = 0;
      for (const Covered& covered : covered_[question.page][question.space]) {
        if (covered.cycle + 1 < answer.stood) oldest = covered.moves;
      }
      ASSERT_GE(answer.page >> 16, oldest) << "page " << question.page << " stood in " << answer.stood;
    }
  }

  struct Covered {
    std::uint64_t cycle;
    unsigned moves;
  };
  bool invalidated_before(const RtlAnswer& answer, const Question& question) const {
    const auto& all = covered_[question.page][question.space];
    return std::any_of(all.begin(), all.end(), [&](const Covered& of) { return of.cycle + 1 == answer.stood; });
  }
  std::array<std::array<std::vector<Covered>, spaces>, pages> covered_;
  std::size_t checked_ = 0;
};

template <std::size_t Rows, std::size_t Columns>
void add(Matrix<Rows, Columns>& sum, const Matrix<Rows, Columns>& more) {
  for (std::size_t row = 0; row < Rows; ++row) {
    for (std::size_t column = 0; column < Columns; ++column) sum[row][column] += more[row][column];
  }
}

TEST(RtlWalkerPhases, EveryInvalidationWhereverASlotStandsIsObeyed) {
  Matrix<kinds, places> met_places{};
  Matrix<places, events_met> met_events{};
  const std::vector<std::string> modes = {"x86-64", "sv48", "radix:9,9,9,9/12@8"};
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    Invalidated traffic(dice, dice.pick(modes));
    const unsigned percent = dice.number(1, 25);
    for (unsigned i = 0; i < 3000; ++i) {
      traffic.step(percent);
      if (testing::Test::HasFailure()) FAIL() << "seed " << seed << " cycle " << traffic.cycle;
    }
    for (unsigned i = 0; i < 5000 && !traffic.asked.empty(); ++i) traffic.step(0);
    ASSERT_TRUE(traffic.finish());
    add(met_places, traffic.met_places);
    add(met_events, traffic.met_events);
  }
  if (setting("TABLEWALK_RUNS", 60) < 60) return;
  for (unsigned place = 0; place < places; ++place) {
    for (unsigned kind = 0; kind < kinds; ++kind) {
      EXPECT_GT(met_places[kind][place], 0u) << kind_names[kind] << " of a slot that is " << place_names[place];
    }
    for (unsigned event = 0; event < events_met; ++event) {
      EXPECT_GT(met_events[place][event], 0u) << event_names[event] << " with a slot that is " << place_names[place];
    }
  }
}

/// What a walker does from here on with a fixed list of requests, cycle by cycle.
std::vector<std::uint64_t> behaviour(Traffic& bench) {
  bench.latency = [] { return 3u; };
  bench.memory_ready = bench.answer_ready = [] { return true; };
  bench.retries = bench.fails = [] { return false; };
  bench.presented.clear();
  bench.answers.clear();
  const std::uint64_t begin = bench.cycle;
  for (unsigned id = 0; id < 12; ++id) {
    bench.requests.push_back(request(id, va_of(id * 5 % pages), {}, static_cast<std::uint16_t>(id / 6)));
  }
  EXPECT_TRUE(bench.finish(2000));
  std::vector<std::uint64_t> seen;
  for (const RtlAccess& access : bench.presented) {
    seen.insert(seen.end(), {access.cycle - begin, access.address, access.update, access.tag});
  }
  for (const RtlAnswer& answer : bench.answers) {
    seen.insert(seen.end(), {answer.stood - begin, answer.id, answer.page});
  }
  return seen;
}

/// All that a walker shows.
std::vector<std::uint64_t> outputs(Vwalker4& pins) {
  return {pins.req_ready_o,  pins.rsp_valid_o, pins.mem_req_valid_o, pins.inv_ready_o,   pins.idle_o,
          pins.quiet_o,      pins.ev_walk_o,   pins.ev_merge_o,      pins.ev_replay_o,   pins.ev_cache_lookup_o,
          pins.ev_read_o,    pins.ev_update_o, pins.ev_cache_hit_o,  pins.ev_done_o,     pins.ev_fault_o,
          pins.ev_restart_o, pins.rsp_id_o,    pins.rsp_entry_o,     pins.mem_req_tag_o, pins.mem_req_addr_o};
}

TEST(RtlWalkerPhases, AfterAResetWhereverASlotStandsItIsLikeNew) {
  std::array<unsigned, places> met{};
  for (const std::uint64_t seed : printed_seeds(400)) {
    Dice dice(seed);
    Traffic used(dice, "x86-64");
    for (unsigned i = dice.number(5, 200); i > 0; --i) {
      used.maybe_ask(60);
      if (dice.chance(3)) used.invalidation = RtlInvalidation{};
      used.tick();
      for (const RtlAnswer& answer : used.answers) used.asked.erase(answer.id);
      used.answers.clear();
    }
    for (unsigned slot = 0; slot < slots; ++slot) ++met[used.place(slot)];

    // Asynchronous: without a clock edge.
    used.pins().rst_ni = 0;
    used.pins().eval();
    Vwalker4& fresh = lasting_model<Vwalker4>();
    for (const int level : {0, 1, 0, 1, 0}) {
      fresh.clk_i = static_cast<std::uint8_t>(level);
      fresh.eval();
    }
    EXPECT_EQ(outputs(used.pins()), outputs(fresh)) << "seed " << seed;
    EXPECT_EQ(int{used.pins().inv_ready_o}, 0);
    EXPECT_TRUE(used.idle() && used.quiet() && used.request_ready());

    used.requests.clear();
    used.taken.clear();
    used.reset();
    // Another walker on the same tables, for which nothing has happened yet.
    Traffic other(dice, "x86-64");
    for (Traffic* bench : {&used, &other}) {
      for (unsigned page = 0; page < pages; ++page) bench->tables.map(va_of(page), 0x100000 + (page << 12));
    }
    ASSERT_EQ(behaviour(used), behaviour(other)) << "seed " << seed;
  }
  if (setting("TABLEWALK_RUNS", 400) < 400) return;
  for (unsigned place = 0; place < places; ++place) EXPECT_GT(met[place], 0u) << place_names[place];
}

}  // namespace
}  // namespace tablewalk::test::walker_phases_test

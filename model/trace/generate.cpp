#include "trace/generate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/error.h"
#include "trace/random_source.h"
#include "trace/record_check.h"
#include "trace/record_checksum.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t tree_node_bytes = 4096;
constexpr std::uint64_t tree_entry_bytes = 16;  // a key and a child's number, or a value
constexpr std::uint64_t tree_fanout = tree_node_bytes / tree_entry_bytes;
constexpr std::uint32_t word_bytes = 8;

Record access(std::uint64_t address, std::uint32_t size, RecordKind kind) {
  return Record{VirtualAddress(address), size, kind};
}

/// State of a pattern; each call returns its next access.
using NextAccess = std::function<Record()>;

/// Accesses at addresses from `next_offset`, a share of them stores.
template <class NextOffset>
NextAccess loads_and_stores(const GeneratorConfig& config, RandomSource& random, NextOffset next_offset) {
  return [config, &random, next_offset]() mutable {
    const std::uint64_t address = config.base + next_offset();
    const bool store = config.store_share > 0.0 && random.share() < config.store_share;
    return access(address, config.element, store ? RecordKind::Store : RecordKind::Load);
  };
}

NextAccess sequence(const GeneratorConfig& config, RandomSource& random, std::uint64_t step) {
  const std::uint64_t positions = (config.footprint - config.element) / step + 1;
  return loads_and_stores(config, random, [step, positions, position = std::uint64_t{0}]() mutable {
    const std::uint64_t offset = position * step;
    position = position + 1 == positions ? 0 : position + 1;
    return offset;
  });
}

NextAccess uniform(const GeneratorConfig& config, RandomSource& random) {
  const std::uint64_t elements = config.footprint / config.element;
  return loads_and_stores(config, random,
                          [&random, elements, size = config.element] { return random.below(elements) * size; });
}

NextAccess zipf(const GeneratorConfig& config, RandomSource& random) {
  const std::uint64_t elements = config.footprint / config.element;
  const ZipfSource ranks(elements, config.zipf_exponent);
  const Scatter scatter(elements);  // neighbours in rank are not neighbours in memory
  return loads_and_stores(config, random, [&random, ranks, scatter, size = config.element] {
    return scatter(ranks.draw(random) - 1) * size;
  });
}

NextAccess pointer_chase(const GeneratorConfig& config, RandomSource& random) {
  const std::uint64_t stride = config.stride.value_or(config.element);
  ScatteredCycle cycle((config.footprint - config.element) / stride + 1, random);
  return [config, stride, cycle]() mutable {
    Record record = access(config.base + cycle.next() * stride, config.element, RecordKind::Load);
    record.distance = 1;
    return record;
  };
}

NextAccess gups(const GeneratorConfig& config, RandomSource& random) {
  const std::uint64_t words = config.footprint / word_bytes;
  return [config, &random, words, address = std::uint64_t{0}, write_back = false]() mutable {
    if (!write_back) address = config.base + random.below(words) * word_bytes;
    write_back = !write_back;
    return access(address, word_bytes, write_back ? RecordKind::Load : RecordKind::Store);
  };
}

/// The loop nest of a blocked multiplication as a state machine that stops after every access. A, B and C are
/// contiguous; C[i][j] is kept in a register during a block's inner loop and updated after it.
class MatrixMultiply {
 public:
  explicit MatrixMultiply(const GeneratorConfig& config) : config_(config) {}

  Record operator()() {
    const std::uint64_t i = block_i_ + i_;
    const std::uint64_t j = block_j_ + j_;
    const std::uint64_t k = block_k_ + k_;
    switch (step_) {
      case Step::LoadA:
        step_ = Step::LoadB;
        return element(0, i, k, RecordKind::Load);
      case Step::LoadB: {
        const Record record = element(1, k, j, RecordKind::Load);
        step_ = ++k_ == extent(block_k_) ? Step::UpdateC : Step::LoadA;
        return record;
      }
      default: {
        const Record record = element(2, i, j, RecordKind::Modify);
        step_ = Step::LoadA;
        advance();
        return record;
      }
    }
  }

 private:
  enum class Step { LoadA, LoadB, UpdateC };

  std::uint64_t extent(std::uint64_t start) const { return std::min(config_.block, config_.matrix - start); }

  void advance() {
    k_ = 0;
    if (++j_ < extent(block_j_)) return;
    j_ = 0;
    if (++i_ < extent(block_i_)) return;
    i_ = 0;
    if ((block_k_ += config_.block) < config_.matrix) return;
    block_k_ = 0;
    if ((block_j_ += config_.block) < config_.matrix) return;
    block_j_ = 0;
    if ((block_i_ += config_.block) >= config_.matrix) block_i_ = 0;
  }

  Record element(std::uint64_t matrix, std::uint64_t row, std::uint64_t column, RecordKind kind) const {
    const std::uint64_t index = (matrix * config_.matrix + row) * config_.matrix + column;
    return access(config_.base + index * word_bytes, word_bytes, kind);
  }

  GeneratorConfig config_;
  Step step_ = Step::LoadA;
  std::uint64_t block_i_ = 0, block_j_ = 0, block_k_ = 0;
  std::uint64_t i_ = 0, j_ = 0, k_ = 0;
};

/// Lookups in a tree whose levels are contiguous, root first; each node is searched by bisection.
class TreeLookup {
 public:
  TreeLookup(const GeneratorConfig& config, RandomSource& random) : base_(config.base), random_(random) {
    // As many leaves as fit together with the levels above them.
    leaves_ = config.footprint / tree_node_bytes;
    while (leaves_ > 1 && total_nodes(leaves_) * tree_node_bytes > config.footprint) --leaves_;
    for (std::uint64_t nodes = leaves_; nodes > 1; nodes = parents(nodes)) level_nodes_.push_back(nodes);
    level_nodes_.push_back(1);
    std::reverse(level_nodes_.begin(), level_nodes_.end());
    start_lookup();
  }

  Record operator()() {
    const std::uint64_t middle = low_ + (high_ - low_) / 2;
    const Record record = access(entry_address(middle), word_bytes, RecordKind::Load);
    if (middle <= slot_) {
      low_ = middle + 1;
    } else {
      high_ = middle;
    }
    if (low_ >= high_) descend();
    return record;
  }

 private:
  static std::uint64_t parents(std::uint64_t nodes) { return (nodes + tree_fanout - 1) / tree_fanout; }
  static std::uint64_t total_nodes(std::uint64_t leaves) {
    std::uint64_t total = 1;
    for (std::uint64_t nodes = leaves; nodes > 1; nodes = parents(nodes)) total += nodes;
    return total;
  }

  void start_lookup() {
    key_ = random_.below(leaves_ * tree_fanout);
    level_ = 0;
    first_node_ = 0;
    enter_node();
  }

  void enter_node() {
    std::uint64_t child_keys = 1;
    for (std::size_t below = level_ + 1; below < level_nodes_.size(); ++below) child_keys *= tree_fanout;
    node_ = first_node_ + key_ / child_keys / tree_fanout;
    slot_ = key_ / child_keys % tree_fanout;
    low_ = 0;
    high_ = tree_fanout;
  }

  void descend() {
    first_node_ += level_nodes_[level_];
    if (++level_ == level_nodes_.size()) {
      start_lookup();
    } else {
      enter_node();
    }
  }

  std::uint64_t entry_address(std::uint64_t slot) const {
    return base_ + node_ * tree_node_bytes + slot * tree_entry_bytes;
  }

  std::uint64_t base_;
  RandomSource& random_;
  std::uint64_t leaves_ = 1;
  std::vector<std::uint64_t> level_nodes_;  // root first
  std::uint64_t key_ = 0;
  std::size_t level_ = 0;
  std::uint64_t first_node_ = 0;  // of this level
  std::uint64_t node_ = 0;
  std::uint64_t slot_ = 0;  // position of the key in the node
  std::uint64_t low_ = 0, high_ = 0;
};

NextAccess make_pattern(const GeneratorConfig& config, RandomSource& random) {
  switch (config.pattern) {
    case Pattern::Sequential:
      return sequence(config, random, config.element);
    case Pattern::Stride:
      return sequence(config, random, config.stride.value_or(default_stride));
    case Pattern::Uniform:
      return uniform(config, random);
    case Pattern::Zipf:
      return zipf(config, random);
    case Pattern::PointerChase:
      return pointer_chase(config, random);
    case Pattern::Gups:
      return gups(config, random);
    case Pattern::MatrixMultiply:
      return MatrixMultiply(config);
    case Pattern::BTree:
      return TreeLookup(config, random);
  }
  return uniform(config, random);
}

class Generator : public TraceReader {
 public:
  explicit Generator(const GeneratorConfig& config)
      : count_(config.count), random_(config.seed), next_(make_pattern(config, random_)) {
    const std::string& name = pattern_names()[static_cast<std::size_t>(config.pattern)];
    description_.path = config.name.empty() ? "generated:" + name : config.name;
    description_.format = "generated";
    description_.provenance = fmt::format("generated: {}, seed {}, footprint {} bytes, element {} bytes", name,
                                          config.seed, config.footprint, config.element);
    description_.records = config.count;
    // In a B-tree the address depends on a load of the parent, but which one is not tracked.
    description_.dependences = config.pattern != Pattern::BTree;
  }

  const TraceDescription& description() const override { return description_; }
  double progress() const override {
    return count_ == 0 ? 1.0 : static_cast<double>(made_) / static_cast<double>(count_);
  }
  std::uint64_t checksum() const override { return checksum_.value(); }

  std::size_t read(Record* records, std::size_t capacity) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, count_ - made_));
    for (std::size_t i = 0; i < count; ++i) records[i] = next_();
    made_ += count;
    checksum_.add(records, count);
    return count;
  }

 private:
  std::uint64_t count_;
  std::uint64_t made_ = 0;
  RandomSource random_;
  NextAccess next_;
  TraceDescription description_;
  RecordChecksum checksum_;
};

void require(bool condition, const std::string& message) {
  if (!condition) throw InputError(message);
}

/// Bytes from the base to the end of the last possible access.
std::uint64_t extent_of(const GeneratorConfig& config) {
  return config.pattern == Pattern::MatrixMultiply ? 3 * config.matrix * config.matrix * word_bytes : config.footprint;
}

void check(const GeneratorConfig& config) {
  constexpr std::uint64_t largest_matrix = 1 << 28;
  require(config.element >= 1 && config.element <= max_record_size,
          fmt::format("element size {}: expected 1 to {} bytes", config.element, max_record_size));
  require(config.stride != std::uint64_t{0}, "stride 0: expected at least 1 byte");
  require(
      config.pattern != Pattern::PointerChase || config.stride.value_or(config.element) >= config.element,
      fmt::format("stride {}: expected at least the element's {} bytes", config.stride.value_or(0), config.element));
  require(config.store_share >= 0.0 && config.store_share <= 1.0,
          fmt::format("store share {}: expected 0 to 1", config.store_share));
  require(config.zipf_exponent > 0.0 && config.zipf_exponent <= 10.0,
          fmt::format("Zipf exponent {}: expected above 0, at most 10", config.zipf_exponent));
  require(config.matrix >= 1 && config.matrix <= largest_matrix,
          fmt::format("matrix of {} rows: expected 1 to {}", config.matrix, largest_matrix));
  require(config.block >= 1 && config.block <= config.matrix,
          fmt::format("block of {} rows: expected 1 to the matrix's {}", config.block, config.matrix));
  const std::uint64_t least = config.pattern == Pattern::BTree  ? tree_node_bytes
                              : config.pattern == Pattern::Gups ? word_bytes
                                                                : config.element;
  require(config.footprint >= least,
          fmt::format("footprint of {} bytes: expected at least {}", config.footprint, least));
  require(config.footprint < std::uint64_t{1} << 63 && config.base <= ~std::uint64_t{0} - extent_of(config),
          fmt::format("footprint of {} bytes at {:#x} ends beyond 64 bits of address", extent_of(config), config.base));
}

}  // namespace

const std::vector<std::string>& pattern_names() {
  static const std::vector<std::string> names = {"sequential",    "stride", "uniform", "zipf",
                                                 "pointer-chase", "gups",   "matmul",  "btree"};
  return names;
}

Pattern parse_pattern(const std::string& name) {
  const auto& names = pattern_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw InputError(
        fmt::format("pattern '{}' is unknown: expected {}{}", name, fmt::join(names, ", "), did_you_mean(name, names)));
  }
  return static_cast<Pattern>(found - names.begin());
}

std::unique_ptr<TraceReader> make_generator(const GeneratorConfig& config) {
  try {
    check(config);
  } catch (const InputError& error) {
    throw InputError((config.name.empty() ? "trace generate" : config.name) + ": " + error.what());
  }
  return std::make_unique<Generator>(config);
}

}  // namespace tablewalk

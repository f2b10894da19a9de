#include "cache/cache_array.h"

namespace tablewalk {
namespace {

std::uint32_t lines_of(const CacheConfig& config, std::uint64_t line_bytes) {
  return static_cast<std::uint32_t>(config.bytes.bytes / line_bytes);
}

}  // namespace

CacheArray::CacheArray(const CacheConfig& config, std::uint64_t line_bytes)
    : shift_(log2_floor(line_bytes)),
      lines_(sets_of(lines_of(config, line_bytes), config.ways), ways_of(lines_of(config, line_bytes), config.ways),
             config.replacement, config.seed),
      table_ways_(config.table_ways, lines_.ways()) {}

void CacheArray::erase(PhysicalAddress address) {
  last_number_ = no_number;
  const std::uint64_t number = address.value() >> shift_;
  const Line erased = lines_.erase(lines_.set_of(number), number);
  --valid_lines_;
  table_lines_ -= erased.table ? 1 : 0;
}

CacheArray::Evicted CacheArray::install(PhysicalAddress address, Line line) {
  last_number_ = no_number;
  const std::uint64_t number = address.value() >> shift_;
  const std::uint32_t set = lines_.set_of(number);
  const auto evicted =
      table_ways_.favoured() ? lines_.insert_among(set, number, line, table_ways_) : lines_.insert(set, number, line);
  table_lines_ += line.table ? 1 : 0;
  if (evicted.key == SetAssociative<Line>::no_key) {
    ++valid_lines_;
    return {};
  }
  table_lines_ -= evicted.value.table ? 1 : 0;
  return {evicted.value.dirty, evicted.value.table, PhysicalAddress(evicted.key << shift_)};
}

}  // namespace tablewalk

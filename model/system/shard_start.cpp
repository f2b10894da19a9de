#include "system/shard_start.h"

namespace tablewalk {

/// The core itself executes records until it has entered an address space.
void ShardStart::start(RecordSource& source) {
  timed_ = plan_.timed_from == 0;
  source.stop_at(timed_ ? plan_.first : 1);
}

void ShardStart::drained(RecordSource& source, const AtStop& core) {
  if (timed_) return begin(source);
  if (source.delivered() < plan_.warm_from && !source.skip_to(plan_.warm_from)) refuse_to_skip("--shards");
  if (!forward_.execute_until(plan_.timed_from, source, core)) return source.stop_at(source.delivered() + 1);
  if (plan_.timed_from == plan_.first) return begin(source);
  timed_ = true;
  source.stop_at(plan_.first);
}

void ShardStart::begin(RecordSource& source) {
  on_start_();
  source.stop_at(~std::uint64_t{0});
}

}  // namespace tablewalk

#include "trace/record_checksum.h"

#include <xxhash.h>

#include <new>

namespace tablewalk {

struct RecordChecksum::State {
  XXH3_state_t* hash = XXH3_createState();
  State() {
    if (hash == nullptr) throw std::bad_alloc();
  }
  ~State() { XXH3_freeState(hash); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

RecordChecksum::RecordChecksum() : state_(std::make_unique<State>()) {
  reset();
}
RecordChecksum::~RecordChecksum() = default;

void RecordChecksum::reset() {
  XXH3_64bits_reset(state_->hash);
}

void RecordChecksum::add(const Record* records, std::size_t count) {
  XXH3_64bits_update(state_->hash, records, count * sizeof(Record));
}

std::uint64_t RecordChecksum::value() const {
  return XXH3_64bits_digest(state_->hash);
}

std::uint64_t checksum_of_bytes(const void* data, std::size_t bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(data, bytes, seed);
}

}  // namespace tablewalk

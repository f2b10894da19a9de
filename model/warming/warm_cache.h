#pragma once

#include "cache/cache_array.h"

namespace tablewalk {

/// A cache without time: what an access does to its lines, in program order. It changes the array of a timed Cache, so
/// that the timed machine continues with the lines that it would have. Of accesses that do not overlap, the lines are
/// exactly the timed cache's.
class WarmCache {
 public:
  /// `next`: the cache below; nullptr: memory.
  WarmCache(CacheArray& array, WarmCache* next) : array_(array), next_(next) {}

  /// An access within a line. `table`: by a page walker.
  void access(PhysicalAddress address, bool write, bool table) {
    if (CacheArray::Line* line = array_.find_again(address)) return use(*line, write, table);
    fetch(array_.line_of(address), write, table);
  }

 private:
  void use(CacheArray::Line& line, bool write, bool table) {
    line.dirty |= write;
    if (table) array_.mark_table(line);
  }
  void fetch(PhysicalAddress line, bool write, bool table) {
    if (next_ != nullptr) next_->access(line, false, table);
    install(line, {write, table});
  }
  /// A dirty victim is written back; a whole line written from above needs no fetch.
  void install(PhysicalAddress address, CacheArray::Line line) {
    const CacheArray::Evicted evicted = array_.install(address, line);
    if (evicted.dirty && next_ != nullptr) next_->write_back(evicted.line, evicted.table);
  }
  void write_back(PhysicalAddress address, bool table) {
    if (CacheArray::Line* line = array_.find_again(address)) return use(*line, true, table);
    install(address, {true, table});
  }

  CacheArray& array_;
  WarmCache* next_;
};

}  // namespace tablewalk

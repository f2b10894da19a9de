#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "memory/physical_memory.h"
#include "os/page_cache.h"

namespace tablewalk {

/// The bytes of pages that are in files and on the swap device. Pages of zeros take no host memory.
class PageContents {
 public:
  explicit PageContents(std::uint64_t page_bytes) : page_bytes_(page_bytes) {}

  void save(const PhysicalMemory& memory, PhysicalAddress from, CacheKey key);
  void load(CacheKey key, PhysicalMemory& memory, PhysicalAddress to) const;
  void forget(CacheKey key) { words_.erase(key); }

 private:
  std::uint64_t page_bytes_;
  std::map<CacheKey, std::vector<std::uint64_t>> words_;
};

}  // namespace tablewalk

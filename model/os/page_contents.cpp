#include "os/page_contents.h"

namespace tablewalk {

void PageContents::save(const PhysicalMemory& memory, PhysicalAddress from, CacheKey key) {
  bool touched = false;
  for (std::uint64_t offset = 0; offset < page_bytes_; offset += PhysicalMemory::page_size) {
    touched |= memory.is_touched(from + offset);
  }
  if (!touched) return forget(key);
  std::vector<std::uint64_t>& words = words_[key];
  words.clear();
  for (std::uint64_t offset = 0; offset < page_bytes_; offset += 8) words.push_back(memory.read(from + offset, 8));
}

void PageContents::load(CacheKey key, PhysicalMemory& memory, PhysicalAddress to) const {
  const auto saved = words_.find(key);
  if (saved == words_.end()) return;
  for (std::size_t word = 0; word < saved->second.size(); ++word) memory.write(to + 8 * word, 8, saved->second[word]);
}

}  // namespace tablewalk

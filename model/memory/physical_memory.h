#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "base/number_map.h"
#include "base/types.h"
#include "base/zeroed_values.h"

namespace tablewalk {

/// The bytes of simulated RAM, sparse: unwritten memory reads as zero and takes no host memory. Little-endian. Accesses
/// are 1, 2, 4 or 8 bytes, naturally aligned; anything else is a LawViolation.
class PhysicalMemory {
 public:
  std::uint64_t read(PhysicalAddress address, unsigned bytes) const {
    check_access(address, bytes);
    const Page* page = pages_.find(address.value() / page_size);
    return page == nullptr ? 0 : load(page->data() + address.value() % page_size, bytes);
  }
  /// Copies 1 to 64 bytes (a power of two, naturally aligned).
  void read_bytes(PhysicalAddress address, unsigned bytes, unsigned char* to) const;
  /// Writing zero to unwritten memory takes no host memory either.
  void write(PhysicalAddress address, unsigned bytes, std::uint64_t value);
  /// Writes the 4 KiB at `page` (aligned); a page of zeros takes no host memory where nothing was written.
  void write_page(PhysicalAddress page, const void* bytes);
  /// Copies the 4 KiB at `page` (aligned).
  void read_page(PhysicalAddress page, void* bytes) const;
  /// Copies, or clears, a block of `bytes`, aligned to its size; takes no host memory where nothing was written.
  void copy_block(PhysicalAddress from, PhysicalAddress to, std::uint64_t bytes);
  void clear_block(PhysicalAddress at, std::uint64_t bytes);
  /// Whether anything was ever written to the 4 KiB at `page`.
  bool is_touched(PhysicalAddress page) const { return pages_.find(page.value() / page_size) != nullptr; }
  /// Calls visit(address) for all such 4 KiB, in no particular order.
  template <class Visit>
  void for_each_touched_page(Visit&& visit) const {
    pages_.for_each([&](std::uint64_t number, const Page&) { visit(PhysicalAddress(number * page_size)); });
  }
  /// Writes `desired` if the memory holds `expected`; returns what it held.
  std::uint64_t compare_and_swap(PhysicalAddress address, unsigned bytes, std::uint64_t expected,
                                 std::uint64_t desired);

  static constexpr std::uint64_t page_size = 4096;
  /// Pages of 4 KiB of host memory in use.
  std::uint64_t touched_pages() const { return pages_.size(); }

 private:
  using Page = std::array<std::uint8_t, page_size>;

  static void check_access(PhysicalAddress address, unsigned bytes) {
    const bool size_is_legal = bytes == 8 || bytes == 4 || bytes == 2 || bytes == 1;
    if (!size_is_legal || (address.value() & (bytes - 1)) != 0) throw_illegal_access(address, bytes);
  }
  [[noreturn]] static void throw_illegal_access(PhysicalAddress address, unsigned bytes);

  static std::uint64_t load(const std::uint8_t* bytes_at, unsigned bytes) {
    if (bytes == 8) return load_as<std::uint64_t>(bytes_at);
    if (bytes == 4) return load_as<std::uint32_t>(bytes_at);
    if (bytes == 2) return load_as<std::uint16_t>(bytes_at);
    return *bytes_at;
  }
  template <class Word>
  static std::uint64_t load_as(const std::uint8_t* bytes_at) {
    Word word;
    std::memcpy(&word, bytes_at, sizeof(word));
    return word;
  }

  /// By page number. A radix tree over 52 address bits would need more dependent loads than the simulated walks.
  NumberMap<Page, ZeroedValues<Page>> pages_;
};

}  // namespace tablewalk

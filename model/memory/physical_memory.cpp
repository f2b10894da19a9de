#include "memory/physical_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace tablewalk {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "simulated words are copied in host byte order");

}  // namespace

void PhysicalMemory::write(PhysicalAddress address, unsigned bytes, std::uint64_t value) {
  check_access(address, bytes);
  const std::uint64_t number = address.value() / page_size;
  Page* page = pages_.find(number);
  if (page == nullptr) {
    if (value == 0) return;
    page = &pages_.find_or_make(number);
  }
  std::uint8_t* const place = page->data() + address.value() % page_size;
  if (bytes == sizeof(value)) {
    std::memcpy(place, &value, sizeof(value));  // constant size: inlined
  } else {
    std::memcpy(place, &value, bytes);
  }
}

void PhysicalMemory::read_bytes(PhysicalAddress address, unsigned bytes, unsigned char* to) const {
  constexpr unsigned most = 64;
  const bool size_is_legal = bytes != 0 && bytes <= most && (bytes & (bytes - 1)) == 0;
  if (!size_is_legal || (address.value() & (bytes - 1)) != 0) throw_illegal_access(address, bytes);
  const Page* page = pages_.find(address.value() / page_size);
  if (page == nullptr) {
    std::memset(to, 0, bytes);
  } else {
    std::memcpy(to, page->data() + address.value() % page_size, bytes);
  }
}

void PhysicalMemory::write_page(PhysicalAddress page, const void* bytes) {
  if (page.value() % page_size != 0) {
    throw LawViolation(fmt::format("a page at physical address {:#x}: expected it aligned", page.value()));
  }
  const std::uint64_t number = page.value() / page_size;
  Page* held = pages_.find(number);
  if (held == nullptr) {
    static constexpr Page zeros{};
    if (std::memcmp(bytes, zeros.data(), page_size) == 0) return;
    held = &pages_.find_or_make(number);
  }
  std::memcpy(held->data(), bytes, page_size);
}

void PhysicalMemory::read_page(PhysicalAddress page, void* bytes) const {
  const Page* held = pages_.find(page.value() / page_size);
  if (held == nullptr) {
    std::memset(bytes, 0, page_size);
  } else {
    std::memcpy(bytes, held->data(), page_size);
  }
}

void PhysicalMemory::copy_block(PhysicalAddress from, PhysicalAddress to, std::uint64_t bytes) {
  const std::uint64_t part = std::min(bytes, page_size);
  for (std::uint64_t offset = 0; offset < bytes; offset += part) {
    const Page* source = pages_.find((from + offset).value() / page_size);
    if (source == nullptr) {
      clear_block(to + offset, part);
    } else {
      Page& copy = pages_.find_or_make((to + offset).value() / page_size);
      std::memcpy(copy.data() + to.value() % page_size, source->data() + from.value() % page_size, part);
    }
  }
}

void PhysicalMemory::clear_block(PhysicalAddress at, std::uint64_t bytes) {
  const std::uint64_t part = std::min(bytes, page_size);
  for (std::uint64_t offset = 0; offset < bytes; offset += part) {
    Page* held = pages_.find((at + offset).value() / page_size);
    if (held != nullptr) std::memset(held->data() + at.value() % page_size, 0, part);
  }
}

std::uint64_t PhysicalMemory::compare_and_swap(PhysicalAddress address, unsigned bytes, std::uint64_t expected,
                                               std::uint64_t desired) {
  const std::uint64_t held = read(address, bytes);
  if (held == expected) write(address, bytes, desired);
  return held;
}

void PhysicalMemory::throw_illegal_access(PhysicalAddress address, unsigned bytes) {
  throw LawViolation(
      fmt::format("access of {} bytes at physical address {:#x}: expected 1, 2, 4 or 8, or a read of up to 64, "
                  "naturally aligned",
                  bytes, address.value()));
}

}  // namespace tablewalk

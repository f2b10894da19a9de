#include "memory/physical_memory.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "simulated words are copied as they stand in the host");

constexpr unsigned initial_slot_bits = 6;

}  // namespace

PhysicalMemory::PhysicalMemory()
    : slots_(std::size_t{1} << initial_slot_bits), slot_mask_(slots_.size() - 1), hash_shift_(64 - initial_slot_bits) {}

void PhysicalMemory::write(PhysicalAddress address, unsigned bytes, std::uint64_t value) {
  check_access(address, bytes);
  const std::uint64_t number = address.value() / page_size;
  Page* page = find(number);
  if (page == nullptr) {
    if (value == 0) return;
    page = &find_or_make(number);
  }
  std::memcpy(page->data() + address.value() % page_size, &value, bytes);
}

void PhysicalMemory::write_page(PhysicalAddress page, const void* bytes) {
  if (page.value() % page_size != 0) {
    throw LawViolation(fmt::format("a page at physical address {:#x}: expected it aligned", page.value()));
  }
  const std::uint64_t number = page.value() / page_size;
  Page* held = find(number);
  if (held == nullptr) {
    static constexpr Page zeros{};
    if (std::memcmp(bytes, zeros.data(), page_size) == 0) return;
    held = &find_or_make(number);
  }
  std::memcpy(held->data(), bytes, page_size);
}

void PhysicalMemory::read_page(PhysicalAddress page, void* bytes) const {
  const Page* held = find(page.value() / page_size);
  if (held == nullptr) {
    std::memset(bytes, 0, page_size);
  } else {
    std::memcpy(bytes, held->data(), page_size);
  }
}

std::uint64_t PhysicalMemory::compare_and_swap(PhysicalAddress address, unsigned bytes, std::uint64_t expected,
                                               std::uint64_t desired) {
  const std::uint64_t held = read(address, bytes);
  if (held == expected) write(address, bytes, desired);
  return held;
}

PhysicalMemory::Page& PhysicalMemory::find_or_make(std::uint64_t number) {
  if (2 * (pages_.size() + 1) > slots_.size()) grow();
  Slot& slot = slots_[slot_of(number)];
  if (slot.page == nullptr) {
    pages_.push_back(std::make_unique<Page>());
    slot = {number, pages_.back().get()};
  }
  return *slot.page;
}

void PhysicalMemory::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  slot_mask_ = slots_.size() - 1;
  --hash_shift_;
  for (const Slot& slot : old) {
    if (slot.page != nullptr) slots_[slot_of(slot.number)] = slot;
  }
}

void PhysicalMemory::throw_illegal_access(PhysicalAddress address, unsigned bytes) {
  throw LawViolation(
      fmt::format("access of {} bytes at physical address {:#x}: expected 1, 2, 4 or 8, naturally aligned", bytes,
                  address.value()));
}

}  // namespace tablewalk

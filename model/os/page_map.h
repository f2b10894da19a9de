#pragma once

#include <array>
#include <cstdint>

#include "base/number_map.h"

namespace tablewalk {

/// The states of a page, in the terms of lectures: Untouched and never reserved is unallocated (without a layout of the
/// process, every page counts as reserved), Resident is cached, Swapped is uncached.
enum class PageState : std::uint8_t {
  Untouched,  ///< no frame was ever needed: reads as zero
  Arriving,   ///< a core's fault handler is filling a frame with it
  Resident,   ///< in a frame, and the entry is present
  Leaving,    ///< being evicted: the entry is absent, but its content is still in the frame
  Swapped,    ///< on the swap device
  Filed,      ///< unchanged, in the file that it comes from
};
constexpr unsigned page_states = 6;

/// What the kernel knows of one page of an address space.
struct Page {
  PageState state = PageState::Untouched;
  bool user = true;            ///< accessible at user privilege
  bool shared_kernel = false;  ///< a user page first touched by the kernel
  bool copy_on_write = false;  ///< resident and read-only until it is written
  bool touched = false;        ///< it has had a frame
  bool file = false;           ///< its content comes from a file, until it is written
  bool cached = false;         ///< its content is in the page cache, which other pages share, until it is copied
  bool readable = true;        ///< rights of the program, as far as the paging mode has them
  bool writable = true;
  bool executable = true;
  bool global = false;      ///< in every address space
  std::uint32_t where = 0;  ///< the frame's slot, or the slot on the swap device
};

/// The pages of an address space, by page number.
class PageMap {
 public:
  const Page* find(std::uint64_t number) const {
    const Block* block = block_of(number);
    return block == nullptr ? nullptr : &(*block)[number % block_pages];
  }
  Page& at(std::uint64_t number) {
    if (number / block_pages != recent_number_ || recent_ == nullptr) {
      recent_ = &blocks_.find_or_make(number / block_pages);
      recent_number_ = number / block_pages;
    }
    return (*recent_)[number % block_pages];
  }
  /// Calls visit(page number, page) for the pages of [first, first + count) that may have been touched, in order.
  template <class Visit>
  void for_each(std::uint64_t first, std::uint64_t count, Visit&& visit) {
    for (std::uint64_t number = first; number - first < count;) {
      Block* block = blocks_.find(number / block_pages);
      const std::uint64_t end = std::min((number / block_pages + 1) * block_pages, first + count);
      if (block != nullptr) {
        for (std::uint64_t page = number; page != end; ++page) visit(page, (*block)[page % block_pages]);
      }
      number = end;
    }
  }
  /// Calls visit(page number, page) for every page that may have been touched, in the order of the first touches.
  template <class Visit>
  void for_all(Visit&& visit) {
    blocks_.for_each([&](std::uint64_t number, Block& block) {
      for (std::uint64_t page = 0; page < block_pages; ++page) visit(number * block_pages + page, block[page]);
    });
  }

 private:
  static constexpr std::uint64_t block_pages = 512;
  using Block = std::array<Page, block_pages>;

  const Block* block_of(std::uint64_t number) const {
    if (number / block_pages == recent_number_ && recent_ != nullptr) return recent_;
    return blocks_.find(number / block_pages);
  }

  NumberMap<Block> blocks_;
  mutable Block* recent_ = nullptr;
  std::uint64_t recent_number_ = 0;
};

}  // namespace tablewalk

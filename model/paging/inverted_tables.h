#pragma once

#include <array>

#include "paging/hashing_tables.h"
#include "paging/inverted_mode.h"

namespace tablewalk {

/// The inverted table of a memory, which the tables of all address spaces in it share: anchors, and an entry for each
/// frame. It is made with the first of them.
class InvertedTable final : public CommonTables {
 public:
  InvertedTable(const InvertedMode& mode, FrameAllocator& frames);
  /// The table of that memory.
  static std::shared_ptr<InvertedTable> of(const InvertedMode& mode, FrameAllocator& frames);

  const InvertedRoot& root() const { return root_; }
  PhysicalAddress base() const { return base_; }
  std::uint64_t frames() const { return frames_; }
  std::uint64_t entry_bytes() const { return frames_ * InvertedEntry::bytes; }
  std::uint64_t anchor_bytes() const { return root_.slots() * InvertedRoot::anchor_bytes; }
  bool has(PhysicalAddress frame) const {
    return frame >= base_ && (frame - base_) >> InvertedEntry::frame_shift < frames_;
  }
  PhysicalAddress entry_of(PhysicalAddress frame) const { return root_.entry_of(frame, base_); }
  PhysicalAddress frame_of(PhysicalAddress entry) const { return root_.frame_of(entry, base_); }

  /// Of the address spaces, one accounts for the table.
  std::vector<const void*> spaces;

 private:
  InvertedRoot root_;  ///< without address space and sizes
  PhysicalAddress base_;
  std::uint64_t frames_;
};

/// One address space's pages in the inverted table. A new page goes to the beginning of its chain. An entry that is
/// removed keeps its page and link, so that a walk that stands on it goes on, until another page takes the frame.
class InvertedTables final : public HashingTables {
 public:
  InvertedTables(const std::shared_ptr<const InvertedMode>& mode, PhysicalMemory& memory, FrameAllocator& frames,
                 AddressSpaceId space);
  ~InvertedTables() override;

  PhysicalAddress root() const override;
  std::uint64_t table_bytes() const override;
  std::vector<TableFigure> figures() const override;

 private:
  using Key = InvertedEntry::Key;

  bool in_use(unsigned size) const override { return pages_[size] != 0; }
  std::optional<FoundPage> find_page(std::uint64_t number, unsigned size) const override;
  void insert(std::uint64_t number, const PageSize& size, std::uint64_t leaf) override;
  void replace(const FoundPage& page, unsigned size, std::uint64_t leaf) override;
  void erase(const FoundPage& page, unsigned size) override;
  void for_all_pages(std::uint64_t first, std::uint64_t last, unsigned size, const UsePage& use) const override;
  std::uint64_t searches_per_scan() const override;

  bool accounts() const { return table_->spaces.front() == this; }
  InvertedEntry read(PhysicalAddress at) const {
    return {{memory_.read(at, 8), memory_.read(at + InvertedEntry::link_offset, 8)}};
  }
  Key key_of(const InvertedEntry& entry) const {
    return {entry.size(), entry.page_address() >> mode().page_sizes()[entry.size()].shift, entry.space()};
  }
  FoundPage found(const InvertedEntry& entry, PhysicalAddress at) const;
  PhysicalAddress anchor_of(const Key& key) const { return table_->root().anchor_at(table_->root().anchor_of(key)); }
  void refuse_second_page(PhysicalAddress frame, std::uint64_t page_address, std::uint64_t page_bytes) const;

  std::shared_ptr<InvertedTable> table_;
  std::array<std::uint64_t, 3> pages_{};  ///< by size
};

}  // namespace tablewalk

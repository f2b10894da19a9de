#pragma once

#include "paging/anchored_mode.h"
#include "paging/inverted_entry.h"

namespace tablewalk {

/// One table for all address spaces, with an entry for each frame of memory (paging/inverted_entry.h): an anchor leads
/// to the first entry of a chain, which is followed until an entry is of the page.
///
/// An entry that is mapped anew goes to another chain. A walk that arrives at it then finds a page that does not belong
/// to its chain, and begins again at its anchor: a page that is mapped all the time is always found. The same if the
/// page itself was removed, because it may have moved to another frame.
class InvertedMode final : public AnchoredMode {
 public:
  InvertedMode(std::string name, const PagingControls& controls);

  RootRegister decode_root(std::uint64_t value) const override;
  std::vector<BitField> root_fields() const override;
  std::string describe_root(RootRegister root) const override;
  std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const override;

  std::unique_ptr<PageTables> make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                          FrameAllocator& frames, AddressSpaceId space) const override;
  bool spaces_share_tables() const override { return true; }
  void count_tables(const std::vector<PageRun>& runs, TableSize& size) const override;

  unsigned frames_per_anchor() const { return frames_per_anchor_; }
  /// Of a table of that many frames.
  unsigned anchors_log2(std::uint64_t frames) const;

 private:
  InvertedEntry::Key key_of(const Walk& walk, const HashingRoot& root, unsigned size) const {
    return {size, number_of(walk, size), root.space};
  }
  std::uint64_t anchor_of(const Walk& walk, const HashingRoot& root, unsigned size) const override {
    return InvertedRoot::of(root).anchor_of(key_of(walk, root, size));
  }
  std::optional<PhysicalAddress> node_at(const HashingRoot& root, std::uint64_t link) const override;
  Seen see(const Walk& walk, const HashingRoot& root, unsigned size, const unsigned char* bytes,
           bool described) const override;
  std::string link_text(const HashingRoot& root, std::uint64_t link) const override;
  EntryView view_of(const Walk& walk, std::uint64_t entry, PhysicalAddress at, const PageSize& size) const override;

  unsigned frames_per_anchor_;
};

}  // namespace tablewalk

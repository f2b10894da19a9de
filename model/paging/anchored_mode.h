#pragma once

#include <optional>

#include "paging/hashing_mode.h"

namespace tablewalk {

/// What organisations with anchors have in common: an anchor of 8 bytes is read, then node after node until one holds
/// the page or the chain ends; in this way for each page size in use, the smallest first.
class AnchoredMode : public HashingMode {
 public:
  static constexpr unsigned anchor_bytes = 8;
  /// A chain of at most this many nodes is searched, so that the walk of a damaged table ends.
  static constexpr std::uint64_t longest_chain = std::uint64_t{1} << 16;
  /// To begin again counts as that many nodes, for the same reason.
  static constexpr std::uint64_t nodes_per_restart = 64;

  std::uint64_t most_reads(PhysicalAddress root) const final;
  unsigned largest_read() const final { return node_.bytes; }
  std::vector<LevelShape> address_parts() const final { return {{12, 52, false, "page"}}; }
  WalkStep look(const Walk& walk, unsigned number, const unsigned char* bytes) const final;

  void begin(Walk& walk) const final;
  void decide(Walk& walk) const final;

 protected:
  struct NodeShape {
    unsigned bytes;
    unsigned entry_offset;  ///< of the entry in the node
  };
  /// What a walk finds in a node.
  struct Seen {
    bool holds = false;       ///< the wanted page
    bool astray = false;      ///< the node is not in the chain any more
    std::uint64_t entry = 0;  ///< of the page that it holds
    std::uint64_t link = 0;   ///< to the next node
    std::string text;         ///< of the page, for display
  };

  AnchoredMode(std::string name, const std::vector<std::string>& rows, const HashedControls& controls, NodeShape node)
      : HashingMode(std::move(name), rows, controls), node_(node) {}

  std::uint64_t number_of(const Walk& walk, unsigned size) const {
    return walk.va().value() >> page_sizes()[size].shift;
  }
  /// The anchor of the walk's page.
  virtual std::uint64_t anchor_of(const Walk& walk, const HashingRoot& root, unsigned size) const = 0;
  /// The node that an anchor or a node leads to; none: the chain ends.
  virtual std::optional<PhysicalAddress> node_at(const HashingRoot& root, std::uint64_t link) const = 0;
  /// `described`: with its text.
  virtual Seen see(const Walk& walk, const HashingRoot& root, unsigned size, const unsigned char* bytes,
                   bool described) const = 0;
  /// What a link leads to, in words.
  virtual std::string link_text(const HashingRoot& root, std::uint64_t link) const = 0;

 private:
  /// Whether the walk's read is of an anchor; else it is of a node.
  static bool at_anchor(const Walk& walk) { return walk.read_bytes() == anchor_bytes; }
  static unsigned size_of(const Walk& walk) { return static_cast<unsigned>(walk.progress() & 3); }
  static std::uint64_t nodes_of(const Walk& walk) { return (walk.progress() & ~guess_bits) >> 2; }
  void look_at_anchor(const Walk& walk, const HashingRoot& root, const unsigned char* bytes, WalkStep& step) const;
  void look_at_node(const Walk& walk, const HashingRoot& root, const unsigned char* bytes, WalkStep& step) const;
  void go_on(const HashingRoot& root, std::uint64_t link, unsigned size, WalkStep& step) const;
  void search(Walk& walk, const HashingRoot& root, unsigned size) const;
  void read_anchor(Walk& walk, const HashingRoot& root, unsigned size) const;
  void follow(Walk& walk, const HashingRoot& root, std::uint64_t link) const;
  void read_checked(Walk& walk, unsigned row, PhysicalAddress at, unsigned bytes) const;

  NodeShape node_;
};

}  // namespace tablewalk

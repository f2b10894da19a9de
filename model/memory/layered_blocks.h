#pragma once

#include <memory>

#include "memory/block_pool.h"
#include "memory/frame_blocks.h"
#include "memory/small_frames.h"

namespace tablewalk {

/// Single frames follow the policy's order; larger blocks are cut from the top of memory downwards, and alignment gaps
/// between them are kept for smaller ones.
class LayeredBlocks final : public FrameBlocks {
 public:
  LayeredBlocks(const FrameAllocatorConfig& config, std::uint64_t frames);

  std::optional<std::uint64_t> take_for_page(std::uint64_t virtual_page, AddressSpaceId space) override;
  std::optional<std::uint64_t> take_for_table() override;
  std::optional<std::uint64_t> take_block(unsigned order, bool for_table) override;
  void give_back(std::uint64_t first, unsigned order) override;

 private:
  std::unique_ptr<SmallFrames> small_;
  BlockPool gaps_;         ///< free blocks between and among the large ones
  std::uint64_t ceiling_;  ///< first frame of the large blocks
};

}  // namespace tablewalk

#include "memory/small_frames.h"

#include <vector>

#include "memory/contiguous_frames.h"
#include "memory/permutation.h"

namespace tablewalk {
namespace {

/// Frames in the order `Order::frame_at(index)`; freed frames are reused first. Pages and tables are treated alike.
template <class Order>
class OrderedFrames final : public SmallFrames {
 public:
  explicit OrderedFrames(std::uint64_t frames, Order order) : frames_(frames), order_(order) {}

  std::optional<std::uint64_t> take_for_page(std::uint64_t, AddressSpaceId, std::uint64_t ceiling) override {
    return take_for_table(ceiling);
  }

  std::optional<std::uint64_t> take_for_table(std::uint64_t ceiling) override {
    if (!given_back_.empty()) {
      const std::uint64_t frame = given_back_.back();
      given_back_.pop_back();
      return frame;
    }
    while (next_ < frames_ - 1) {
      const std::uint64_t frame = order_.frame_at(next_++);
      if (frame >= ceiling) continue;
      if (frame >= high_water_) high_water_ = frame + 1;
      return frame;
    }
    return std::nullopt;
  }

  void give_back(std::uint64_t frame) override { given_back_.push_back(frame); }
  std::uint64_t high_water() const override { return high_water_; }

 private:
  std::uint64_t frames_;
  Order order_;
  std::uint64_t next_ = 0;
  std::uint64_t high_water_ = 1;
  std::vector<std::uint64_t> given_back_;
};

struct Sequential {
  std::uint64_t frame_at(std::uint64_t index) const { return index + 1; }
};

/// The lower half of memory in random order, then the upper half, so that the upper half remains whole for large blocks
/// as long as possible.
class RandomHalves {
 public:
  RandomHalves(std::uint64_t frames, std::uint64_t seed)
      : lower_((frames - 1) - (frames - 1) / 2, seed), upper_((frames - 1) / 2, ~seed) {}

  std::uint64_t frame_at(std::uint64_t index) const {
    if (index < lower_.size()) return 1 + lower_(index);
    return 1 + lower_.size() + upper_(index - lower_.size());
  }

 private:
  Permutation lower_;
  Permutation upper_;
};

}  // namespace

std::unique_ptr<SmallFrames> make_small_frames(const FrameAllocatorConfig& config, std::uint64_t frames) {
  switch (config.policy) {
    case FramePolicy::Sequential:
      return std::make_unique<OrderedFrames<Sequential>>(frames, Sequential{});
    case FramePolicy::Random:
      return std::make_unique<OrderedFrames<RandomHalves>>(frames, RandomHalves(frames, config.seed));
    case FramePolicy::Contiguous:
      return std::make_unique<ContiguousFrames>(frames);
    case FramePolicy::Buddy:
      break;  // has blocks of every size, and not only frames
  }
  return nullptr;
}

}  // namespace tablewalk

#include "paging/walk_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "paging/walk.h"

namespace tablewalk {
namespace {

/// Of an entry, or of the accessed byte.
PhysicalAddress address_beyond(const WalkSteps& walked, const Walk& walk) {
  if (walked.steps.empty() || walked.steps.back().view.kind != EntryView::Kind::Leaf) return walk.entry_address();
  const EntryView& leaf = walked.steps.back().view;
  return leaf.target + (walked.va.value() & low_bits(leaf.page_shift));
}

/// The last step that read the entry: of a round of reads, it may be any of them.
WalkStep& step_of_entry(std::vector<WalkStep>& steps, PhysicalAddress at) {
  return *std::find_if(steps.rbegin(), steps.rend(), [&](const WalkStep& step) { return step.entry_address == at; });
}

}  // namespace

WalkStep PagingMode::look(const Walk& walk, unsigned, const unsigned char* bytes) const {
  WalkStep step;
  step.level = walk.level();
  step.table = walk.position().table;
  step.entry_address = walk.entry_address();
  step.index = (step.entry_address - step.table) / entry_bytes();
  std::memcpy(&step.entry, bytes, entry_bytes());
  step.updated = step.entry;
  step.view = decode(step.entry, step.level);
  step.rights = walk.position().rights;
  const bool grants = step.view.kind == EntryView::Kind::Pointer || step.view.kind == EntryView::Kind::Leaf;
  if (grants) step.rights = combine(step.rights, step.view.rights);
  return step;
}

const WalkStep* WalkSteps::leaf() const {
  if (outcome.fault.reason == FaultReason::OutOfMemory) return nullptr;
  const auto found = std::find_if(steps.rbegin(), steps.rend(),
                                  [](const WalkStep& step) { return step.view.kind == EntryView::Kind::Leaf; });
  return found == steps.rend() ? nullptr : &*found;
}

void note_image(WalkSteps& walk, const ImageCoverage& coverage) {
  for (WalkStep& step : walk.steps) step.image = coverage.at(step.entry_address);
}

std::string outside_of_image(const PagingMode& mode, const WalkSteps& walk, const MemoryImage& image) {
  for (const WalkStep& step : walk.steps) {
    if (image.coverage.at(step.entry_address) != ImageHolds::Nothing) continue;
    return fmt::format("reads the {} entry at physical address {:#x} of the table at {:#x}, outside the image: {}",
                       mode.level(step.level).name, step.entry_address.value(), step.table.value(),
                       image.coverage_text());
  }
  return {};
}

WalkSteps walk_step_by_step(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root,
                            VirtualAddress va, Access access) {
  WalkSteps walked;
  walked.va = va;
  walked.access = access;
  walked.root = root;
  walked.hints = mode.describe_hints(memory, root, va);
  std::array<unsigned char, Walk::longest_round> bytes{};
  Walk walk(mode, root, va, access);
  while (true) {
    switch (walk.step()) {
      case Walk::Step::ReadEntry:
        for (unsigned i = 0; i < walk.reads(); ++i) {
          unsigned char* const to = bytes.data() + std::size_t{i} * walk.read_bytes();
          memory.read_bytes(walk.read_address(i), walk.read_bytes(), to);
          walked.steps.push_back(mode.look(walk, i, to));
        }
        walked.outcome.entry_reads += walk.reads();
        walk.supply(bytes.data());
        break;
      case Walk::Step::UpdateEntry:
        step_of_entry(walked.steps, walk.entry_address()).updated = walk.update_desired();
        ++walked.outcome.entry_updates;
        walk.updated(walk.update_expected());
        break;
      case Walk::Step::Done:
        walked.outcome.translated = true;
        walked.outcome.translation = walk.translation();
        return walked;
      case Walk::Step::Fault:
        walked.outcome.fault = walk.fault();
        if (walk.fault().reason == FaultReason::OutOfMemory) walked.beyond = address_beyond(walked, walk);
        return walked;
    }
  }
}

}  // namespace tablewalk

#include "system/attach_timeline.h"

#include <fmt/format.h>

namespace tablewalk {

AttachedTimeline::AttachedTimeline(const TimelineOptions& options, Machine& machine, WalkObserver& walks)
    : timeline_(make_timeline(options)) {
  machine.for_each_module([&](const Node& node, Module& module) { attach(node, module, machine.cores(), walks); });
}

void AttachedTimeline::attach(const Node& node, Module& module, unsigned cores, WalkObserver& walks) {
  const std::string group = cores == 1 ? "machine" : node.core ? fmt::format("core {}", *node.core) : "shared";
  if (std::holds_alternative<std::unique_ptr<RequestPort>>(module)) {
    timeline_->add_core(node.core.value_or(0), group);
  } else if (auto* tlb = std::get_if<std::unique_ptr<Tlb>>(&module)) {
    (*tlb)->observe(timeline_->add_misses(group, node.part));
  } else if (auto* cache = std::get_if<std::unique_ptr<Cache>>(&module)) {
    (*cache)->observe(timeline_->add_misses(group, node.part));
  } else if (auto* dram = std::get_if<std::unique_ptr<Dram>>(&module)) {
    (*dram)->observe(timeline_->add_dram(group, node.part));
  } else if (auto* walker = std::get_if<std::unique_ptr<PageWalker>>(&module)) {
    WalkObservers& both = walkers_.emplace_back();
    both.add(walks);
    both.add(timeline_->add_walker(group, node.part));
    (*walker)->observe(both);
  }
}

}  // namespace tablewalk

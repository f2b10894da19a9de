#include "system/warming.h"

#include <fmt/format.h>

#include <memory>

#include "base/error.h"
#include "walker/instant_walker.h"

namespace tablewalk {
namespace {

template <class Type>
Type& as(Module& module) {
  return *std::get<std::unique_ptr<Type>>(module);
}

}  // namespace

MachineWarming::MachineWarming(Machine& machine, const MachineConfig& config, const char* option)
    : machine_(machine), option_(option) {
  WarmCore core;
  core.fetches_ahead = !config.core.blocking && config.core.fetch_queue != 0;
  core.prefetches = config.core.next_line_prefetch;
  core.line_shift = log2_floor(config.memory.line_bytes);
  core.page_shift = machine.mode().offset_bits();
  WarmSide instructions = side(Side::Itlb, Side::Icache);
  warmer_.emplace(core, std::move(instructions), side(Side::Dtlb, Side::Dcache));
}

WarmSide MachineWarming::side(Side translating, Side accessing) {
  const std::size_t core = machine_.topology().find(NodeKind::Core, 0).value();
  return {translations(translating), cache_behind(core, accessing)};
}

WarmTranslation MachineWarming::translations(Side side) {
  const Topology& topology = machine_.topology();
  std::size_t node = topology.link_from(topology.find(NodeKind::Core, 0).value(), side).to;
  if (std::holds_alternative<std::unique_ptr<FreeTranslator>>(machine_.module_at(node))) {
    return WarmTranslation(as<FreeTranslator>(machine_.module_at(node)).translations());
  }
  std::vector<TlbArrays*> tlbs;
  for (; topology.nodes[node].kind != NodeKind::Walker; node = topology.link_from(node, Side::Walker).to) {
    tlbs.push_back(&as<Tlb>(machine_.module_at(node)).arrays());
  }
  return {std::move(tlbs), walker(node), machine_.kernel()};
}

WarmWalker& MachineWarming::walker(std::size_t node) {
  if (walker_) return *walker_;
  auto& module = as<PageWalker>(machine_.module_at(node));
  auto* timed = dynamic_cast<SystemCWalker*>(&module);
  if (timed == nullptr && dynamic_cast<InstantWalker*>(&module) == nullptr) {
    throw InputError(
        fmt::format("{}: walker.kind: hardware cannot be warmed without time; expected systemc or instant", option_));
  }
  timed_walker_ = timed;
  return walker_.emplace(machine_.mode(), machine_.memory(), machine_.kernel(),
                         timed == nullptr ? nullptr : &timed->walk_caches(),
                         timed == nullptr ? nullptr : timed->hint_caches(),
                         timed == nullptr ? nullptr : cache_behind(node, Side::Memory), module.line_part());
}

/// The cache that the node's link leads to; nullptr if it leads to memory.
WarmCache* MachineWarming::cache_behind(std::size_t node, Side side) {
  const std::size_t cache = machine_.topology().link_from(node, side).to;
  if (!std::holds_alternative<std::unique_ptr<Cache>>(machine_.module_at(cache))) return nullptr;
  const auto known = caches_.find(cache);
  if (known != caches_.end()) return &known->second;
  WarmCache* next = cache_behind(cache, Side::Memory);
  return &caches_.emplace(cache, WarmCache(as<Cache>(machine_.module_at(cache)).array(), next)).first->second;
}

}  // namespace tablewalk

#include "system/modules.h"

#include "tlb/range_unit.h"
#include "walker/systemc_walker.h"

namespace tablewalk {
namespace {

/// The module as the type given by the topology.
template <class Type>
Type& as(Module& module) {
  return *std::get<std::unique_ptr<Type>>(module);
}

template <class Type>
bool is(const Module& module) {
  return std::holds_alternative<std::unique_ptr<Type>>(module);
}

TranslateInitiatorSocket& translate_initiator(Module& module, Side side) {
  if (side == Side::Walker) return as<Tlb>(module).walker_side.socket;
  if (is<FreeTranslator>(module)) return as<FreeTranslator>(module).tlb_side.socket;
  if (is<SegmentUnit>(module)) {
    auto& unit = as<SegmentUnit>(module);
    return side == Side::Itlb ? unit.itlb_side.socket : unit.dtlb_side.socket;
  }
  auto& core = as<RequestPort>(module);
  return side == Side::Itlb ? core.itlb_side.socket : core.dtlb_side.socket;
}

TranslateTargetSocket& translate_target(Module& module, unsigned port) {
  if (is<FreeTranslator>(module)) return as<FreeTranslator>(module).cpu_side();
  if (is<SegmentUnit>(module)) return as<SegmentUnit>(module).cpu_side(port);
  if (is<Tlb>(module)) return as<Tlb>(module).cpu_side(port);
  return as<PageWalker>(module).tlb_side(port);
}

tlm::tlm_initiator_socket<64>& access_initiator(Module& module, Side side) {
  if (is<Cache>(module)) return as<Cache>(module).memory_side.socket;
  if (is<PageWalker>(module)) return as<PageWalker>(module).memory_side.socket;
  if (is<Directory>(module)) return as<Directory>(module).memory_side.socket;
  if (is<Tlb>(module)) return as<Tlb>(module).ranges()->memory_side.socket;
  auto& core = as<RequestPort>(module);
  return side == Side::Icache ? core.icache_side.socket : core.dcache_side.socket;
}

tlm::tlm_target_socket<64>& access_target(Module& module, unsigned port) {
  if (is<Cache>(module)) return as<Cache>(module).cpu_side(port);
  if (is<IdealMemory>(module)) return as<IdealMemory>(module).cpu_side(port);
  if (is<Directory>(module)) return as<Directory>(module).cpu_side(port);
  if (is<ExternalMemory>(module)) return as<ExternalMemory>(module).cpu_side(port);
  return as<Dram>(module).cpu_side(port);
}

/// One overload per module type.
template <class... Calls>
struct ForEachType : Calls... {
  using Calls::operator()...;
};
template <class... Calls>
ForEachType(Calls...) -> ForEachType<Calls...>;

}  // namespace

void bind(const Link& link, Module& from, Module& to) {
  switch (link.side) {
    case Side::Itlb:
    case Side::Dtlb:
    case Side::Walker:
      return translate_initiator(from, link.side).bind(translate_target(to, link.port));
    case Side::Icache:
    case Side::Dcache:
    case Side::Memory:
      return access_initiator(from, link.side).bind(access_target(to, link.port));
    case Side::WalkCaches:
      return dynamic_cast<SystemCWalker&>(as<PageWalker>(from)).share(as<SharedWalkCaches>(to), link.port);
  }
}

TimedModule* timed_module(const Module& module) {
  return std::visit([](const auto& its) { return dynamic_cast<TimedModule*>(its.get()); }, module);
}

void reset_stats(Module& module) {
  std::visit(ForEachType{
                 [](const std::unique_ptr<FreeTranslator>&) {},
                 [](const std::unique_ptr<IdealMemory>&) {},
                 [](const auto& counting) { counting->reset_stats(); },
             },
             module);
}

void report(const Module& module, const std::string& name, StatSet& figures) {
  std::visit(ForEachType{
                 [](const std::unique_ptr<FreeTranslator>&) {},
                 [](const std::unique_ptr<IdealMemory>&) {},
                 [&](const std::unique_ptr<RequestPort>& core) { core->report(figures); },
                 [&](const std::unique_ptr<PageWalker>& walker) { walker->report(figures); },
                 [&](const auto& counting) { counting->report(name, figures); },
             },
             module);
}

}  // namespace tablewalk

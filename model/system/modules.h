#pragma once

#include <memory>
#include <string>
#include <variant>

#include "cache/cache.h"
#include "coherence/directory.h"
#include "cpu/request_port.h"
#include "dram/dram.h"
#include "dram/ideal_memory.h"
#include "links/external_memory.h"
#include "system/topology.h"
#include "tlb/free_translator.h"
#include "tlb/segment_unit.h"
#include "tlb/tlb.h"
#include "walker/page_walker.h"
#include "walker/shared_walk_caches.h"

namespace tablewalk {

/// The module of a node, by type.
using Module = std::variant<std::unique_ptr<RequestPort>, std::unique_ptr<SegmentUnit>, std::unique_ptr<FreeTranslator>,
                            std::unique_ptr<Tlb>, std::unique_ptr<PageWalker>, std::unique_ptr<Cache>,
                            std::unique_ptr<Directory>, std::unique_ptr<Dram>, std::unique_ptr<IdealMemory>,
                            std::unique_ptr<ExternalMemory>, std::unique_ptr<SharedWalkCaches>>;

/// Binds the modules at the two ends of the link.
void bind(const Link& link, Module& from, Module& to);
/// The module as one that wakes itself; nullptr if it is none.
TimedModule* timed_module(const Module& module);
void reset_stats(Module& module);
/// Adds the module's figures, if any. `name`: the node's name, their prefix.
void report(const Module& module, const std::string& name, StatSet& figures);

}  // namespace tablewalk

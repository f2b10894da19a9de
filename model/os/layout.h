#pragma once

#include "os/regions.h"
#include "trace/layout_change.h"

namespace tablewalk {

/// Applies one change to the regions of its address space. A trace records what the traced kernel did, so nothing is
/// refused: Reserve and the target of Remap replace what was there, Protect and Advise apply to what is reserved, and a
/// range is extended to whole pages. A Remap of a range that is not in one region reserves anonymous memory.
void apply_change(const LayoutChange& change, Regions& regions);

/// The change that reserves such a region.
LayoutChange change_of(const Region& region, AddressSpaceId asid);

/// The regions after all these changes.
Regions regions_of(const Layout& layout, std::uint64_t page_bytes = 4096);

/// Everything that the layout reserves at any time, with every right that it ever has: for threads that run in another
/// order than they were captured in, so that a region of one may be used by another before or after its time.
Regions regions_at_any_time(const Layout& layout, std::uint64_t page_bytes = 4096);

/// The regions of address space `asid` alone.
Layout layout_of_space(const Layout& layout, AddressSpaceId asid);

}  // namespace tablewalk

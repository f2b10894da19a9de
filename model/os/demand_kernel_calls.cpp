// System calls that change an address space.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "os/demand_kernel.h"
#include "os/page_owner.h"

namespace tablewalk {
namespace {

InputError remap_between_halves(const LayoutChange& call) {
  return InputError(
      fmt::format("remap from {:#x} to {:#x}: from one half of the address space to the other; expected "
                  "both in one half if os.kernel_half is shared",
                  call.first.value(), call.to.value()));
}

}  // namespace

void DemandKernel::begin_layout(const LayoutChange& change) {
  Space& its = space(change.asid);
  if (!its.fixed) apply_change(with_memory(change, its), regions_of(change.asid));
}

Regions& DemandKernel::regions_of(AddressSpaceId asid) {
  Space& its = space(asid);
  if (!its.regions) its.regions.emplace(mode_->page_bytes());
  return *its.regions;
}

void DemandKernel::handle_call(const LayoutChange& call, unsigned core, Cycles now, KernelWork& work) {
  set_time(now);
  ++stats_.calls;
  if (core >= handling_.size()) handling_.resize(core + 1);
  handling_[core] = {};
  handling_[core].call = call;
  Space& its = space(call.asid);
  if (its.regions && !its.fixed) apply_change(with_memory(call, its), *its.regions);
  if (has_range(call.operation)) handling_[core].call.asid = roots_.owner(call.asid, call.first);
  work.compute(config_.call_cycles);
  begin_call(core, work);
}

/// Waits first if another core is working on a page of the range.
void DemandKernel::begin_call(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  const LayoutChange& call = handling.call;
  if (others_work_in(call)) {
    work.compute(config_.lock_cycles, KernelTask::AwaitOther);
    return work.commit(Retry);
  }
  const std::uint64_t first = number_of(call.first);
  switch (call.operation) {
    case LayoutOperation::Advise:
      return;
    case LayoutOperation::Reserve:  // replaces what was there
    case LayoutOperation::Unmap:
    case LayoutOperation::Discard:
      return unmap_pages(handling, call.asid, first, pages_in(call.first, call.bytes), work);
    case LayoutOperation::Exit:
      space(call.asid).regions.reset();
      return unmap_pages(handling, call.asid, 0, ~std::uint64_t{0}, work);
    case LayoutOperation::Protect:
      return protect_pages(handling, work);
    case LayoutOperation::Remap:
      if (roots_.owner(call.asid, call.to) != call.asid) throw remap_between_halves(call);
      return clear_way(handling, work) ? move_pages(handling, work) : work.commit(Retry);
    case LayoutOperation::Fork:
      return fork(handling, work);
  }
}

/// Pages of the range, which is extended to whole pages.
std::uint64_t DemandKernel::pages_in(VirtualAddress first, std::uint64_t bytes) const {
  return number_of(first + (bytes - 1)) - number_of(first) + 1;
}

bool DemandKernel::others_work_in(const LayoutChange& call) {
  bool busy = false;
  const auto look = [&](std::uint64_t, const Page& page) {
    busy |= page.state == PageState::Arriving || page.state == PageState::Leaving;
  };
  PageMap& pages = space(call.asid).pages;
  if (!has_range(call.operation)) {
    pages.for_all(look);
    return busy;
  }
  pages.for_each(number_of(call.first), pages_in(call.first, call.bytes), look);
  if (call.operation == LayoutOperation::Remap) {
    pages.for_each(number_of(call.to), pages_in(call.to, call.to_bytes), look);
  }
  return busy;
}

/// Gives pages back. Their frames are free when no TLB holds them any more.
void DemandKernel::unmap_pages(Handling& handling, AddressSpaceId asid, std::uint64_t first, std::uint64_t count,
                               KernelWork& work) {
  Space& its = space(asid);
  const bool all = count == ~std::uint64_t{0};
  if (!all) split_ends(asid, first, count);
  std::uint64_t entries = 0;
  const auto unmap = [&](std::uint64_t number, Page& page) {
    if (page.state == PageState::Resident) {
      if (visit_entry(handling, its, {asid, number})) {
        remove_entry(its, number);
        ++entries;
      }
      pin(page.where);
      handling.given_back.emplace_back(page.where, PageKey{asid, number});
      set_state(page, PageState::Leaving);
    } else if (page.state == PageState::Swapped) {
      if (!page.cached) release_copy(page.where);
      set_state(page, PageState::Untouched);
    } else if (page.state == PageState::Filed) {
      set_state(page, PageState::Untouched);
    } else {
      return;
    }
    ++stats_.pages_given_back;
  };
  if (all) {
    its.pages.for_all(unmap);
  } else {
    its.pages.for_each(first, count, unmap);
  }
  forget_ranges(its, first, count);
  handling.visited.clear();
  work.compute(Cycles(config_.page_cycles.count() * entries));
  account_writes(work);
  invalidate_range(handling, work);
  work.commit(Unmapped);
  commit_unstale(handling, work);
}

void DemandKernel::free_given_back(Handling& handling, Cycles now, KernelWork& work) {
  if (write_back_last(handling, now, work)) return;
  const AddressSpaceId asid = handling.repairs ? handling.page.asid : handling.call.asid;
  for (const auto& [slot, name] : handling.given_back) {
    Page& page = space(name.asid).pages.at(name.number);
    if (page.state == PageState::Leaving) {  // else it has another frame already
      set_state(page, PageState::Untouched);
      page = {page.state};
    }
    release_frame(slot, name);
    unpin(slot);
    release_if_unused(slot);
  }
  handling.given_back.clear();
  drop_memories(space(asid));
}

void DemandKernel::protect_pages(Handling& handling, KernelWork& work) {
  const LayoutChange& call = handling.call;
  Space& its = space(call.asid);
  std::uint64_t visited = 0;
  const std::uint64_t first = number_of(call.first);
  const std::uint64_t count = pages_in(call.first, call.bytes);
  split_ends(call.asid, first, count);
  its.pages.for_each(first, count, [&](std::uint64_t number, Page& page) {
    page.readable = call.read;
    page.writable = call.write;
    page.executable = call.execute;
    if (page.state != PageState::Resident || !visit_entry(handling, its, {call.asid, number})) return;
    refresh(its, number);
    ++visited;
  });
  handling.visited.clear();
  work.compute(Cycles(config_.page_cycles.count() * visited));
  account_writes(work);
  invalidate_range(handling, work);
  commit_unstale(handling, work);
}

/// Before a remap, gives back pages where the range goes, and those that it loses; true if there are none.
bool DemandKernel::clear_way(Handling& handling, KernelWork& work) {
  const LayoutChange& call = handling.call;
  const std::uint64_t before = pages_in(call.first, call.bytes);
  const std::uint64_t after = pages_in(call.to, call.to_bytes);
  bool clear = true;
  const auto look = [&](std::uint64_t first, std::uint64_t count) {
    bool used = false;
    space(call.asid).pages.for_each(
        first, count, [&](std::uint64_t, const Page& page) { used |= page.state != PageState::Untouched; });
    if (!used) return;
    unmap_pages(handling, call.asid, first, count, work);
    clear = false;
  };
  if (after < before) look(number_of(call.first) + after, before - after);
  if (call.to != call.first) look(number_of(call.to), after);
  return clear;
}

/// Moves the entries of a range, as mremap does: no page is copied.
void DemandKernel::move_pages(Handling& handling, KernelWork& work) {
  const LayoutChange& call = handling.call;
  if (call.to == call.first) return;  // it only became longer or shorter
  Space& its = space(call.asid);
  std::uint64_t visited = 0;
  const std::uint64_t kept = pages_in(call.to, call.to_bytes);
  const std::uint64_t first = number_of(call.first);
  const std::uint64_t count = pages_in(call.first, call.bytes);
  const std::uint64_t further = number_of(call.to) - first;
  if ((further & low_bits(huge_shift_)) == 0) {
    split_ends(call.asid, first, std::min(count, kept));
  } else {
    split_all(call.asid, first, count);
  }
  its.pages.for_each(first, count, [&](std::uint64_t number, Page& old) {
    if (old.state == PageState::Untouched || number - first >= kept) return;
    const PageKey from{call.asid, number};
    const PageKey to{call.asid, number + further};
    if (old.state == PageState::Resident) {
      if (visit_entry(handling, its, from)) {
        const LeafSpec spec = refresh(its, number);
        const std::uint64_t bytes = entry_bytes(its, number);
        remove_entry(its, number);
        map_entry(to, table_[old.where].at, bytes, spec);
      }
      table_.rename(old.where, from, to);
    }
    its.pages.at(to.number) = std::exchange(old, Page{});
    ++visited;
  });
  move_ranges(handling, its, further);
  work.compute(Cycles(config_.page_cycles.count() * visited));
  account_writes(work);
  invalidate_range(handling, work);
  commit_unstale(handling, work);
}

/// The child gets the parent's pages. Pages that can be written become read-only in both, until one of both writes.
void DemandKernel::fork(Handling& handling, KernelWork& work) {
  const LayoutChange& call = handling.call;
  space(call.child);  // make it first: references to spaces stay valid
  Space& child = space(call.child);
  Space& parent = space(call.asid);
  bool used = false;
  child.pages.for_all([&](std::uint64_t, const Page& page) { used |= page.state != PageState::Untouched; });
  if (used) {
    throw InputError(fmt::format("fork @{}: the address space is in use; expected a new one", call.child));
  }
  child.killed = false;
  child.regions = parent.regions;
  share_memories(parent, child);
  std::uint64_t entries = 0;
  parent.pages.for_all([&](std::uint64_t number, Page& page) {
    if (!page.touched) return;
    if (page.state == PageState::Resident) {
      page.copy_on_write |= !page.cached;  // in the page cache it is shared, or copied on write already
      if (visit_entry(handling, parent, {call.asid, number})) {
        const LeafSpec spec = refresh(parent, number);
        const std::uint64_t start = entry_start(parent, number);
        map_entry({call.child, start}, table_[parent.pages.at(start).where].at, entry_bytes(parent, number), spec);
        ++entries;
      }
      table_.share(page.where, {call.child, number});
      ++stats_.pages_shared;
    } else {
      ++entries;
      if (page.state == PageState::Swapped && !page.cached) swap_.share(page.where);
    }
    Page& copy = child.pages.at(number);
    set_state(copy, page.state);
    copy = page;
  });
  share_ranges(handling, parent, child);
  work.compute(Cycles(config_.page_cycles.count() * entries));
  account_writes(work);
  work.invalidate({Invalidation::Scope::AddressSpace, {}, call.asid}, true);
  commit_unstale(handling, work);
}

/// Invalidates what is stale.
void DemandKernel::invalidate_range(Handling& handling, KernelWork& work) {
  const std::vector<PageKey>& pages = handling.pages;
  const auto in_one_space = [&](PageKey name) { return name.asid == pages.front().asid; };
  if (std::all_of(pages.begin(), pages.end(), in_one_space)) return invalidate_pages(pages, handling.ranges, work);
  std::map<AddressSpaceId, std::vector<PageKey>> by_space;
  for (const PageKey& name : pages) by_space[name.asid].push_back(name);
  for (const auto& [asid, of_space] : by_space) invalidate_pages(of_space, {}, work);
}

/// Pages and huge pages of one address space, one by one, or, if they are many, the whole address space.
void DemandKernel::invalidate_pages(const std::vector<PageKey>& pages, const std::vector<PageKey>& ranges,
                                    KernelWork& work) {
  if (pages.empty() && ranges.empty()) return;
  const AddressSpaceId asid = pages.empty() ? ranges.front().asid : pages.front().asid;
  if (pages.size() + ranges.size() > config_.flush_threshold) {
    return work.invalidate({Invalidation::Scope::AddressSpace, {}, asid}, true);
  }
  for (const PageKey& range : ranges) work.invalidate({page_scope(*mode_), address_of(range.number), asid}, true);
  std::size_t begin = 0;
  for (std::size_t end = 1; end <= pages.size(); ++end) {
    if (end != pages.size() && pages[end].number == pages[end - 1].number + 1) continue;
    work.invalidate({page_scope(*mode_), address_of(pages[begin].number), asid}, true,
                    static_cast<std::uint32_t>(end - begin), page_bytes_);
    begin = end;
  }
}

void DemandKernel::mark_stale(Handling& handling, PageKey page) {
  handling.pages.push_back(page);
  ++stale_[{page.asid, page.number}];
}

/// The invalidation that the work has now reaches every core before what it needs is used again.
void DemandKernel::commit_unstale(Handling& handling, KernelWork& work) {
  handling.emptied.insert(handling.emptied.end(), emptied_.begin(), emptied_.end());
  stale_tables_ += emptied_.size();
  emptied_.clear();
  work.commit(Unstale);
}

void DemandKernel::unmark_stale(Handling& handling) {
  for (const TableBuilder::EmptiedTable& table : handling.emptied) table.release();
  stale_tables_ -= handling.emptied.size();
  handling.emptied.clear();
  for (const PageKey& page : handling.pages) {
    const auto marked = stale_.find({page.asid, page.number});
    if (--marked->second == 0) stale_.erase(marked);
  }
  handling.pages.clear();
  for (const PageKey& range : handling.ranges) {
    const auto marked = stale_ranges_.find({range.asid, range.number >> huge_shift_});
    if (--marked->second == 0) stale_ranges_.erase(marked);
  }
  handling.ranges.clear();
}

/// The frame must not be evicted until unpin().
void DemandKernel::pin(FrameSlot slot) {
  FrameTable::Frame& frame = table_[slot];
  ++frame.pinned;
  if (!std::exchange(frame.replaceable, false)) return;
  replacement_->removed(slot);
  --replaceable_;
}

void DemandKernel::unpin(FrameSlot slot) {
  FrameTable::Frame& frame = table_[slot];
  if (--frame.pinned == 0 && frame.pages != 0) enter_replacement(slot);
}

}  // namespace tablewalk

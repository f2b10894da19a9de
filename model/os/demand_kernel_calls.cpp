// System calls that change an address space.

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "os/demand_kernel.h"
#include "os/page_owner.h"

namespace tablewalk {

void DemandKernel::handle_call(const KernelEvent& event, unsigned core, Cycles, KernelWork& work) {
  ++stats_.calls;
  handling_[core] = {};
  handling_[core].event = event;
  work.compute(config_.call_cycles);
  begin_call(core, work);
}

/// Waits first if another core is working on a page of the range.
void DemandKernel::begin_call(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  const KernelEvent& event = handling.event;
  if (others_work_in(event)) {
    work.compute(config_.lock_cycles, KernelPart::Lock);
    return work.commit(Retry, 0);
  }
  const std::uint64_t first = number_of(event.va);
  const std::uint64_t count = event.bytes >> page_shift_;
  switch (event.call) {
    case KernelCall::Mmap:
    case KernelCall::Huge:
    case KernelCall::NoHuge:
      return;  // without a layout of the process, every range counts as reserved
    case KernelCall::Munmap:
    case KernelCall::DontNeed:
      return unmap_pages(handling, event.asid, first, count, work);
    case KernelCall::Exit:
      return unmap_pages(handling, event.asid, 0, ~std::uint64_t{0}, work);
    case KernelCall::Mprotect:
      return protect_pages(handling, work);
    case KernelCall::Mremap:
      return move_pages(handling, work);
    case KernelCall::Fork:
      return fork(handling, work);
  }
}

bool DemandKernel::others_work_in(const KernelEvent& event) {
  bool busy = false;
  const auto look = [&](std::uint64_t, const Page& page) {
    busy |= page.state == PageState::Arriving || page.state == PageState::Leaving;
  };
  PageMap& pages = space(event.asid).pages;
  if (event.call == KernelCall::Fork || event.call == KernelCall::Exit) {
    pages.for_all(look);
  } else {
    pages.for_each(number_of(event.va), event.bytes >> page_shift_, look);
    if (event.call == KernelCall::Mremap) pages.for_each(number_of(event.to), event.bytes >> page_shift_, look);
  }
  return busy;
}

/// Gives pages back. Their frames are free when no TLB holds them any more.
void DemandKernel::unmap_pages(Handling& handling, AddressSpaceId asid, std::uint64_t first, std::uint64_t count,
                               KernelWork& work) {
  Space& its = space(asid);
  const auto unmap = [&](std::uint64_t number, Page& page) {
    if (page.state == PageState::Resident) {
      remove_entry(its, number);
      pin(page.where);
      handling.given_back.push_back({page.where, {asid, number}});
      mark_stale(handling, {asid, number});
      set_state(page, PageState::Leaving);
    } else if (page.state == PageState::Swapped) {
      release_copy(page.where);
      set_state(page, PageState::Untouched);
    } else if (page.state == PageState::Filed) {
      set_state(page, PageState::Untouched);
    } else {
      return;
    }
    ++stats_.pages_given_back;
  };
  if (count == ~std::uint64_t{0}) {
    its.pages.for_all(unmap);
  } else {
    its.pages.for_each(first, count, unmap);
  }
  work.compute(Cycles(config_.page_cycles.count() * handling.given_back.size()));
  account_writes(work);
  invalidate_range(handling, work);
  work.commit(Unmapped, 0);
  work.commit(Unstale, 0);
}

void DemandKernel::free_given_back(Handling& handling) {
  for (const auto& [slot, name] : handling.given_back) {
    Page& page = space(name.asid).pages.at(name.number);
    if (page.state == PageState::Leaving) {  // else it has another frame already
      set_state(page, PageState::Untouched);
      page = {page.state};
    }
    release_frame(slot, name);
    unpin(slot);
  }
  handling.given_back.clear();
}

void DemandKernel::protect_pages(Handling& handling, KernelWork& work) {
  const KernelEvent& event = handling.event;
  Space& its = space(event.asid);
  std::uint64_t visited = 0;
  for (std::uint64_t i = 0; i < event.bytes >> page_shift_; ++i) {
    const std::uint64_t number = number_of(event.va) + i;
    Page& page = its.pages.at(number);
    page.readable = event.read;
    page.writable = event.write;
    page.executable = event.execute;
    if (page.state != PageState::Resident) continue;
    refresh(its, number);
    mark_stale(handling, {event.asid, number});
    ++visited;
  }
  work.compute(Cycles(config_.page_cycles.count() * visited));
  account_writes(work);
  invalidate_range(handling, work);
  work.commit(Unstale, 0);
}

/// Moves the entries of a range, as mremap does: no page is copied.
void DemandKernel::move_pages(Handling& handling, KernelWork& work) {
  const KernelEvent& event = handling.event;
  Space& its = space(event.asid);
  std::uint64_t visited = 0;
  for (std::uint64_t i = 0; i < event.bytes >> page_shift_; ++i) {
    const PageKey from{event.asid, number_of(event.va) + i};
    const PageKey to{event.asid, number_of(event.to) + i};
    Page& old = its.pages.at(from.number);
    Page& moved = its.pages.at(to.number);
    if (moved.state != PageState::Untouched) {
      throw InputError(
          fmt::format("mremap to {:#x}: the page is in use; expected an unused range", address_of(to.number).value()));
    }
    if (old.state == PageState::Untouched) continue;
    if (old.state == PageState::Resident) {
      const LeafSpec spec = refresh(its, from.number);
      remove_entry(its, from.number);
      its.tables.map(address_of(to.number), table_[old.where].at, page_bytes_, spec);
      table_.rename(old.where, from, to);
      mark_stale(handling, from);
    }
    moved = std::exchange(old, Page{});
    ++visited;
  }
  work.compute(Cycles(config_.page_cycles.count() * visited));
  account_writes(work);
  invalidate_range(handling, work);
  work.commit(Unstale, 0);
}

/// The child gets the parent's pages. Pages that can be written become read-only in both, until one of both writes.
void DemandKernel::fork(Handling& handling, KernelWork& work) {
  const KernelEvent& event = handling.event;
  space(event.other);  // make it first: references to spaces stay valid
  Space& child = space(event.other);
  Space& parent = space(event.asid);
  bool used = false;
  child.pages.for_all([&](std::uint64_t, const Page& page) { used |= page.state != PageState::Untouched; });
  if (used) {
    throw InputError(fmt::format("fork @{}: the address space is in use; expected a new one", event.other));
  }
  child.killed = false;
  std::uint64_t visited = 0;
  parent.pages.for_all([&](std::uint64_t number, Page& page) {
    if (!page.touched) return;
    ++visited;
    if (page.state == PageState::Resident) {
      page.copy_on_write = true;
      const LeafSpec spec = refresh(parent, number);
      child.tables.map(address_of(number), table_[page.where].at, page_bytes_, spec);
      table_.share(page.where, {event.other, number});
      mark_stale(handling, {event.asid, number});
      ++stats_.pages_shared;
    } else if (page.state == PageState::Swapped) {
      swap_.share(page.where);
    }
    Page& copy = child.pages.at(number);
    set_state(copy, page.state);
    copy = page;
  });
  work.compute(Cycles(config_.page_cycles.count() * visited));
  account_writes(work);
  work.invalidate({Invalidation::Scope::AddressSpace, {}, event.asid}, true);
  work.commit(Unstale, 0);
}

/// Invalidates the stale pages one by one, or, if they are many, the whole address space.
void DemandKernel::invalidate_range(Handling& handling, KernelWork& work) {
  if (handling.pages.empty()) return;
  const AddressSpaceId asid = handling.pages.front().asid;
  if (handling.pages.size() > config_.flush_threshold) {
    return work.invalidate({Invalidation::Scope::AddressSpace, {}, asid}, true);
  }
  std::size_t begin = 0;
  for (std::size_t end = 1; end <= handling.pages.size(); ++end) {
    const bool goes_on =
        end != handling.pages.size() && handling.pages[end].number == handling.pages[end - 1].number + 1;
    if (goes_on) continue;
    work.invalidate({page_scope(*mode_), address_of(handling.pages[begin].number), asid}, true,
                    static_cast<std::uint32_t>(end - begin), page_bytes_);
    begin = end;
  }
}

void DemandKernel::mark_stale(Handling& handling, PageKey page) {
  handling.pages.push_back(page);
  ++stale_[{page.asid, page.number}];
}

void DemandKernel::unmark_stale(Handling& handling) {
  for (const PageKey& page : handling.pages) {
    const auto marked = stale_.find({page.asid, page.number});
    if (--marked->second == 0) stale_.erase(marked);
  }
  handling.pages.clear();
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

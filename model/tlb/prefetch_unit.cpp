#include "tlb/prefetch_unit.h"

#include <algorithm>

namespace tablewalk {
namespace {

TlbArrayConfig buffer_of(std::uint32_t entries) {
  TlbArrayConfig config;
  config.entries = entries;
  config.ways = 0;
  return config;
}

Invalidation of_entry(VirtualAddress va, AddressSpaceId asid) {
  return {Invalidation::Scope::Leaf, va, asid};
}

}  // namespace

PrefetchUnit::PrefetchUnit(const TlbConfig& config, const PagingMode& mode, TlbArrays& arrays)
    : mode_(mode), arrays_(arrays), prefetcher_(make_prefetcher(config.prefetch)), page_shift_(mode.offset_bits()) {
  const PrefetchConfig& prefetch = config.prefetch;
  if (prefetch.page_bytes.bytes != 0) page_shift_ = log2_floor(prefetch.page_bytes.bytes);
  if (prefetch.buffer != 0) buffer_.emplace_back(buffer_of(prefetch.buffer), page_shifts(mode));
  for (std::uint32_t i = 0; prefetcher_ != nullptr && i < prefetch.in_flight; ++i) {
    requests_.push_back(std::make_unique<TranslationRequest>());
    free_.push_back(requests_.back().get());
  }
  if (prefetch.kind == PrefetchKind::Line) lines_.resize(config.miss_registers);
  for (const TlbArrayConfig& array : config.arrays) harm_window_ += array.entries;
}

const std::vector<VirtualAddress>& PrefetchUnit::after(const TranslationRequest& cause) {
  numbers_.clear();
  wanted_.clear();
  if (prefetcher_ == nullptr) return wanted_;
  const std::uint64_t page = cause.va.value() >> page_shift_;
  prefetcher_->missed({page, cause.asid, cause.instruction}, numbers_);
  for (const std::uint64_t number : numbers_) {
    const VirtualAddress va(number << page_shift_);
    const bool wrapped = va.value() >> page_shift_ != number;
    if (!wrapped && mode_.translates(va)) wanted_.push_back(va);
  }
  return wanted_;
}

bool PrefetchUnit::holds(VirtualAddress va, AddressSpaceId asid) const {
  return arrays_.holds_page(va, asid) || (uses_buffer() && buffer_.front().holds_page(va, asid));
}

TranslationRequest* PrefetchUnit::take(const TranslationRequest& cause, VirtualAddress va) {
  if (free_.empty()) return nullptr;
  TranslationRequest& request = *free_.back();
  free_.pop_back();
  request = TranslationRequest{};
  request.va = va;
  request.root = cause.root;
  request.asid = cause.asid;
  request.space = cause.space;
  request.access = {cause.access.kind == AccessKind::Fetch ? AccessKind::Fetch : AccessKind::Load, cause.access.user};
  request.instruction = cause.instruction;
  request.prefetch = true;
  return &request;
}

bool PrefetchUnit::owns(const TranslationRequest& request) const {
  return std::any_of(requests_.begin(), requests_.end(), [&](const auto& own) { return own.get() == &request; });
}

void PrefetchUnit::overtake(const Invalidation& invalidation) {
  const unsigned shift = std::min(63u, mode_.root_entry_shift() + Translation::most_neighbours_log2);
  for (const auto& request : requests_) {
    request->overtaken |= invalidation.may_concern(request->va, shift, request->asid);
  }
}

void PrefetchUnit::arrived(VirtualAddress va, AddressSpaceId asid, const Translation& found) {
  if (!uses_buffer()) {
    if (arrays_.install_hidden(va, asid, found)) note_victim(found.page_shift, true);
    return;
  }
  install_in(buffer_, mode_, va, asid, found);
  if (buffer_.front().victim()) ++stats_.unused;
}

const Translation* PrefetchUnit::use(const TranslationRequest& request) {
  const Translation* found = nullptr;
  if (uses_buffer()) {
    found = buffer_.front().find(request.va, request.asid, request.access);
  } else {
    found = arrays_.find_hidden(request.va, request.asid);
    const auto code = TlbArray::code_of(request.access);
    if (found != nullptr && (allowed_accesses(mode_, *found) >> code & 1) == 0) found = nullptr;
  }
  if (found == nullptr) return nullptr;
  used_ = *found;
  if (uses_buffer()) buffer_.front().invalidate(of_entry(request.va, request.asid));
  arrays_.install(request.va, request.asid, used_);
  ++stats_.useful;
  return &used_;
}

/// The page may have been evicted in any size.
void PrefetchUnit::missed(VirtualAddress va, AddressSpaceId asid) {
  for (const PageSize& size : mode_.page_sizes()) {
    const auto victim = evicted_.find({va.value() >> size.shift, size.shift, asid});
    if (victim == evicted_.end()) continue;
    if (fills_ - victim->second < harm_window_) ++stats_.harmful;
    evicted_.erase(victim);
  }
}

void PrefetchUnit::filled(VirtualAddress va, AddressSpaceId asid, unsigned page_shift) {
  ++fills_;
  for (const PageSize& size : mode_.page_sizes()) evicted_.erase({va.value() >> size.shift, size.shift, asid});
  note_victim(page_shift, false);
}

/// Of the arrays' last installation. Pages that a demanded one evicts would have left without prefetches too.
void PrefetchUnit::note_victim(unsigned page_shift, bool of_prefetch) {
  const std::optional<TlbVictim>& victim = arrays_.victim(page_shift);
  if (!victim) return;
  if (victim->hidden) {
    ++stats_.unused;
  } else if (of_prefetch) {
    evicted_[{victim->number, victim->shift, victim->asid}] = fills_;
    if (evicted_.size() > 2 * harm_window_ + 16) forget_old_victims();
  }
}

void PrefetchUnit::forget_old_victims() {
  for (auto victim = evicted_.begin(); victim != evicted_.end();) {
    victim = fills_ - victim->second < harm_window_ ? std::next(victim) : evicted_.erase(victim);
  }
}

std::uint64_t PrefetchUnit::invalidate(const Invalidation& invalidation) {
  overtake(invalidation);
  return uses_buffer() ? buffer_.front().invalidate(invalidation) : 0;
}

/// A TLB above may want the line too; then both use the same.
void PrefetchUnit::want_line(TranslationRequest& request, std::uint32_t miss_register) {
  if (request.line != nullptr) return;
  request.line = &lines_[miss_register];
  request.line->held = 0;
}

const std::vector<PrefetchUnit::LinePage>& PrefetchUnit::take_line(TranslationRequest& answered) {
  of_line_.clear();
  const LinePages& line = *answered.line;
  const bool own = &line >= lines_.data() && &line < lines_.data() + lines_.size();
  const unsigned shift = answered.answer.translation.whole_shift;
  const std::uint64_t group = answered.va.value() >> shift & ~std::uint64_t{Translation::most_neighbours - 1};
  for (std::uint64_t place = 0; !answered.answer.faulted && place < Translation::most_neighbours; ++place) {
    const VirtualAddress va((group + place) << shift);
    if ((line.held >> place & 1) == 0 || holds(va, answered.asid)) continue;
    of_line_.push_back({va, line.pages[place]});
  }
  if (own) answered.line = nullptr;
  return of_line_;
}

void PrefetchUnit::arrived_in_line(const LinePage& page, AddressSpaceId asid) {
  ++stats_.from_line;
  arrived(page.va, asid, page.translation);
}

void PrefetchUnit::report(const std::string& prefix, StatSet& figures) const {
  const auto count = [&](const char* name, std::uint64_t value, const char* unit, const char* meaning) {
    return figures.count(prefix + "." + name, value, unit, meaning);
  };
  count("issued", stats_.issued, "pages", "prefetches sent to the next translator")
      .key()
      .explain("pages that the prefetcher asked for before an access did");
  count("from_line", stats_.from_line, "pages",
        "pages prefetched from the line of a walk, without a walk of their own");
  count("useful", stats_.useful, "lookups", "hits on a prefetched page that was not accessed before")
      .key()
      .explain("misses that prefetching avoided: first hits on prefetched pages");
  count("late", stats_.late, "pages", "prefetches that an access had to wait for")
      .key()
      .explain("prefetches under way when the access missed: they saved a part of the walk");
  count("unused", stats_.unused, "pages", "prefetched pages evicted before an access hit them");
  count("not_found", stats_.not_found, "pages",
        "prefetches without a translation: the page is not mapped, its accessed bit is clear, or an invalidation came");
  count("redundant", stats_.redundant, "pages", "predictions of pages that the TLB has, or waits for");
  count("dropped", stats_.dropped, "pages", "predictions without a free request or miss register");
  count("harmful", stats_.harmful, "lookups",
        "misses on a page that a prefetch had evicted, with fewer fills since than the TLB has entries")
      .explain("misses that prefetching caused, because a prefetched page took the place of one in use");
}

}  // namespace tablewalk

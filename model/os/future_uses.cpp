#include "os/future_uses.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace tablewalk {

void FutureUses::add(PageKey page) {
  if (passed_ != 0) throw LawViolation("uses are added to a future of which a part has passed");
  const Page number = number_of(page);
  if (!page_of_use_.empty() && page_of_use_.back() == number) return;
  if (page_of_use_.size() == never) {
    throw InputError(
        fmt::format("the trace changes from page to page more than {} times: expected fewer for the "
                    "replacement policy optimal",
                    never));
  }
  page_of_use_.push_back(number);
}

void FutureUses::add(TraceReader& trace, std::uint64_t page_bytes, std::uint64_t records) {
  const unsigned shift = log2_floor(page_bytes);
  std::array<Record, 4096> batch;
  while (const std::size_t count = trace.read(batch.data(), std::min<std::uint64_t>(records, batch.size()))) {
    records -= count;
    for (std::size_t i = 0; i < count; ++i) {
      const Record& record = batch[i];
      if (is_event(record.kind)) continue;
      const std::uint64_t first = record.address.value() >> shift;
      const std::uint64_t last = (record.address.value() + record.size - 1) >> shift;
      for (std::uint64_t number = first; number <= last; ++number) add({record.asid, number});
    }
  }
}

std::optional<FutureUses::Page> FutureUses::find(PageKey page) const {
  const auto place = pages_.find(page);
  if (place == pages_.end()) return std::nullopt;
  return place->second;
}

std::uint32_t FutureUses::next_use(Page page) {
  if (next_of_use_.size() != page_of_use_.size()) link();
  std::uint32_t& next = next_of_page_[page];
  while (next < passed_) next = next_of_use_[next];
  return next;
}

void FutureUses::accessed(Page page) {
  if (passed_ > 0 && page_of_use_[passed_ - 1] == page) return;
  const std::uint32_t end = passed_ + std::min(window, size() - passed_);
  for (std::uint32_t use = passed_; use < end; ++use) {
    if (page_of_use_[use] != page) continue;
    if (use != passed_) ++deviations_;
    passed_ = use + 1;
    return;
  }
  ++deviations_;
}

FutureUses::Page FutureUses::number_of(PageKey page) {
  return pages_.try_emplace(page, static_cast<Page>(pages_.size())).first->second;
}

void FutureUses::link() {
  next_of_use_.assign(page_of_use_.size(), never);
  next_of_page_.assign(pages_.size(), never);
  for (std::uint32_t use = size(); use-- > 0;) {
    std::uint32_t& next = next_of_page_[page_of_use_[use]];
    next_of_use_[use] = next;
    next = use;
  }
}

}  // namespace tablewalk

#include "paging/table_builder.h"

namespace tablewalk {

/// After a change of the pages in that range of addresses.
void TableBuilder::renew_ranges(VirtualAddress va, std::uint64_t bytes) {
  const PhysicalMemory& memory = *memory_;
  for (std::uint64_t done = 0; done < bytes;) {
    const VirtualAddress page = va + done;
    const auto entry = leaf(page);
    const std::uint64_t step = entry ? std::uint64_t{1} << entry->view.page_shift : mode().page_bytes();
    if (const auto found = settled_page(mode(), memory, root(), page)) {
      ranges_->add(page, *found);
    } else {
      ranges_->remove(page, page + (step - 1));
    }
    done += step;
  }
}

}  // namespace tablewalk

#include "system/make_walker.h"

#include "walker/instant_walker.h"
#include "walker/rtl_walker.h"
#include "walker/systemc_walker.h"

namespace tablewalk {

std::unique_ptr<PageWalker> make_walker(const char* name, const WalkerConfig& config, const PagingControls& controls,
                                        const PagingMode& mode, PhysicalMemory& memory, unsigned ports) {
  switch (config.kind) {
    case WalkerKind::SystemC:
      return std::make_unique<SystemCWalker>(name, config, mode, ports);
    case WalkerKind::Instant:
      return std::make_unique<InstantWalker>(name, mode, memory, ports);
    case WalkerKind::Rtl:
    case WalkerKind::Foreign:
      break;
  }
  return std::make_unique<RtlWalker>(name, config, controls, mode, ports);
}

}  // namespace tablewalk

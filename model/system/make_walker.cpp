#include "system/make_walker.h"

#include "walker/rtl_walker.h"
#include "walker/walker.h"

namespace tablewalk {

std::unique_ptr<PageWalker> make_walker(const WalkerConfig& config, const PagingControls& controls,
                                        const PagingMode& mode, unsigned ports) {
  if (config.kind == WalkerKind::SystemC) return std::make_unique<Walker>("walker", config, mode, ports);
  return std::make_unique<RtlWalker>("walker", config, controls, mode, ports);
}

}  // namespace tablewalk

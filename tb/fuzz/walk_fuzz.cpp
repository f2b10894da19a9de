// Built by clang with libFuzzer: see tb/fuzz/README.md.
#include <cstdio>
#include <cstdlib>
#include <systemc>

#include "fuzz/walk_case.h"
#include "support/dice.h"

int sc_main(int, char**) {
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Never destroyed: SystemC's modules outlive nothing at exit.
  static auto* const cases = new tablewalk::test::WalkCases(tablewalk::test::setting("TABLEWALK_SEED", 1));
  const std::string difference = cases->run(data, size);
  if (!difference.empty()) {
    std::fprintf(stderr, "%s\n", difference.c_str());
    std::abort();
  }
  return 0;
}

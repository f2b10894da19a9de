// Every reader and parser under libFuzzer: see tb/fuzz/README.md. `--target=NAME` chooses which.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fuzz/parser_target.h"

namespace {

const tablewalk::test::ParserTarget* target = nullptr;
constexpr const char* option = "--target=";

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const char* name = "";
  for (int i = 1; i < *argc; ++i) {
    if (std::strncmp((*argv)[i], option, std::strlen(option)) == 0) name = (*argv)[i] + std::strlen(option);
  }
  target = tablewalk::test::find_parser_target(name);
  if (target == nullptr) {
    std::fprintf(stderr, "parser_fuzz: target '%s': expected %sNAME, one of %s\n", name, option,
                 tablewalk::test::parser_target_names().c_str());
    std::exit(2);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= target->most_bytes) target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}

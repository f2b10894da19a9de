// Part of every test of the hardware in a build that counts its coverage: writes what the models of the process have
// counted to the file that TABLEWALK_COVERAGE names.
#include <gtest/gtest.h>
#include <verilated.h>
#include <verilated_cov.h>

#include <cstdlib>

namespace tablewalk::test {
namespace {

class CoverageWriter : public testing::Environment {
 public:
  void TearDown() override {
    const char* file = std::getenv("TABLEWALK_COVERAGE");
    if (file != nullptr) Verilated::threadContextp()->coveragep()->write(file);
  }
};

const testing::Environment* const writer = testing::AddGlobalTestEnvironment(new CoverageWriter);

}  // namespace
}  // namespace tablewalk::test

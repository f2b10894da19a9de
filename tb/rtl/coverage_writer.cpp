// Part of every RTL test in a coverage build: writes the coverage counts of the process's models to the file named by
// TABLEWALK_COVERAGE.
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

#pragma once

#include <memory>
#include <vector>

namespace tablewalk::test {

/// A Verilated model that is never freed: what it has counted for the coverage lies in it, and is written last
/// (coverage_writer.cpp); and when static objects go, Verilator's own may have gone before.
template <class Model>
Model& lasting_model() {
  static auto& models = *new std::vector<std::unique_ptr<Model>>;
  return *models.emplace_back(std::make_unique<Model>());
}

}  // namespace tablewalk::test

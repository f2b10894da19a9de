#pragma once

#include <memory>
#include <vector>

namespace tablewalk::test {

/// A Verilated model that is never freed: it holds its coverage counts, which are written last (coverage_writer.cpp),
/// when Verilator's own static objects may already have been destroyed.
template <class Model>
Model& lasting_model() {
  static auto& models = *new std::vector<std::unique_ptr<Model>>;
  return *models.emplace_back(std::make_unique<Model>());
}

}  // namespace tablewalk::test

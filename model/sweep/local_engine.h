#pragma once

#include "sweep/engine.h"

namespace tablewalk {

/// Processes of this machine, forked from this one: a task reads neither the plan nor the config again.
class LocalEngine : public Engine {
 public:
  explicit LocalEngine(unsigned jobs) : jobs_(jobs) {}
  EngineOutcome run(const TaskList& tasks, const SweepStore& store, const EngineWatch& watch) override;

 private:
  unsigned jobs_;
};

}  // namespace tablewalk

#include "validate/claim.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/process_pool.h"

namespace tablewalk {

std::vector<std::vector<double>> measure(const std::vector<Measurement>& measurements, unsigned jobs,
                                         const char* command) {
  PoolOptions pool;
  pool.jobs = jobs;
  pool.stop = &interrupt_flag();
  const std::vector<std::string> texts = run_in_processes(
      measurements.size(), [&](std::size_t number) { return nlohmann::json(measurements[number].run()).dump(); },
      [&](std::size_t number) { return measurements[number].name; }, pool);
  if (interrupt_flag()) throw InputError(fmt::format("{}: interrupted: nothing was compared", command));
  std::vector<std::vector<double>> figures;
  for (const std::string& text : texts) figures.push_back(nlohmann::json::parse(text).get<std::vector<double>>());
  return figures;
}

double Outcome::difference() const {
  if (ours >= claim.low && ours <= claim.high) return 0;
  const double nearer = ours < claim.low ? claim.low : claim.high;
  const double distance = ours - nearer;
  return claim.tolerance.kind == Tolerance::Kind::Absolute ? distance : distance / std::abs(nearer);
}

bool Outcome::holds() const {
  if (claim.tolerance.kind == Tolerance::Kind::None) return true;
  return std::abs(difference()) <= claim.tolerance.value;  // false for NaN, too
}

std::string Outcome::verdict() const {
  if (claim.tolerance.kind == Tolerance::Kind::None) return "no bound";
  return holds() ? "holds" : "FAILS";
}

}  // namespace tablewalk

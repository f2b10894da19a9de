#include "validate/claim.h"

#include <cmath>

namespace tablewalk {

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

#include "sweep/figure_choice.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tablewalk {
namespace {

bool matches(const std::string& name, const std::string& pattern) {
  if (pattern.empty() || pattern.back() != '*') return name == pattern;
  return name.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0;
}

}  // namespace

bool FigureChoice::takes(const StatSet::Figure& figure) {
  names_.insert(figure.name);
  if (patterns_.empty()) return figure.key;
  bool taken = false;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    if (!matches(figure.name, patterns_[i])) continue;
    used_[i] = true;
    taken = true;
  }
  return taken;
}

void FigureChoice::refuse_unused() const {
  if (names_.empty()) return;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    if (used_[i]) continue;
    throw InputError(fmt::format("figures: {}: no such figure{}", patterns_[i],
                                 did_you_mean(patterns_[i], {names_.begin(), names_.end()})));
  }
}

}  // namespace tablewalk

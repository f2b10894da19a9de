#include "sweep/task_chunks.h"

#include <algorithm>
#include <set>

namespace tablewalk {

std::string TaskCosts::key_of(const SweepTask& task) {
  std::string key;
  for (const TaskTrace& trace : task.traces) key += trace.identity + "\n";
  return key;
}

void TaskCosts::add(const SweepTask& task, double seconds) {
  Sum& sum = costs_[key_of(task)];
  sum.seconds += seconds;
  ++sum.count;
}

double TaskCosts::expected(const SweepTask& task) const {
  const auto found = costs_.find(key_of(task));
  return found == costs_.end() ? 0 : found->second.seconds / found->second.count;
}

std::vector<TaskList> make_chunks(const TaskList& tasks, const TaskCosts& costs, double seconds,
                                  std::size_t most_chunks) {
  std::vector<TaskList> chunks;
  TaskCosts probed;
  TaskList measured;
  double total = 0;
  for (const SweepTask* task : tasks) {
    if (costs.knows(*task)) {
      measured.push_back(task);
      total += costs.expected(*task);
    } else if (!probed.knows(*task) && chunks.size() < most_chunks) {
      probed.add(*task, 0);
      chunks.push_back({task});
    }
  }
  const std::size_t left = most_chunks - chunks.size();
  if (left == 0) return chunks;
  const double limit = std::max(seconds, total / static_cast<double>(left));
  double filled = limit;
  for (const SweepTask* task : measured) {
    const double cost = costs.expected(*task);
    // The last chunk takes what rounding leaves over.
    if (filled + cost / 2 >= limit && chunks.size() < most_chunks) {
      chunks.emplace_back();
      filled = 0;
    }
    chunks.back().push_back(task);
    filled += cost;
  }
  return chunks;
}

}  // namespace tablewalk

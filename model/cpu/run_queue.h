#pragma once

#include <vector>

#include "cpu/record_source.h"

namespace tablewalk {

/// The traces, or threads of traces, that take turns on a core, or on several: each runs on one core at a time.
class RunQueue {
 public:
  /// `first` and `step`: they are the machine's threads number first, first + step and so on. `shared`: of several
  /// cores.
  explicit RunQueue(const std::vector<RecordSource*>& sources, unsigned first = 0, unsigned step = 1,
                    bool shared = false)
      : first_(first), step_(step), shared_(shared), entries_(sources.size()) {
    for (std::size_t i = 0; i < sources.size(); ++i) entries_[i].source = sources[i];
  }

  bool shared() const { return shared_; }
  /// The machine's number of that thread.
  unsigned thread(std::size_t number) const { return first_ + static_cast<unsigned>(number) * step_; }

  std::size_t size() const { return entries_.size(); }
  RecordSource& source(std::size_t number) { return *entries_[number].source; }
  /// Whether no core runs it.
  bool is_free(std::size_t number) const { return !entries_[number].taken; }
  /// The core runs it from now on; true if another core did before.
  bool take(std::size_t number, unsigned core) {
    Entry& entry = entries_[number];
    const bool migrates = entry.started && entry.core != core;
    entry.taken = entry.started = true;
    entry.core = core;
    return migrates;
  }
  void release(std::size_t number) { entries_[number].taken = false; }

 private:
  struct Entry {
    RecordSource* source = nullptr;
    unsigned core = 0;
    bool started = false;
    bool taken = false;
  };
  unsigned first_;
  unsigned step_;
  bool shared_;
  std::vector<Entry> entries_;
};

}  // namespace tablewalk

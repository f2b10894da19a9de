#include "trace/thread_counts.h"

#include "trace/trace_reader.h"

namespace tablewalk {

void ThreadCounts::add(const Record* records, std::size_t count) {
  std::size_t first = 0;  // of the current run of records
  for (std::size_t i = 0; i < count; ++i) {
    if (records[i].kind != RecordKind::Thread) continue;
    add_of_running(i - first);
    running_ = records[i].asid;
    first = i + 1;
  }
  add_of_running(count - first);
}

void ThreadCounts::add_of_running(std::uint64_t records) {
  if (records == 0) return;
  const auto [place, is_new] = places_.try_emplace(running_, threads_.size());
  if (is_new) threads_.push_back({running_, 0});
  threads_[place->second].records += records;
}

std::vector<unsigned> threads_of(const std::string& path, const std::string& format) {
  const auto reader = open_trace(path, format);
  ThreadCounts counts;
  std::vector<Record> batch(batch_records);
  while (const std::size_t count = reader->read(batch.data(), batch.size())) counts.add(batch.data(), count);
  std::vector<unsigned> threads;
  for (const ThreadCount& one : counts.threads()) threads.push_back(one.thread);
  return threads;
}

}  // namespace tablewalk

#include "observe/walk_log.h"

#include <fmt/format.h>

#include "trace/compressed_file.h"

namespace tablewalk {
namespace {

/// `L2@0x1040:12-17:l2`, with `!` after the level of an update.
std::string describe(const WalkRecord::EntryRead& read) {
  return fmt::format("L{}{}@0x{:x}:{}-{}:{}", read.level, read.update ? "!" : "", read.address.value(),
                     read.presented.count(), read.answered.count(), to_string(read.served_by));
}

}  // namespace

std::string walk_log_header() {
  return "id,asid,va,access,requested_cycle,taken_cycle,answered_cycle,queue_cycles,merged_requests,"
         "walk_cache_hit_level,entry_reads,reads,frame,page_bytes,fault,phase";
}

std::string walk_log_row(const WalkRecord& walk) {
  std::string reads;
  for (unsigned i = 0; i < walk.listed(); ++i) reads += (i == 0 ? "" : ";") + describe(walk.reads[i]);
  const Translation& translation = walk.answer.translation;
  const std::string hit =
      walk.walk_cache_hit == WalkRecord::no_hit ? std::string() : std::to_string(walk.walk_cache_hit);
  const std::string end = walk.answer.faulted ? fmt::format(",,{}", tablewalk::to_string(walk.answer.fault.reason))
                                              : fmt::format("0x{:x},{},", translation.page.value(),
                                                            std::uint64_t{1} << translation.whole_shift);
  return fmt::format("{},{},0x{:x},{},{},{},{},{},{},{},{},{},{}", walk.id, walk.space, walk.va.value(),
                     to_string(walk.access.kind), walk.requested.count(), walk.taken.count(), walk.answered.count(),
                     (walk.taken - walk.requested).count(), walk.merged, hit, walk.entry_reads, reads, end);
}

struct WalkLog::Output {
  explicit Output(const std::string& path) : file(path) {}
  CompressedFile file;
};

WalkLog::WalkLog(const std::string& path, bool warming_up)
    : output_(std::make_unique<Output>(path)), warming_up_(warming_up) {
  output_->file.write(walk_log_header() + "\n");
}

WalkLog::~WalkLog() = default;

void WalkLog::walk_finished(const WalkRecord& walk) {
  output_->file.write(walk_log_row(walk) + (warming_up_ ? ",warmup\n" : ",measured\n"));
}

void WalkLog::finish() {
  output_->file.finish();
}

}  // namespace tablewalk

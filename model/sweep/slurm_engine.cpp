#include "sweep/slurm_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "sweep/durable_file.h"
#include "sweep/local_engine.h"
#include "sweep/slurm_commands.h"
#include "sweep/task_chunks.h"

namespace tablewalk {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// Of one array: Slurm's default MaxArraySize is 1001.
constexpr std::size_t most_chunks = 1000;
constexpr std::size_t most_chunk_bytes = std::size_t{1} << 30;
/// Slurm may be restarted meanwhile.
constexpr double longest_silence = 300;

std::string chunk_path(const std::string& folder, std::size_t chunk) {
  return fmt::format("{}/{}.json", folder, chunk);
}

class SlurmSweep {
 public:
  SlurmSweep(const TaskList& tasks, const SweepStore& store, const EngineWatch& watch, const SlurmOptions& options)
      : store_(store), watch_(watch), options_(options), left_(tasks), total_(tasks.size()) {
    for (const SweepTask* task : tasks) store_.clear_failure(task->id);
  }

  EngineOutcome run() {
    cancel_former_job();
    for (unsigned round = 0; !left_.empty() && !interrupt_flag() && !must_stop(); ++round) run_round(round);
    std::error_code ignored;
    fs::remove(store_.path("slurm/job"), ignored);
    EngineOutcome outcome;
    outcome.interrupted = interrupt_flag();
    outcome.stopped = must_stop();
    return outcome;
  }

 private:
  bool must_stop() const { return any_failed_ && !watch_.keep_going; }

  /// A sweep that was killed leaves its job.
  void cancel_former_job() const {
    std::error_code failed;
    if (!fs::exists(store_.path("slurm/job"), failed)) return;
    const std::string job = read_text_file(store_.path("slurm/job"));
    watch_.message(fmt::format("cancelling job {} of the former sweep in this folder", job));
    slurm_.cancel(job);
    while (slurm_.unfinished(job).value_or(0) != 0 && !interrupt_flag()) pause();
  }

  void pause() const { std::this_thread::sleep_for(std::chrono::duration<double>(options_.poll_seconds)); }

  void run_round(unsigned round) {
    const std::string folder = fs::absolute(store_.path(fmt::format("slurm/round-{}", round))).string();
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    create_folder(folder);
    const std::vector<TaskList> chunks = make_chunks(left_, costs_, options_.chunk_seconds, most_chunks);
    std::set<std::string> submitted;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      ordered_json tasks = ordered_json::array();
      for (const SweepTask* task : chunks[i]) {
        tasks.push_back(task_to_json(*task));
        submitted.insert(task->id);
      }
      write_durable_file(chunk_path(folder, i), tasks.dump());
    }
    const std::string job = submit(folder, chunks.size());
    watch_.message(fmt::format("Slurm job {}: {} simulations in {} array tasks", job, submitted.size(), chunks.size()));
    wait_for(job);
    take_results();
    count_lost(submitted, folder);
  }

  std::string submit(const std::string& folder, std::size_t chunks) const {
    SlurmArray array;
    array.tasks = chunks;
    array.output = folder + "/%a.out";
    array.processors = options_.jobs;
    array.options = options_.options;
    array.command = fmt::format("exec {} sweep worker {} {} -j {}", shell_word(fs::read_symlink("/proc/self/exe")),
                                shell_word(fs::absolute(store_.folder()).string()), shell_word(folder), options_.jobs);
    std::string job = slurm_.submit(array);
    write_durable_file(store_.path("slurm/job"), job);
    return job;
  }

  void wait_for(const std::string& job) {
    double silence = 0;
    while (true) {
      pause();
      take_results();
      if (interrupt_flag() || must_stop()) slurm_.cancel(job);
      const std::optional<std::size_t> unfinished = slurm_.unfinished(job);
      if (unfinished && *unfinished == 0) return;
      silence = unfinished ? 0 : silence + options_.poll_seconds;
      if (silence > longest_silence) {
        throw InputError(fmt::format("--engine slurm: squeue has not answered for {:.0f} s; the same command goes on",
                                     longest_silence));
      }
    }
  }

  /// What has a result or a failure is no longer left.
  void take_results() {
    TaskList left;
    for (const SweepTask* task : left_) {
      const std::optional<TaskHeader> header = store_.header(task->id);
      const bool failed = !header && !store_.failure(task->id).empty();
      if (header) costs_.add(*task, header->time.seconds);
      any_failed_ = any_failed_ || failed;
      if (!header && !failed) left.push_back(task);
    }
    left_ = std::move(left);
    watch_.progress(total_ - left_.size());
  }

  /// Tasks that ended without result or failure: their node or their array task died.
  void count_lost(const std::set<std::string>& submitted, const std::string& folder) {
    if (interrupt_flag() || must_stop()) return;
    TaskList left;
    std::size_t lost = 0;
    for (const SweepTask* task : left_) {
      const bool is_lost = submitted.count(task->id) != 0;
      if (is_lost) ++lost;
      if (is_lost && ++attempts_[task->id] > options_.retries) {
        any_failed_ = true;
        store_.put_failure(*task, fmt::format("Slurm lost it {} times; see {}/*.out", attempts_[task->id], folder));
      } else {
        left.push_back(task);
      }
    }
    left_ = std::move(left);
    if (lost != 0) watch_.message(fmt::format("{} simulations were lost and are submitted again", lost));
  }

  const SweepStore& store_;
  const EngineWatch& watch_;
  const SlurmOptions& options_;
  SlurmCommands slurm_;
  TaskCosts costs_;
  TaskList left_;
  std::size_t total_;
  std::map<std::string, unsigned> attempts_;
  bool any_failed_ = false;
};

}  // namespace

EngineOutcome SlurmEngine::run(const TaskList& tasks, const SweepStore& store, const EngineWatch& watch) {
  return SlurmSweep(tasks, store, watch, options_).run();
}

void run_chunk(const SweepStore& store, const std::string& chunks, std::size_t chunk, unsigned jobs) {
  const std::string path = chunk_path(chunks, chunk);
  const ordered_json json = ordered_json::parse(read_text_file(path, most_chunk_bytes), nullptr, false);
  if (!json.is_array()) throw InputError(path + ": expected the tasks of a sweep");
  std::vector<SweepTask> tasks;
  for (const ordered_json& one : json) {
    // A chunk that Slurm starts again goes on where it was.
    if (!store.header(one.at("id").get<std::string>())) tasks.push_back(task_from_json(one));
  }
  TaskList list;
  for (const SweepTask& task : tasks) list.push_back(&task);
  const EngineOutcome outcome = LocalEngine(jobs).run(list, store, {});
  if (!outcome.store_problem.empty()) throw InputError(outcome.store_problem);
}

}  // namespace tablewalk

#include "sweep/sweep_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "sweep/durable_file.h"
#include "sweep/folder_lock.h"
#include "sweep/task_chunks.h"
#include "sweep/trace_checksums.h"

namespace tablewalk::sweep_store_test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class SweepFolder : public testing::Test {
 protected:
  SweepFolder() : store_((fs::temp_directory_path() / ("sweep" + std::to_string(::getpid()))).string()) {
    store_.create();
    task_.id = "0123456789abcdef";
    task_.name = "a task";
    task_.traces = {{"a.twt", "1"}};
    result_.trace = {"a.twt", "twt", "00", 5, ""};
    result_.config = nlohmann::ordered_json::object();
    result_.stats.count("walker.walks", 7, "walks", "walks");
  }
  ~SweepFolder() override { fs::remove_all(store_.folder()); }

  std::string run_path() const { return store_.path("runs/" + task_.id + ".run"); }

  SweepStore store_;
  SweepTask task_;
  RunResult result_;
};

TEST_F(SweepFolder, AResultIsThereWithWhatMadeIt) {
  EXPECT_FALSE(store_.header(task_.id));
  store_.put(task_, result_, {1.5, 0.5});
  const auto header = store_.header(task_.id);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->program.checksum, this_program().checksum);
  EXPECT_EQ(header->time.seconds, 1.5);
  EXPECT_EQ(store_.get(task_.id).stats.at("walker.walks").count, 7U);
}

TEST_F(SweepFolder, AShorterFileIsNoResult) {
  store_.put(task_, result_, {});
  fs::resize_file(run_path(), fs::file_size(run_path()) - 1);
  EXPECT_FALSE(store_.header(task_.id));
}

TEST_F(SweepFolder, ADamagedResultIsRemoved) {
  store_.put(task_, result_, {});
  std::fstream file(run_path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put('\x55');
  file.close();
  EXPECT_THROW(store_.get(task_.id), InputError);
  EXPECT_FALSE(fs::exists(run_path()));
}

TEST_F(SweepFolder, FailuresAreKeptUntilCleared) {
  EXPECT_EQ(store_.failure(task_.id), "");
  store_.put_failure(task_, "broken");
  EXPECT_EQ(store_.failure(task_.id), "broken");
  store_.clear_failure(task_.id);
  EXPECT_EQ(store_.failure(task_.id), "");
}

TEST_F(SweepFolder, WritesThatFailLeaveTheOldFileAndNoOther) {
  write_durable_file(store_.path("x"), "old");
  EXPECT_THROW(write_durable_file(store_.path("nofolder/x"), "new"), InputError);
  fs::create_directory(store_.path("folder"));
  std::ofstream(store_.path("folder/inside")) << "x";
  EXPECT_THROW(write_durable_file(store_.path("folder"), "new"), InputError);
  EXPECT_EQ(read_text_file(store_.path("x")), "old");
  std::size_t temporaries = 0;
  for (const auto& entry : fs::directory_iterator(store_.folder())) temporaries += entry.path().extension() == ".tmp";
  EXPECT_EQ(temporaries, 0U);
}

TEST_F(SweepFolder, AWriterThatIsKilledLeavesTheOldFile) {
  const std::string path = store_.path("x");
  write_durable_file(path, "old");
  for (int i = 0; i < 3; ++i) {
    const pid_t writer = ::fork();
    if (writer == 0) {
      const std::string text(std::size_t{64} << 20, 'x');
      while (true) write_durable_file(path, text);
    }
    const auto has_begun = [&] {
      for (const auto& entry : fs::directory_iterator(store_.folder())) {
        if (entry.is_regular_file() && entry.path().extension() == ".tmp") return true;
      }
      return fs::file_size(path) != 3;
    };
    while (!has_begun()) ::usleep(1000);
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    EXPECT_EQ(fs::file_size(path), 3U);
    store_.clean();
  }
}

TEST_F(SweepFolder, CleanRemovesWhatInterruptedWritesLeft) {
  std::ofstream(store_.path("runs/x.run.host.1.tmp")) << "half";
  store_.put(task_, result_, {});
  store_.clean();
  EXPECT_FALSE(fs::exists(store_.path("runs/x.run.host.1.tmp")));
  EXPECT_TRUE(store_.header(task_.id));
}

TEST_F(SweepFolder, OnlyAManifestIsRead) {
  EXPECT_TRUE(store_.read_manifest().is_null());
  std::ofstream(store_.path("manifest.json")) << "{}";
  EXPECT_THROW(store_.read_manifest(), InputError);
}

/// A process that holds the lock until it is killed.
pid_t hold_lock(const std::string& folder) {
  int ready[2];
  EXPECT_EQ(::pipe(ready), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const FolderLock lock(folder, false);
    EXPECT_EQ(::write(ready[1], "x", 1), 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  ::close(ready[1]);
  return pid;
}

void kill_and_wait(pid_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_F(SweepFolder, TheLockNamesItsHolderAndOutlivesNoProcess) {
  EXPECT_EQ(FolderLock::holder(store_.folder()), "");
  const pid_t pid = hold_lock(store_.folder());
  const std::string name = "process " + std::to_string(pid) + " on " + host_name();
  EXPECT_EQ(FolderLock::holder(store_.folder()), name);
  try {
    const FolderLock lock(store_.folder(), false);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is in use by " + name));
  }
  kill_and_wait(pid);
  EXPECT_EQ(FolderLock::holder(store_.folder()), "");
  {
    const FolderLock lock(store_.folder(), false);
    EXPECT_EQ(lock.taken_over(), name);
  }
  const FolderLock again(store_.folder(), false);
  EXPECT_EQ(again.taken_over(), "");
}

TEST_F(SweepFolder, WaitingTakesTheLockWhenItsHolderEnds) {
  const pid_t pid = hold_lock(store_.folder());
  const pid_t waiter = ::fork();
  if (waiter == 0) {
    const FolderLock lock(store_.folder(), true);
    ::_exit(42);
  }
  ::usleep(300000);
  int status = 0;
  EXPECT_EQ(::waitpid(waiter, &status, WNOHANG), 0);
  kill_and_wait(pid);
  ::waitpid(waiter, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST_F(SweepFolder, TracesAreReadAgainOnlyIfChanged) {
  const std::string path = store_.path("t");
  std::ofstream(path) << "one";
  TraceChecksums first;
  const std::string one = first.of(path);
  nlohmann::ordered_json known = first.to_json();
  EXPECT_EQ(TraceChecksums(known).of(path), one);
  known[path]["checksum"] = "remembered";
  EXPECT_EQ(TraceChecksums(known).of(path), "remembered");
  const auto time = fs::last_write_time(path);
  std::ofstream(path) << "other";
  fs::last_write_time(path, time);
  EXPECT_NE(TraceChecksums(known).of(path), "remembered");
  std::ofstream(path) << "two";
  EXPECT_NE(TraceChecksums(known).of(path), "remembered");
  EXPECT_NE(TraceChecksums(known).of(path), one);
  EXPECT_THROW(first.of(store_.path("missing")), InputError);
}

TEST(TaskChunks, UnmeasuredTasksAreProbedFirstAndTheRestIsDividedByCost) {
  std::vector<SweepTask> tasks(9);
  TaskList list;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].traces = {{"", i < 6 ? "short" : "long"}};
    list.push_back(&tasks[i]);
  }
  const auto sizes = [](const std::vector<TaskList>& chunks) {
    std::vector<std::size_t> numbers;
    for (const TaskList& chunk : chunks) numbers.push_back(chunk.size());
    return numbers;
  };
  TaskCosts costs;
  EXPECT_THAT(sizes(make_chunks(list, costs, 10, 100)), ElementsAre(1, 1));
  costs.add(tasks[0], 2);
  costs.add(tasks[0], 4);
  EXPECT_THAT(sizes(make_chunks(list, costs, 10, 100)), ElementsAre(1, 3, 3));
  costs.add(tasks[6], 10);
  EXPECT_THAT(sizes(make_chunks(list, costs, 10, 100)), ElementsAre(3, 3, 1, 1, 1));
  EXPECT_THAT(sizes(make_chunks(list, costs, 10, 2)).size(), 2U);
  EXPECT_THAT(sizes(make_chunks(list, costs, 1000, 100)), ElementsAre(9));
}

}  // namespace
}  // namespace tablewalk::sweep_store_test

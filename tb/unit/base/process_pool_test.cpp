#include "base/process_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <set>

#include "base/error.h"

namespace tablewalk::process_pool_test {
namespace {

std::string name_of(std::size_t number) {
  return "job" + std::to_string(number);
}

PoolOptions jobs(unsigned count) {
  PoolOptions options;
  options.jobs = count;
  return options;
}

TEST(ProcessPool, TextsComeInOrderWhateverTheNumberOfJobs) {
  const auto work = [](std::size_t number) {
    ::usleep(static_cast<useconds_t>(20000 * (5 - number)));
    return std::string(number * 100000, static_cast<char>('a' + number));  // more than a pipe's capacity
  };
  const auto alone = run_in_processes(5, work, name_of, jobs(1));
  EXPECT_EQ(alone.at(4), std::string(400000, 'e'));
  EXPECT_EQ(run_in_processes(5, work, name_of, jobs(5)), alone);
}

TEST(ProcessPool, EachJobHasAProcessOfItsOwn) {
  const auto pids = run_in_processes(
      4, [](std::size_t) { return std::to_string(::getpid()); }, name_of, jobs(2));
  EXPECT_EQ(std::set<std::string>(pids.begin(), pids.end()).size(), 4U);
  EXPECT_THAT(pids, testing::Not(testing::Contains(std::to_string(::getpid()))));
}

TEST(ProcessPool, ErrorOfTheLowestNumberIsThrown) {
  const auto work = [](std::size_t number) -> std::string {
    if (number == 1) ::usleep(100000);
    if (number >= 1) throw InputError("bad " + std::to_string(number));
    return "";
  };
  for (const unsigned count : {1U, 3U}) {
    try {
      run_in_processes(3, work, name_of, jobs(count));
      FAIL();
    } catch (const InputError& error) {
      EXPECT_STREQ(error.what(), "bad 1");
    }
  }
}

TEST(ProcessPool, JobsGoOnAfterAnErrorThatIsTakenCareOf) {
  PoolOptions options = jobs(2);
  std::set<std::size_t> failed;
  std::set<std::string> texts;
  options.on_error = [&](std::size_t number, const std::exception_ptr&) { return failed.insert(number).second; };
  options.on_text = [&](std::size_t, const std::string& text) { texts.insert(text); };
  const auto work = [](std::size_t number) -> std::string {
    if (number == 1) throw InputError("bad");
    if (number == 2) std::raise(SIGKILL);
    return std::to_string(number);
  };
  EXPECT_THAT(run_in_processes(5, work, name_of, options), testing::ElementsAre("0", "", "", "3", "4"));
  EXPECT_THAT(failed, testing::ElementsAre(1, 2));
  EXPECT_THAT(texts, testing::ElementsAre("0", "3", "4"));
}

TEST(ProcessPool, ViolationStaysAViolation) {
  const auto work = [](std::size_t) -> std::string { throw LawViolation("law 3"); };
  EXPECT_THROW(run_in_processes(1, work, name_of, jobs(1)), LawViolation);
}

TEST(ProcessPool, ProcessThatDiesIsNamed) {
  const auto problem = [](const std::function<std::string(std::size_t)>& work) -> std::string {
    try {
      run_in_processes(2, work, name_of, jobs(1));
    } catch (const LawViolation& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(problem([](std::size_t number) -> std::string {
              if (number == 1) ::raise(SIGKILL);
              return "x";
            }),
            "the process of 'job1' was ended by signal 9 (Killed)");
  EXPECT_EQ(problem([](std::size_t) -> std::string { ::_exit(3); }), "the process of 'job0' ended with exit code 3");
}

TEST(ProcessPool, StopKeepsFurtherJobsFromStarting) {
  std::atomic<bool> stop{false};
  PoolOptions options = jobs(1);
  options.stop = &stop;
  options.on_finished = [&](std::size_t finished) { stop = finished == 2; };
  const auto texts = run_in_processes(4, name_of, name_of, options);
  EXPECT_THAT(texts, testing::ElementsAre("job0", "job1", "", ""));
}

}  // namespace
}  // namespace tablewalk::process_pool_test

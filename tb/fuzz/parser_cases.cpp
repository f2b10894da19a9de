// The targets of parser_fuzz without libFuzzer, for any compiler.
//
//     parser_cases CORPUS              every target over the files of CORPUS/NAME, and over damaged copies of them
//     parser_cases NAME FILE...        one target over these files as they are: repeats a finding
//
// A finding ends the process; the input that made it is then in the file parser_cases.finding.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/parser_target.h"
#include "support/dice.h"

namespace tablewalk::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* finding_file = "parser_cases.finding";
constexpr unsigned copies = 200;       ///< damaged ones of each file
constexpr unsigned longest_case = 20;  ///< seconds

struct Counts {
  unsigned read = 0;
  unsigned refused = 0;
};

/// What is under way, for who ends it.
struct Current {
  const char* target = "";
  std::string file;
  std::string bytes;
} current;

void say(const char* text) {
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text, std::strlen(text));
}

/// Calls nothing that a signal's handler must not call.
void on_end(int signal) {
  say(signal == SIGALRM ? "finding: no end in sight\n" : "");
  say("in target ");
  say(current.target);
  say(", made of ");
  say(current.file.c_str());
  say("; the input is in ");
  say(finding_file);
  say("\n");
  const int file = ::open(finding_file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  [[maybe_unused]] const ssize_t ignored = ::write(file, current.bytes.data(), current.bytes.size());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void run(const ParserTarget& target, const std::string& bytes, Counts& counts) {
  current.bytes = bytes;
  ::alarm(longest_case);
  ++(target.run(bytes) ? counts.read : counts.refused);
  ::alarm(0);
}

/// Cut, with bits turned, with bytes left out or twice, with a word that a parser may fear.
std::string damaged(std::string bytes, Dice& dice) {
  static constexpr std::uint64_t words[] = {
      0, 1, 0x7F, 0xFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, ~std::uint64_t{0}};
  for (unsigned times = dice.number(1, 4); times != 0 && !bytes.empty(); --times) {
    const std::size_t place = dice.number(0, static_cast<std::uint32_t>(bytes.size() - 1));
    const std::size_t count = std::min<std::size_t>(dice.number(1, 8), bytes.size() - place);
    switch (dice.number(0, 4)) {
      case 0:
        bytes.resize(place);
        break;
      case 1:
        bytes[place] = static_cast<char>(bytes[place] ^ 1 << dice.number(0, 7));
        break;
      case 2:
        bytes.erase(place, count);
        break;
      case 3:
        bytes.insert(place, bytes.substr(place, count));
        break;
      default:
        std::memcpy(bytes.data() + place, &words[dice.number(0, 7)], count);
    }
  }
  return bytes;
}

/// Whether the corpus has what is read and what is refused; without either it would show little.
bool run_corpus(const ParserTarget& target, const fs::path& folder) {
  std::vector<fs::path> files;
  if (fs::is_directory(folder)) std::copy(fs::directory_iterator(folder), {}, std::back_inserter(files));
  std::sort(files.begin(), files.end());
  Counts whole;
  Counts others;
  Dice dice(1);
  current.target = target.name;
  for (const fs::path& path : files) {
    current.file = path.string();
    const std::string bytes = content_of(path);
    run(target, bytes, whole);
    for (unsigned i = 0; i < copies; ++i) run(target, damaged(bytes, dice), others);
  }
  std::printf("%-10s %3zu files, %3u of them read; damaged copies: %5u read, %5u refused\n", target.name, files.size(),
              whole.read, others.read, others.refused);
  if (whole.read != 0 && others.refused != 0) return true;
  std::fprintf(stderr, "parser_cases: %s: expected files there that are read, and refused when they are damaged\n",
               folder.c_str());
  return false;
}

int run_files(const char* name, char** begin, char** end) {
  const ParserTarget* target = find_parser_target(name);
  if (target == nullptr) {
    std::fprintf(stderr, "parser_cases: target '%s': expected one of %s\n", name, parser_target_names().c_str());
    return 2;
  }
  current.target = target->name;
  for (; begin != end; ++begin) {
    if (!fs::is_regular_file(*begin)) {
      std::fprintf(stderr, "parser_cases: %s: expected a file\n", *begin);
      return 2;
    }
    if (fs::file_size(*begin) > target->most_bytes) {
      std::fprintf(stderr, "parser_cases: %s: expected at most %zu bytes for target %s\n", *begin, target->most_bytes,
                   name);
      return 2;
    }
    current.file = *begin;
    Counts counts;
    run(*target, content_of(*begin), counts);
    std::printf("%s: %s\n", *begin, counts.read != 0 ? "read" : "refused");
  }
  return 0;
}

int run_all(const fs::path& corpus) {
  bool good = true;
  for (const ParserTarget& target : parser_targets()) good = run_corpus(target, corpus / target.name) && good;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace tablewalk::test

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal, tablewalk::test::on_end);
  }
  if (argc == 2) return tablewalk::test::run_all(argv[1]);
  if (argc > 2) return tablewalk::test::run_files(argv[1], argv + 2, argv + argc);
  std::fprintf(stderr, "parser_cases: expected CORPUS, or TARGET FILE...\n");
  return 2;
}

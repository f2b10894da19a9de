#pragma once

// Included by every file of a copy of model/ that holds mutants. The environment variable TABLEWALK_MUTANT names the
// one that runs. TABLEWALK_REACHED names a file of as many bytes as there are mutants: of those whose places are
// reached, the byte becomes 1.

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

namespace tablewalk_mutation {

inline int chosen_by_environment() {
  const char* const text = std::getenv("TABLEWALK_MUTANT");
  return text == nullptr ? 0 : std::atoi(text);
}

/// The file, in memory, which child processes write to as well; null if none is wanted.
inline unsigned char* open_reached() {
  const char* const path = std::getenv("TABLEWALK_REACHED");
  const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  struct stat found {};
  if (file < 0 || ::fstat(file, &found) != 0) return nullptr;
  void* const memory = ::mmap(nullptr, found.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<unsigned char*>(memory);
}

inline int chosen = chosen_by_environment();
inline unsigned char* reached = open_reached();

inline bool is_chosen(int mutant) {
  if (__builtin_expect(reached != nullptr, 0)) reached[mutant] = 1;
  return chosen == mutant;
}

/// Never while the compiler evaluates a constant.
constexpr bool on(int mutant) {
  return __builtin_is_constant_evaluated() ? false : is_chosen(mutant);
}

}  // namespace tablewalk_mutation

/// A mutant that mistakes the number of a process must not end all that there are.
extern "C" __attribute__((weak, used)) int kill(pid_t process, int signal) noexcept {
  if (process <= 1) ::abort();
  return static_cast<int>(::syscall(SYS_kill, process, signal));
}

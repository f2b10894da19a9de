#include "base/interrupt.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <new>

namespace tablewalk {
namespace {

using Flag = std::atomic<bool>;
static_assert(Flag::is_always_lock_free, "a signal handler may only use lock-free objects");

constexpr std::array ending_signals = {SIGINT, SIGTERM, SIGHUP};

/// In memory shared by forked processes: a signal to one of them is seen by all.
Flag& shared_flag() {
  static Flag* const flag = [] {
    void* page = ::mmap(nullptr, sizeof(Flag), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw std::bad_alloc();
    return new (page) Flag(false);
  }();
  return *flag;
}

struct Temporary {
  std::atomic<pid_t> owner{0};  ///< the process that registered it; 0: the slot is free
  std::array<char, 4096> path{};
};
std::array<Temporary, 8> temporaries;

Flag* looked_at = nullptr;  ///< the flag, once this process or an ancestor polls it
volatile std::sig_atomic_t signalled = 0;

/// Only async-signal-safe calls: see signal-safety(7).
void on_signal(int number) {
  if (looked_at != nullptr && signalled == 0 && number != SIGPIPE) {
    signalled = 1;
    *looked_at = true;
    return;
  }
  for (const Temporary& temporary : temporaries) {
    if (temporary.owner == ::getpid()) ::unlink(temporary.path.data());
  }
  // The signal is blocked here, so the new one is delivered when this function returns.
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void set_handler(int number) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

void handle_interrupts() {
  struct sigaction before {};
  for (const int number : ending_signals) {
    const bool ignored = ::sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
    if (!ignored || number != SIGHUP) set_handler(number);
  }
  set_handler(SIGPIPE);
}

const std::atomic<bool>& interrupt_flag() {
  looked_at = &shared_flag();
  return *looked_at;
}

void end_with_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it ended before the request
}

TemporaryName::TemporaryName(const std::string& path) : slot_(-1) {
  if (path.size() >= temporaries[0].path.size()) return;
  for (std::size_t i = 0; i < temporaries.size(); ++i) {
    if (temporaries[i].owner != 0) continue;
    std::copy(path.begin(), path.end(), temporaries[i].path.begin());
    temporaries[i].path[path.size()] = '\0';
    temporaries[i].owner = ::getpid();
    slot_ = static_cast<int>(i);
    return;
  }
}

TemporaryName::~TemporaryName() {
  if (slot_ >= 0) temporaries[static_cast<std::size_t>(slot_)].owner = 0;
}

}  // namespace tablewalk

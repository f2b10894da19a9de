// A program of three threads, for captures: each stores into its own array, and then all take turns.
#include <array>
#include <cstdio>
#include <thread>

namespace {

constexpr int stores = 3000;
std::array<std::array<volatile char, stores>, 3> arrays;

void fill(int number) {
  for (int i = 0; i < stores; ++i) {
    arrays[number][i] = 1;
    if (i % 1000 == 0) std::this_thread::yield();
  }
}

}  // namespace

int main() {
  for (auto& array : arrays) std::printf("%p\n", static_cast<volatile void*>(array.data()));
  std::fflush(stdout);
  std::thread second(fill, 1);
  std::thread third(fill, 2);
  fill(0);
  second.join();
  third.join();
}

// The sieve of Eratosthenes, then a histogram of the gaps between primes: long strides over a few megabytes.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  enum { limit = 4000000, longest_gap = 256 };
  uint8_t* composite = calloc(limit, 1);
  static uint32_t gaps[longest_gap];
  for (uint32_t i = 2; i * i < limit; ++i) {
    if (composite[i]) continue;
    for (uint32_t multiple = i * i; multiple < limit; multiple += i) composite[multiple] = 1;
  }
  uint32_t last = 2;
  for (uint32_t i = 3; i < limit; ++i) {
    if (composite[i]) continue;
    ++gaps[(i - last) % longest_gap];
    last = i;
  }
  printf("%u %u %u\n", gaps[2], gaps[4], gaps[6]);
  free(composite);
  return 0;
}

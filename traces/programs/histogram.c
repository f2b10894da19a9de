/* Four threads count 160,000 random keys in one table of 2^20 counters, 4 MiB, each a quarter of them, and note each
   key's last place in a table of its own. Prints the largest count, so that nothing is left out. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { threads = 4, keys = 160000, counters = 1 << 20 };

static uint32_t count[counters];
static uint32_t key[keys];
static pthread_barrier_t all_there; /* so that four threads live at once, whatever the scheduler does */

static uint32_t random_below(uint64_t *state, uint32_t limit) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((*state >> 33) % limit);
}

static void *count_keys(void *argument) {
  const uintptr_t number = (uintptr_t)argument;
  pthread_barrier_wait(&all_there);
  uint32_t *last = calloc(counters / 16, sizeof(uint32_t));
  for (int i = (int)number * (keys / threads); i < (int)(number + 1) * (keys / threads); ++i) {
    __atomic_fetch_add(&count[key[i]], 1, __ATOMIC_RELAXED);
    last[key[i] / 16] = (uint32_t)i;
  }
  return last;
}

int main(void) {
  uint64_t state = 12345;
  /* A product of two: small keys come more often, as words do. */
  for (int i = 0; i < keys; ++i) {
    key[i] = (uint32_t)((uint64_t)random_below(&state, counters) * random_below(&state, counters) / counters);
  }
  pthread_barrier_init(&all_there, NULL, threads);
  pthread_t thread[threads];
  for (uintptr_t i = 1; i < threads; ++i) pthread_create(&thread[i], NULL, count_keys, (void *)i);
  count_keys((void *)0);
  for (int i = 1; i < threads; ++i) pthread_join(thread[i], NULL);
  uint32_t largest = 0;
  for (int i = 0; i < counters; ++i) largest = count[i] > largest ? count[i] : largest;
  printf("%u\n", largest);
  return 0;
}

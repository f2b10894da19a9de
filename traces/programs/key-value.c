/* A key-value store: 2^22 items of 256 bytes, 1 GiB, chained in a hash table of as many buckets, as in memcached. Of
   the requests 90 % get a value and 10 % set it; few keys are popular (the rank of a key is log-uniform, as by Zipf's
   law with an exponent of 1):
     key-value make FILE; key-value serve FILE */
#include <math.h>
#include <string.h>

#include "prepared.h"

enum { items = 1 << 22, requests = 1 << 20, value_bytes = 224 };

struct item {
  uint64_t key;
  uint32_t next; /* in its bucket; 0: none */
  uint32_t version;
  char value[value_bytes];
  char unused[256 - 16 - value_bytes];
};

struct data {
  uint32_t bucket[items];
  uint64_t request[requests]; /* keys; the lowest bit: set rather than get */
  struct item item[items + 1];
};

static uint32_t bucket_of(uint64_t key) {
  return (uint32_t)(key * 0x9E3779B97F4A7C15u >> 42);
} /* 22 bits */

static void make(const char* name) {
  struct data* data = make_prepared(name, sizeof(struct data));
  const uint32_t* place = shuffled(items);
  for (uint64_t key = 0; key < items; ++key) {
    struct item* item = &data->item[place[key] + 1];
    item->key = key;
    item->next = data->bucket[bucket_of(key)];
    memset(item->value, (int)key, value_bytes);
    data->bucket[bucket_of(key)] = place[key] + 1;
  }
  for (uint32_t i = 0; i < requests; ++i) {
    const uint64_t rank = (uint64_t)pow(items, (double)random_below(1u << 30) / (1u << 30)) - 1;
    data->request[i] = rank << 1 | (random_below(10) == 0);
  }
}

static void serve(struct data* data) {
  char answer[value_bytes] = {0};
  unsigned found = 0;
  for (uint32_t i = 0; i < requests; ++i) {
    const uint64_t key = data->request[i] >> 1;
    uint32_t at = data->bucket[bucket_of(key)];
    while (at != 0 && data->item[at].key != key) at = data->item[at].next;
    if (at == 0) continue;
    ++found;
    if (data->request[i] & 1) {
      memcpy(data->item[at].value, answer, value_bytes);
      ++data->item[at].version;
    } else {
      memcpy(answer, data->item[at].value, value_bytes);
    }
  }
  printf("%u found, the last one has %d\n", found, answer[0]);
}

int main(int count, char** argument) {
  if (count != 3) return 2;
  if (strcmp(argument[1], "make") == 0) {
    make(argument[2]);
  } else {
    serve(open_prepared(argument[2]));
  }
  return 0;
}

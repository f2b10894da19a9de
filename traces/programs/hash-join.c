/* The probe phase of a hash join: 2^26 rows of 16 bytes in a hash table with linear probing, half full, 2 GiB; each row
   of the other relation is looked up by its key:
     hash-join make FILE; hash-join probe FILE */
#include <string.h>

#include "prepared.h"

enum { rows = 1 << 26, slots = 2 * rows, probes = 1 << 20 };

struct row {
  uint64_t key; /* 0: free */
  uint64_t value;
};

struct data {
  struct row table[slots];
  struct row probe[probes];
};

static uint64_t slot_of(uint64_t key) {
  return key * 0x9E3779B97F4A7C15u >> 37;
} /* 27 bits */

static void make(const char* name) {
  struct data* data = make_prepared(name, sizeof(struct data));
  for (uint64_t key = 1; key <= rows; ++key) {
    uint64_t slot = slot_of(key);
    while (data->table[slot].key != 0) slot = (slot + 1) % slots;
    data->table[slot] = (struct row){key, key ^ 0xABCD};
  }
  for (uint32_t i = 0; i < probes; ++i) data->probe[i] = (struct row){1 + random_below(rows), i};
}

static void probe(const struct data* data) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < probes; ++i) {
    const struct row* row = &data->probe[i];
    uint64_t slot = slot_of(row->key);
    while (data->table[slot].key != row->key && data->table[slot].key != 0) slot = (slot + 1) % slots;
    if (data->table[slot].key != 0) sum += data->table[slot].value * row->value;
  }
  printf("%llu\n", (unsigned long long)sum);
}

int main(int count, char** argument) {
  if (count != 3) return 2;
  if (strcmp(argument[1], "make") == 0) {
    make(argument[2]);
  } else {
    probe(open_prepared(argument[2]));
  }
  return 0;
}

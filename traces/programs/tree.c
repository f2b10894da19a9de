// A binary search tree of random keys, grown node by node and then searched: pointers all over the heap.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct node {
  uint32_t key;
  uint32_t value;
  struct node* child[2];
};

static uint32_t state = 1;
static uint32_t next_random(void) { return state = state * 1664525u + 1013904223u; }

int main(void) {
  enum { nodes = 60000, searches = 200000 };
  struct node* root = NULL;
  for (uint32_t i = 0; i < nodes; ++i) {
    const uint32_t key = next_random() >> 4;
    struct node** place = &root;
    while (*place != NULL) place = &(*place)->child[key > (*place)->key];
    struct node* fresh = calloc(1, sizeof *fresh + (key & 63));
    fresh->key = key;
    fresh->value = i;
    *place = fresh;
  }
  uint32_t sum = 0;
  for (uint32_t i = 0; i < searches; ++i) {
    const uint32_t key = next_random() >> 4;
    const struct node* at = root;
    while (at != NULL && at->key != key) {
      sum += at->value;
      at = at->child[key > at->key];
    }
  }
  printf("%u\n", sum);
  return 0;
}

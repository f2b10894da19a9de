/* Lookups in a B+-tree, as of a database's index: 2^24 keys, nodes of 4 KiB with up to 255 entries of 16 bytes, two
   thirds full, 386 MiB; nodes lie in the order in which a growing tree would have made them, so that neighbours are
   apart:
     btree make FILE; btree search FILE */
#include <string.h>

#include "prepared.h"

enum { keys = 1 << 24, per_node = 170, most_nodes = 1 << 17, searches = 1 << 20 };

struct node {
  uint32_t count;
  uint32_t is_leaf;
  struct {
    uint64_t key;   /* the lowest below */
    uint64_t value; /* or the node */
  } entry[255];
  uint64_t unused;
};

struct data {
  uint64_t root;
  uint64_t search[searches];
  char unused[4096 - 8];
  struct node node[most_nodes];
};

static void make(const char* name) {
  struct data* data = make_prepared(name, sizeof(struct data));
  const uint32_t* place = shuffled(most_nodes);
  uint32_t used = 0;
  uint32_t level[most_nodes]; /* the nodes of the level being made */
  uint32_t count = 0;
  for (uint64_t key = 0; key < keys; key += per_node) {
    struct node* node = &data->node[level[count++] = place[used++]];
    node->is_leaf = 1;
    for (uint64_t one = key; one < key + per_node && one < keys; ++one) {
      node->entry[node->count].key = one << 20;
      node->entry[node->count++].value = one;
    }
  }
  while (count > 1) {
    uint32_t above = 0;
    for (uint32_t first = 0; first < count; first += per_node) {
      const uint32_t place_of = place[used++];
      struct node* node = &data->node[place_of];
      for (uint32_t one = first; one < first + per_node && one < count; ++one) {
        node->entry[node->count].key = data->node[level[one]].entry[0].key;
        node->entry[node->count++].value = level[one];
      }
      level[above++] = place_of;
    }
    count = above;
  }
  data->root = level[0];
  for (uint32_t i = 0; i < searches; ++i) data->search[i] = random_below(keys) << 20;
}

static uint64_t search(const struct data* data, uint64_t key) {
  const struct node* node = &data->node[data->root];
  for (;;) {
    uint32_t low = 0, high = node->count;
    while (high - low > 1) {
      const uint32_t middle = (low + high) / 2;
      if (node->entry[middle].key <= key) {
        low = middle;
      } else {
        high = middle;
      }
    }
    if (node->is_leaf) return node->entry[low].value;
    node = &data->node[node->entry[low].value];
  }
}

int main(int count, char** argument) {
  if (count != 3) return 2;
  if (strcmp(argument[1], "make") == 0) {
    make(argument[2]);
    return 0;
  }
  const struct data* data = open_prepared(argument[2]);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < searches; ++i) sum += search(data, data->search[i]);
  printf("%llu\n", (unsigned long long)sum);
  return 0;
}

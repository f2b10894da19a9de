/* Breadth-first search and PageRank on a Kronecker graph of 2^24 vertices and 2^27 edges, 8 for each vertex, with the
   probabilities of the Graph500 benchmark, in compressed sparse rows:
     graph make FILE; graph bfs FILE; graph pagerank FILE */
#include <string.h>

#include "prepared.h"

enum { scale = 24, vertices = 1 << scale, edges = 8 << scale };

struct graph {
  uint32_t first[vertices + 1]; /* of the vertex's edges */
  uint32_t to[edges];
  double share[vertices]; /* of a vertex's rank, for each of its edges */
};

static uint32_t from_of[edges];

/* An edge: each bit of its two ends is (0, 0), (0, 1), (1, 0) or (1, 1) with 57, 19, 19 and 5 %. */
static void draw_edge(uint32_t* from, uint32_t* to) {
  *from = *to = 0;
  for (int bit = 0; bit < scale; ++bit) {
    const uint64_t percent = random_below(100);
    *from = *from << 1 | (percent >= 76);
    *to = *to << 1 | (percent >= 95 || (percent >= 57 && percent < 76));
  }
}

static void make(const char* name) {
  struct graph* graph = make_prepared(name, sizeof(struct graph));
  const uint32_t* label = shuffled(vertices); /* so that a vertex's number says nothing about its degree */
  uint32_t* to_of = malloc(sizeof(uint32_t) * edges);
  for (uint32_t edge = 0; edge < edges; ++edge) {
    uint32_t from, to;
    draw_edge(&from, &to);
    from_of[edge] = label[from];
    to_of[edge] = label[to];
    ++graph->first[label[from] + 1];
  }
  for (uint32_t vertex = 0; vertex < vertices; ++vertex) graph->first[vertex + 1] += graph->first[vertex];
  uint32_t* next = malloc(sizeof(uint32_t) * vertices);
  memcpy(next, graph->first, sizeof(uint32_t) * vertices);
  for (uint32_t edge = 0; edge < edges; ++edge) graph->to[next[from_of[edge]]++] = to_of[edge];
  for (uint32_t vertex = 0; vertex < vertices; ++vertex) {
    const uint32_t degree = graph->first[vertex + 1] - graph->first[vertex];
    if (degree != 0) graph->share[vertex] = 1.0 / vertices / degree;
  }
}

/* The parent of each vertex, plus one. */
static uint32_t parent[vertices];
static uint32_t queue[vertices];

static void bfs(const struct graph* graph) {
  uint32_t begin = 0, end = 0, start = 0;
  while (graph->first[start + 1] - graph->first[start] < 8) ++start;
  parent[start] = start + 1;
  queue[end++] = start;
  while (begin != end) {
    const uint32_t vertex = queue[begin++];
    for (uint32_t edge = graph->first[vertex]; edge != graph->first[vertex + 1]; ++edge) {
      const uint32_t other = graph->to[edge];
      if (parent[other] != 0) continue;
      parent[other] = vertex + 1;
      queue[end++] = other;
    }
  }
  printf("%u vertices reached\n", end);
}

static double rank[vertices];

/* The first iteration. */
static void pagerank(const struct graph* graph) {
  for (uint32_t vertex = 0; vertex < vertices; ++vertex) {
    double sum = 0;
    for (uint32_t edge = graph->first[vertex]; edge != graph->first[vertex + 1]; ++edge)
      sum += graph->share[graph->to[edge]];
    rank[vertex] = 0.15 / vertices + 0.85 * sum;
  }
  printf("%g\n", rank[0]);
}

int main(int count, char** argument) {
  if (count != 3) return 2;
  if (strcmp(argument[1], "make") == 0) {
    make(argument[2]);
  } else if (strcmp(argument[1], "bfs") == 0) {
    bfs(open_prepared(argument[2]));
  } else {
    pagerank(open_prepared(argument[2]));
  }
  return 0;
}

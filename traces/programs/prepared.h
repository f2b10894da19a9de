/* Data that a program makes in one run, in a file, and uses in the next, so that a trace of the second run begins with
   the work: the file is mapped, privately. */
#pragma once

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t random_state = 12345;

static uint64_t random_below(uint64_t limit) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (random_state >> 16) % limit;
}

static void* mapped(int file, size_t bytes, int flags) {
  void* data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
  if (data == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  return data;
}

/* A new file of zeros. */
static void* make_prepared(const char* name, size_t bytes) {
  const int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0666);
  if (file < 0 || ftruncate(file, (off_t)bytes) != 0) {
    perror(name);
    exit(1);
  }
  return mapped(file, bytes, MAP_SHARED);
}

static void* open_prepared(const char* name) {
  const int file = open(name, O_RDONLY);
  struct stat about;
  if (file < 0 || fstat(file, &about) != 0) {
    perror(name);
    exit(1);
  }
  return mapped(file, (size_t)about.st_size, MAP_PRIVATE);
}

/* A permutation of 0 .. count - 1. */
static inline uint32_t* shuffled(uint32_t count) {
  uint32_t* order = malloc(sizeof(uint32_t) * count);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t other = (uint32_t)random_below(i + 1u);
    order[i] = order[other];
    order[other] = i;
  }
  return order;
}

// Records per second delivered by the trace formats, on one core. The traces are those of real programs.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "trace/generate.h"
#include "trace/trace_reader.h"
#include "trace/trace_writer.h"

namespace tablewalk {
namespace {

constexpr std::size_t batch_records = 4096;

std::string golden(const char* name) {
  return std::string(TABLEWALK_SOURCE_DIR) + "/tb/golden/traces/" + name + ".twt";
}

std::string scratch(const char* name) {
  return (std::filesystem::temp_directory_path() / (std::string("trace_bench_") + name)).string();
}

std::vector<Record> load(const std::string& path) {
  const auto reader = open_trace(path);
  std::vector<Record> records;
  std::vector<Record> batch(batch_records);
  while (const std::size_t count = reader->read(batch.data(), batch.size())) {
    records.insert(records.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return records;
}

void write(const std::string& path, const std::vector<Record>& records) {
  const auto writer = make_trace_writer(path);
  writer->write(records.data(), records.size());
  writer->finish();
}

void read_to_the_end(benchmark::State& state, const std::string& path) {
  std::vector<Record> batch(batch_records);
  std::uint64_t records = 0;
  for (auto _ : state) {
    const auto reader = open_trace(path);
    while (const std::size_t count = reader->read(batch.data(), batch.size())) records += count;
    benchmark::DoNotOptimize(reader->checksum());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
}

/// As in normal use: checksums of blocks and records verified.
void ReadNative(benchmark::State& state, const char* name) {
  read_to_the_end(state, golden(name));
}

/// At the default level, to the file's rename.
void WriteNative(benchmark::State& state, const char* name) {
  const std::vector<Record> records = load(golden(name));
  const std::string path = scratch("write.twt");
  for (auto _ : state) write(path, records);
  state.SetItemsProcessed(static_cast<std::int64_t>(records.size() * state.iterations()));
  state.counters["bits_per_record"] =
      8.0 * static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(records.size());
  std::filesystem::remove(path);
}

void ReadText(benchmark::State& state, const char* name) {
  const std::string path = scratch("read.txt");
  write(path, load(golden(name)));
  read_to_the_end(state, path);
  std::filesystem::remove(path);
}

void Generate(benchmark::State& state, const char* name) {
  GeneratorConfig config;
  config.pattern = parse_pattern(name);
  std::vector<Record> batch(batch_records);
  std::uint64_t records = 0;
  for (auto _ : state) {
    const auto reader = make_generator(config);
    while (const std::size_t count = reader->read(batch.data(), batch.size())) records += count;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
}

BENCHMARK_CAPTURE(ReadNative, sqlite, "sqlite")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ReadNative, perl, "perl")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ReadNative, gups, "gups")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteNative, sqlite, "sqlite")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteNative, perl, "perl")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteNative, gups, "gups")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ReadText, perl, "perl")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Generate, uniform, "uniform")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Generate, zipf, "zipf")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Generate, matmul, "matmul")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tablewalk

BENCHMARK_MAIN();

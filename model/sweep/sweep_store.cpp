#include "sweep/sweep_store.h"

#include <fmt/format.h>
#include <zstd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "report/result_json.h"
#include "sweep/durable_file.h"

namespace tablewalk {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* run_schema = "tablewalk.sweep-run/1";
constexpr const char* manifest_schema = "tablewalk.sweep/1";
constexpr std::size_t most_bytes = std::size_t{1} << 30;

/// Histograms and meanings compress to a tenth.
std::string compressed(const std::string& text) {
  std::string bytes(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 1);
  if (ZSTD_isError(size) != 0) throw LawViolation(std::string("compression failed: ") + ZSTD_getErrorName(size));
  bytes.resize(size);
  return bytes;
}

/// Empty if it is damaged.
std::string decompressed(std::string_view bytes) {
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > most_bytes) return "";
  std::string text(size, '\0');
  const std::size_t got = ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size());
  return ZSTD_isError(got) == 0 && got == text.size() ? text : "";
}

ordered_json parse_header(const std::string& line) {
  ordered_json header = ordered_json::parse(line, nullptr, false);
  const bool right = header.is_object() && header.value("schema", "") == run_schema;
  return right ? header : ordered_json();
}

}  // namespace

void SweepStore::create() const {
  create_folder(path("runs"));
  create_folder(path("failed"));
}

void SweepStore::clean() const {
  for (const std::string& folder : {folder_, path("runs"), path("failed")}) remove_temporary_files(folder);
}

std::optional<TaskHeader> SweepStore::header(const std::string& id) const {
  std::ifstream file(run_path(id), std::ios::binary);
  std::string line;
  if (!file || !std::getline(file, line)) return std::nullopt;
  const ordered_json header = parse_header(line);
  std::error_code failed;
  const std::uintmax_t size = fs::file_size(run_path(id), failed);
  if (header.is_null() || failed || size != line.size() + 1 + header.value("bytes", std::uintmax_t{0})) {
    return std::nullopt;
  }
  return TaskHeader{program_from_json(header.at("program")),
                    header.value("host", ""),
                    {header.value("seconds", 0.0), header.value("processor_seconds", 0.0)}};
}

void SweepStore::put(const SweepTask& task, const RunResult& result, const TaskTime& time) const {
  const std::string bytes = compressed(result_to_json(result));
  ordered_json header = ordered_json::object();
  header["schema"] = run_schema;
  header["id"] = task.id;
  header["program"] = program_to_json(this_program());
  header["host"] = host_name();
  header["seconds"] = time.seconds;
  header["processor_seconds"] = time.processor_seconds;
  for (const TaskTrace& trace : task.traces) {
    header["traces"].push_back({{"path", trace.path}, {"identity", trace.identity}});
  }
  header["bytes"] = bytes.size();
  header["checksum"] = checksum_text(bytes);
  const std::string line = header.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  write_durable_file(run_path(task.id), line + "\n" + bytes);
}

RunResult SweepStore::get(const std::string& id) const {
  const std::string text = read_text_file(run_path(id), most_bytes);
  const std::size_t end = text.find('\n');
  const ordered_json header = end == std::string::npos ? ordered_json() : parse_header(text.substr(0, end));
  const std::string rest = end == std::string::npos ? "" : text.substr(end + 1);
  if (header.is_null() || header.value("checksum", "") != checksum_text(rest)) {
    remove(id);
    throw InputError(fmt::format("{}: was damaged and is removed: run the sweep again", run_path(id)));
  }
  return result_from_json(decompressed(rest), run_path(id));
}

void SweepStore::remove(const std::string& id) const {
  std::remove(run_path(id).c_str());
}

void SweepStore::put_failure(const SweepTask& task, const std::string& message) const {
  const ordered_json failure = {{"id", task.id}, {"name", task.name}, {"message", message}};
  write_durable_file(failure_path(task.id), readable_json(failure));
}

void SweepStore::clear_failure(const std::string& id) const {
  std::remove(failure_path(id).c_str());
}

std::string SweepStore::failure(const std::string& id) const {
  std::error_code failed;
  if (!fs::exists(failure_path(id), failed)) return "";
  const ordered_json failure = ordered_json::parse(read_text_file(failure_path(id)), nullptr, false);
  return failure.is_object() ? failure.value("message", "it failed") : "it failed";
}

void SweepStore::write_manifest(const ordered_json& manifest) const {
  write_durable_file(path("manifest.json"), readable_json(manifest));
}

ordered_json SweepStore::read_manifest() const {
  std::error_code failed;
  if (!fs::exists(path("manifest.json"), failed)) return nullptr;
  ordered_json manifest = ordered_json::parse(read_text_file(path("manifest.json"), most_bytes), nullptr, false);
  if (!manifest.is_object() || manifest.value("schema", "") != manifest_schema) {
    throw InputError(fmt::format("{}: expected the manifest of a sweep ({})", path("manifest.json"), manifest_schema));
  }
  return manifest;
}

}  // namespace tablewalk

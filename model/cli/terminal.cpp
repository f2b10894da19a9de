#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"

namespace tablewalk {
namespace {

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  return whole < 60 ? fmt::format("{} s", whole) : fmt::format("{}:{:02} min", whole / 60, whole % 60);
}

}  // namespace

PrintOptions print_options(const std::string& format) {
  PrintOptions options;
  options.format = parse_output_format(format);
  options.colour = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return options;
}

void print_warning(const std::string& warning) {
  std::fprintf(stderr, "tablewalk: warning: %s\n", printable(warning).c_str());
}

ProgressLine::ProgressLine(std::string things)
    : things_(std::move(things)), visible_(::isatty(STDERR_FILENO) == 1), start_(std::chrono::steady_clock::now()) {}

void ProgressLine::show(std::uint64_t done, double share) {
  if (!visible_) return;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  std::string line = fmt::format("{} {}", with_thousands(done), things_);
  if (seconds > 0.5) line += fmt::format(", {}/s", short_number(static_cast<double>(done) / seconds));
  if (share >= 0) line += fmt::format(", {:.0f} %", 100 * share);
  if (share > 0 && share < 1 && seconds > 0.5) line += ", " + duration_text(seconds / share - seconds) + " left";
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (shown_) std::fprintf(stderr, "\r\033[K");
  shown_ = false;
}

}  // namespace tablewalk

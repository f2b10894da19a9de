#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <streambuf>

#include "base/terminal.h"
#include "base/text.h"

namespace tablewalk {
namespace {

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  return whole < 60 ? fmt::format("{} s", whole) : fmt::format("{}:{:02} min", whole / 60, whole % 60);
}

/// The convention of no-color.org: set, and not empty.
bool has_no_color() {
  const char* no_color = std::getenv("NO_COLOR");
  return no_color != nullptr && *no_color != '\0';
}

/// Passes on whole lines, wrapped.
class WrappingBuffer final : public std::streambuf {
 public:
  WrappingBuffer(std::streambuf& target, std::size_t width) : target_(target), width_(width) {}

 private:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    line_ += traits_type::to_char_type(c);
    if (line_.back() == '\n' && !pass_on()) return traits_type::eof();
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    line_.append(text, static_cast<std::size_t>(count));
    return line_.find('\n') == std::string::npos || pass_on() ? count : 0;
  }
  int sync() override { return pass_on() ? target_.pubsync() : -1; }

  bool pass_on() {
    const std::string text = wrapped(line_, width_);
    line_.clear();
    const auto size = static_cast<std::streamsize>(text.size());
    return target_.sputn(text.data(), size) == size;
  }

  std::streambuf& target_;
  std::size_t width_;
  std::string line_;
};

}  // namespace

void wrap_output() {
  const std::size_t columns = terminal_columns();
  static std::streambuf* wrapping = nullptr;
  if (columns == 0 || wrapping != nullptr) return;
  // Never destroyed: std::cout is flushed after all other objects.
  wrapping = std::make_unique<WrappingBuffer>(*std::cout.rdbuf(), columns).release();
  std::cout.rdbuf(wrapping);
}

PrintOptions print_options(const std::string& format) {
  PrintOptions options;
  options.format = parse_output_format(format);
  options.colour = takes_escapes(STDOUT_FILENO) && !has_no_color();
  if (options.format == OutputFormat::Text) wrap_output();
  return options;
}

void print_warning(const std::string& warning) {
  std::fprintf(stderr, "tablewalk: warning: %s\n", printable(warning).c_str());
}

ProgressLine::ProgressLine(std::string things)
    : things_(std::move(things)),
      visible_(takes_escapes(STDERR_FILENO)),
      start_(std::chrono::steady_clock::now()),
      last_update_(start_) {}

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

void ProgressLine::update(std::uint64_t done, double share) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_update_ < std::chrono::milliseconds(200)) return;
  last_update_ = now;
  show(done, share);
}

void ProgressLine::clear() {
  if (shown_) std::fprintf(stderr, "\r\033[K");
  shown_ = false;
}

}  // namespace tablewalk

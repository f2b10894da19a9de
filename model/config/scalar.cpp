#include "config/scalar.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace tablewalk {

bool Scalar<bool>::read(const ScalarText& in, bool& out) {
  if (in.quoted || (in.text != "true" && in.text != "false")) return false;
  out = in.text == "true";
  return true;
}

bool Scalar<std::uint64_t>::read(const ScalarText& in, std::uint64_t& out) {
  if (in.quoted) return false;
  try {
    out = parse_integer(in.text);
  } catch (const InputError&) {
    return false;
  }
  return true;
}

bool Scalar<std::uint32_t>::read(const ScalarText& in, std::uint32_t& out) {
  std::uint64_t wide = 0;
  if (!Scalar<std::uint64_t>::read(in, wide) || wide > std::numeric_limits<std::uint32_t>::max()) return false;
  out = static_cast<std::uint32_t>(wide);
  return true;
}

bool Scalar<double>::read(const ScalarText& in, double& out) {
  if (in.quoted) return false;
  const char* end = in.text.data() + in.text.size();
  double value = 0;
  const auto [stop, error] = std::from_chars(in.text.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return false;
  out = value;
  return true;
}

std::string Scalar<double>::write(double value) {
  return fmt::format("{}", value);
}

bool Scalar<std::string>::read(const ScalarText& in, std::string& out) {
  out = in.text;
  return true;
}

bool Scalar<Cycles>::read(const ScalarText& in, Cycles& out) {
  std::uint64_t count = 0;
  if (!Scalar<std::uint64_t>::read(in, count)) return false;
  out = Cycles(count);
  return true;
}

bool Scalar<ByteSize>::read(const ScalarText& in, ByteSize& out) {
  if (in.quoted) return false;
  try {
    out = parse_byte_size(in.text);
  } catch (const InputError&) {
    return false;
  }
  return true;
}

}  // namespace tablewalk

#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/types.h"
#include "base/units.h"
#include "config/schema.h"

namespace tablewalk {

/// A YAML scalar: its text, and whether it was quoted (then it is text, never a number).
struct ScalarText {
  std::string text;
  bool quoted = false;
};

/// How a scalar is represented in JSON.
enum class ScalarKind { Boolean, Whole, Real, Text, Bytes };

/// `Scalar<T>` reads and writes one type of config value: `read` returns false if the text is not a valid value;
/// `expected` completes "expected ...". A number has a `largest` value of its type (0: not worth mentioning), and
/// `magnitude` compares with it.
template <class T, class = void>
struct Scalar;

template <>
struct Scalar<bool> {
  static constexpr ScalarKind kind = ScalarKind::Boolean;
  static std::string expected() { return "true or false"; }
  static bool read(const ScalarText& in, bool& out);
  static std::string write(bool value) { return value ? "true" : "false"; }
};

template <>
struct Scalar<std::uint64_t> {
  static constexpr ScalarKind kind = ScalarKind::Whole;
  static constexpr std::uint64_t largest = 0;
  static std::uint64_t magnitude(std::uint64_t value) { return value; }
  static std::string expected() { return "a whole number"; }
  static bool read(const ScalarText& in, std::uint64_t& out);
  static std::string write(std::uint64_t value) { return std::to_string(value); }
};

template <>
struct Scalar<std::uint32_t> {
  static constexpr ScalarKind kind = ScalarKind::Whole;
  static constexpr std::uint64_t largest = std::numeric_limits<std::uint32_t>::max();
  static std::uint64_t magnitude(std::uint32_t value) { return value; }
  static std::string expected() { return "a whole number"; }
  static bool read(const ScalarText& in, std::uint32_t& out);
  static std::string write(std::uint32_t value) { return std::to_string(value); }
};

template <>
struct Scalar<double> {
  static constexpr ScalarKind kind = ScalarKind::Real;
  static constexpr std::uint64_t largest = 0;
  static double magnitude(double value) { return value; }
  static std::string expected() { return "a number"; }
  static bool read(const ScalarText& in, double& out);
  static std::string write(double value);
};

template <>
struct Scalar<std::string> {
  static constexpr ScalarKind kind = ScalarKind::Text;
  static std::string expected() { return "a text"; }
  static bool read(const ScalarText& in, std::string& out);
  static std::string write(const std::string& value) { return value; }
};

template <>
struct Scalar<Cycles> {
  static constexpr ScalarKind kind = ScalarKind::Whole;
  static constexpr std::uint64_t largest = 0;
  static std::uint64_t magnitude(Cycles value) { return value.count(); }
  static std::string expected() { return "a whole number of cycles"; }
  static bool read(const ScalarText& in, Cycles& out);
  static std::string write(Cycles value) { return std::to_string(value.count()); }
};

template <>
struct Scalar<ByteSize> {
  static constexpr ScalarKind kind = ScalarKind::Bytes;
  static constexpr std::uint64_t largest = 0;
  static std::uint64_t magnitude(ByteSize value) { return value.bytes; }
  static std::string expected() { return "a size in bytes such as 4096, 4K or 2M"; }
  static bool read(const ScalarText& in, ByteSize& out);
  static std::string write(ByteSize value) { return format_byte_size(value); }
};

template <class Enum>
struct Scalar<Enum, std::enable_if_t<std::is_enum_v<Enum>>> {
  static constexpr ScalarKind kind = ScalarKind::Text;

  static std::vector<std::string> names() {
    std::vector<std::string> result;
    for (const auto& pair : EnumNames<Enum>::names) result.emplace_back(pair.first);
    return result;
  }
  static std::string expected() {
    std::string result = "one of ";
    for (const auto& name : names()) result += (result.size() > 7 ? ", " : "") + name;
    return result;
  }
  static bool read(const ScalarText& in, Enum& out) {
    for (const auto& pair : EnumNames<Enum>::names) {
      if (in.text == pair.first) {
        out = pair.second;
        return true;
      }
    }
    return false;
  }
  static std::string write(Enum value) {
    for (const auto& pair : EnumNames<Enum>::names) {
      if (pair.second == value) return pair.first;
    }
    throw LawViolation("an enum of the config has a value without a name");
  }
};

namespace detail {

template <class T, class = void>
struct IsNumber : std::false_type {};
template <class T>
struct IsNumber<T, std::void_t<decltype(Scalar<T>::largest)>> : std::true_type {};

}  // namespace detail

/// A type of config value; for a number also the maximum of this key (0: the type's maximum).
template <class T>
struct BoundedScalar {
  std::uint64_t largest = 0;

  std::string expected() const {
    std::string text = Scalar<T>::expected();
    if constexpr (detail::IsNumber<T>::value) {
      const std::uint64_t most = largest != 0 ? largest : Scalar<T>::largest;
      if (most != 0) {
        text += ", at most ";
        text += Scalar<T>::kind == ScalarKind::Bytes ? format_byte_size(ByteSize{most}) : std::to_string(most);
      }
    }
    return text;
  }
  bool read(const ScalarText& in, T& out) const {
    T value{};
    if (!Scalar<T>::read(in, value)) return false;
    if constexpr (detail::IsNumber<T>::value) {
      if (largest != 0 && Scalar<T>::magnitude(value) > static_cast<decltype(Scalar<T>::magnitude(value))>(largest)) {
        return false;
      }
    }
    out = std::move(value);
    return true;
  }
};

}  // namespace tablewalk

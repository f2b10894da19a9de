#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "observe/protobuf_message.h"

namespace tablewalk {

/// Writes a trace of Perfetto's TrackEvents, packet by packet. A cycle is a nanosecond of the trace's clock. On each
/// track, events must be added in the order of their times, and slices must nest; tracks are independent of each other.
class PerfettoWriter {
 public:
  using Track = std::uint64_t;

  /// A note shown with an event.
  struct Note {
    std::string_view name;
    std::optional<std::uint64_t> number;
    std::optional<std::uint64_t> address;  ///< shown in hexadecimal
    std::string_view text;
  };
  using Notes = std::vector<Note>;

  /// `sink` gets the bytes, whole packets at a time.
  explicit PerfettoWriter(std::function<void(std::string_view)> sink);

  /// A group of tracks at the top.
  Track add_process(const std::string& name);
  Track add_track(const std::string& name, Track parent);
  Track add_counter(const std::string& name, Track parent);

  /// Events with the same `flow`, if it is not 0, are joined by arrows in the order of their times.
  void begin(Track track, Cycles at, std::string_view name, const Notes& notes = {}, std::uint64_t flow = 0);
  void end(Track track, Cycles at);
  void slice(Track track, Cycles from, Cycles until, std::string_view name, const Notes& notes = {},
             std::uint64_t flow = 0) {
    begin(track, from, name, notes, flow);
    end(track, until);
  }
  void instant(Track track, Cycles at, std::string_view name);
  void count(Track track, Cycles at, std::uint64_t value);

  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  Track add(const std::string& name, std::optional<Track> parent, bool counter);
  /// The number under which the sequence knows a name; a new one is declared in the packet.
  std::uint64_t intern(unsigned field, std::string_view name);
  void start_event(Track track, unsigned type);
  void finish_event(Cycles at);
  void write(const ProtobufMessage& packet);

  std::function<void(std::string_view)> sink_;
  std::uint64_t bytes_written_ = 0;
  Track last_track_ = 0;
  std::uint64_t processes_ = 0;
  std::unordered_map<std::string, std::uint64_t> names_;
  bool started_ = false;  ///< the sequence has packets
  // Reused by all events.
  ProtobufMessage event_;
  ProtobufMessage declared_;
  ProtobufMessage part_;
  ProtobufMessage packet_;
  ProtobufMessage file_;
};

}  // namespace tablewalk

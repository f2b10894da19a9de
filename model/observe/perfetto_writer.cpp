#include "observe/perfetto_writer.h"

#include <utility>

namespace tablewalk {
namespace {

// Field numbers of perfetto/trace/trace_packet.proto and the messages in it.
namespace trace {
constexpr unsigned packet = 1;
}
namespace packet {
constexpr unsigned timestamp = 8;
constexpr unsigned sequence = 10;
constexpr unsigned track_event = 11;
constexpr unsigned interned = 12;
constexpr unsigned sequence_flags = 13;
constexpr unsigned track_descriptor = 60;
}  // namespace packet
namespace descriptor {
constexpr unsigned uuid = 1;
constexpr unsigned name = 2;
constexpr unsigned process = 3;
constexpr unsigned parent = 5;
constexpr unsigned counter = 8;
}  // namespace descriptor
namespace process {
constexpr unsigned pid = 1;
constexpr unsigned name = 6;
}  // namespace process
namespace event {
constexpr unsigned notes = 4;
constexpr unsigned type = 9;
constexpr unsigned name = 10;
constexpr unsigned track = 11;
constexpr unsigned counter_value = 30;
constexpr unsigned flow = 47;
enum Type : std::uint8_t { Begin = 1, End = 2, Instant = 3, Counter = 4 };
}  // namespace event
namespace note {
constexpr unsigned name = 1;
constexpr unsigned number = 3;
constexpr unsigned text = 6;
constexpr unsigned address = 7;
}  // namespace note
namespace interned {
constexpr unsigned event_names = 2;
constexpr unsigned note_names = 3;
constexpr unsigned id = 1;
constexpr unsigned name = 2;
}  // namespace interned

constexpr std::uint64_t only_sequence = 1;
constexpr std::uint64_t begins_sequence = 1;
constexpr std::uint64_t needs_sequence = 2;

}  // namespace

PerfettoWriter::PerfettoWriter(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}

PerfettoWriter::Track PerfettoWriter::add_process(const std::string& name) {
  return add(name, std::nullopt, false);
}

PerfettoWriter::Track PerfettoWriter::add_track(const std::string& name, Track parent) {
  return add(name, parent, false);
}

PerfettoWriter::Track PerfettoWriter::add_counter(const std::string& name, Track parent) {
  return add(name, parent, true);
}

PerfettoWriter::Track PerfettoWriter::add(const std::string& name, std::optional<Track> parent, bool counter) {
  ProtobufMessage track;
  track.whole(descriptor::uuid, ++last_track_);
  if (parent) {
    track.text(descriptor::name, name);
    track.whole(descriptor::parent, *parent);
  } else {
    ProtobufMessage group;
    group.whole(process::pid, ++processes_);
    group.text(process::name, name);
    track.message(descriptor::process, group);
  }
  if (counter) track.message(descriptor::counter, {});
  packet_.clear();
  packet_.whole(packet::sequence, only_sequence);
  packet_.message(packet::track_descriptor, track);
  write(packet_);
  return last_track_;
}

std::uint64_t PerfettoWriter::intern(unsigned field, std::string_view name) {
  std::string key(1, static_cast<char>(field));
  key += name;
  const auto [place, is_new] = names_.try_emplace(std::move(key), names_.size() + 1);
  if (is_new) {
    ProtobufMessage entry;
    entry.whole(interned::id, place->second);
    entry.text(interned::name, name);
    declared_.message(field, entry);
  }
  return place->second;
}

void PerfettoWriter::start_event(Track track, unsigned type) {
  event_.clear();
  declared_.clear();
  event_.whole(event::type, type);
  event_.whole(event::track, track);
}

void PerfettoWriter::begin(Track track, Cycles at, std::string_view name, const Notes& notes, std::uint64_t flow) {
  start_event(track, event::Begin);
  event_.whole(event::name, intern(interned::event_names, name));
  for (const Note& one : notes) {
    part_.clear();
    part_.whole(note::name, intern(interned::note_names, one.name));
    if (one.address) {
      part_.whole(note::address, *one.address);
    } else if (one.number) {
      part_.whole(note::number, *one.number);
    } else {
      part_.text(note::text, one.text);
    }
    event_.message(event::notes, part_);
  }
  if (flow != 0) event_.fixed64(event::flow, flow);
  finish_event(at);
}

void PerfettoWriter::end(Track track, Cycles at) {
  start_event(track, event::End);
  finish_event(at);
}

void PerfettoWriter::instant(Track track, Cycles at, std::string_view name) {
  start_event(track, event::Instant);
  event_.whole(event::name, intern(interned::event_names, name));
  finish_event(at);
}

void PerfettoWriter::count(Track track, Cycles at, std::uint64_t value) {
  start_event(track, event::Counter);
  event_.whole(event::counter_value, value);
  finish_event(at);
}

void PerfettoWriter::finish_event(Cycles at) {
  packet_.clear();
  packet_.whole(packet::timestamp, at.count());
  packet_.whole(packet::sequence, only_sequence);
  packet_.whole(packet::sequence_flags, started_ ? needs_sequence : begins_sequence | needs_sequence);
  started_ = true;
  if (!declared_.bytes().empty()) packet_.message(packet::interned, declared_);
  packet_.message(packet::track_event, event_);
  write(packet_);
}

void PerfettoWriter::write(const ProtobufMessage& packet) {
  file_.clear();
  file_.message(trace::packet, packet);
  sink_(file_.bytes());
  bytes_written_ += file_.bytes().size();
}

}  // namespace tablewalk

#include "sweep/sweep_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/units.h"
#include "config/yaml_text.h"
#include "sweep/sweep_yaml.h"
#include "system/sample_spec.h"
#include "system/shard_spec.h"

namespace tablewalk {
namespace {

constexpr std::size_t most_file_bytes = std::size_t{4} << 20;
constexpr std::size_t most_values = 10000;

const std::vector<std::string>& file_keys() {
  static const std::vector<std::string> keys = {"config", "traces",  "seeds",       "set",   "limit",
                                                "warmup", "sample",  "shards",      "cost",  "check",
                                                "where",  "figures", "random_seed", "points"};
  return keys;
}

const std::vector<std::string>& kind_names() {
  static const std::vector<std::string> names = {"grid", "one_at_a_time", "list", "random", "latin_hypercube"};
  return names;
}

class Reader {
 public:
  Reader(const std::string& path, const std::string& text) : yaml_(path) {
    file_.path = path;
    file_.text = text;
  }

  SweepFile read() {
    const YAML::Node root = parse();
    bool has_traces = false;
    yaml_.each_member(root, "", file_keys(),
                      [&](const std::string& name, const YAML::Node& /*key*/, const YAML::Node& value) {
                        has_traces = has_traces || name == "traces";
                        read_member(name, value);
                      });
    if (!has_traces) yaml_.fail(root, "traces", "is missing: expected a trace file or a list of them");
    if (!file_.sample.empty() && !file_.shards.empty()) {
      yaml_.fail(root["shards"], "shards", "beside sample: expected only one of them");
    }
    if (file_.configs.empty()) file_.configs.push_back({"config", "", 0});
    return std::move(file_);
  }

 private:
  YAML::Node parse() {
    YAML::Node root;
    try {
      root = parse_yaml(file_.text);
    } catch (const YAML::Exception& error) {
      std::string text = error.msg;
      std::replace(text.begin(), text.end(), '\n', ' ');
      throw InputError(
          fmt::format("{}:{}: not readable as YAML: {}", file_.path, std::max(error.mark.line, 0) + 1, text));
    }
    return root;
  }

  void read_member(const std::string& name, const YAML::Node& value) {
    if (name == "config") {
      file_.configs = list_of(name, "config", value);
    } else if (name == "seeds") {
      file_.seeds = list_of(name, "seed", value);
      for (const KeySetting& seed : file_.seeds) check_seed(value, seed.value);
    } else if (name == "traces") {
      read_traces(value);
    } else if (name == "set") {
      file_.settings = settings(name, value);
    } else if (name == "limit") {
      file_.limit = yaml_.count(value, name);
    } else if (name == "warmup") {
      file_.warmup = yaml_.count(value, name);
    } else if (name == "sample") {
      file_.sample = specification(name, value, [](const std::string& text) { parse_sample_spec(text); });
    } else if (name == "shards") {
      file_.shards = specification(name, value, [](const std::string& text) { parse_shards_spec(text); });
    } else if (name == "random_seed") {
      file_.random_seed = yaml_.count(value, name);
    } else if (name == "cost") {
      file_.cost = yaml_.boolean(value, name);
    } else if (name == "check") {
      file_.check = yaml_.boolean(value, name);
    } else if (name == "figures") {
      for (const YAML::Node& item : yaml_.items(value, name)) file_.figures.push_back(yaml_.text(item, name));
    } else if (name == "where") {
      for (const YAML::Node& item : yaml_.items(value, name)) read_condition(item);
    } else {
      read_points(value);
    }
  }

  /// The text of a key, which `parse` accepts.
  std::string specification(const std::string& name, const YAML::Node& value,
                            const std::function<void(const std::string&)>& parse) {
    std::string text = yaml_.text(value, name);
    try {
      parse(text);
    } catch (const InputError& error) {
      yaml_.fail(value, name, error.what());
    }
    return text;
  }

  std::vector<KeySetting> list_of(const std::string& name, const std::string& key, const YAML::Node& value) {
    std::vector<KeySetting> list;
    for (const YAML::Node& item : yaml_.items(value, name)) {
      list.push_back({key, yaml_.text(item, name), SweepYaml::line(item)});
    }
    return list;
  }

  void check_seed(const YAML::Node& node, const std::string& value) const {
    try {
      parse_integer(value);
    } catch (const InputError&) {
      yaml_.fail(node, "seeds", fmt::format("expected whole numbers, not '{}'", value));
    }
  }

  void read_traces(const YAML::Node& value) {
    for (const YAML::Node& item : yaml_.items(value, "traces")) {
      SweepTrace trace;
      trace.line = SweepYaml::line(item);
      for (const YAML::Node& path : yaml_.items(item, "traces")) trace.paths.push_back(yaml_.text(path, "traces"));
      file_.traces.push_back(std::move(trace));
    }
  }

  void read_condition(const YAML::Node& item) {
    const std::string text = yaml_.text(item, "where");
    try {
      file_.conditions.push_back({Expression(text), SweepYaml::line(item)});
    } catch (const InputError& error) {
      yaml_.fail(item, "where", fmt::format("{}: {}", text, error.what()));
    }
  }

  std::vector<KeySetting> settings(const std::string& name, const YAML::Node& node) {
    std::vector<KeySetting> settings;
    yaml_.each_member(node, name, {}, [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
      settings.push_back({key, SweepYaml::flow_text(value), SweepYaml::line(at)});
    });
    return settings;
  }

  void read_points(const YAML::Node& node) {
    for (const YAML::Node& item : yaml_.items(node, "points")) {
      if (!item.IsMap() || item.size() != 1) {
        yaml_.fail(
            item, "points",
            fmt::format("expected one of {}, each an item of its own (`- grid: ...`), not {}",
                        fmt::join(kind_names(), ", "), item.IsMap() ? "several keys" : SweepYaml::kind_of(item)));
      }
      yaml_.each_member(item, "points", kind_names(),
                        [&](const std::string& name, const YAML::Node& at, const YAML::Node& value) {
                          const auto kind = std::find(kind_names().begin(), kind_names().end(), name);
                          PointSet set;
                          set.kind = static_cast<PointSet::Kind>(kind - kind_names().begin());
                          set.line = SweepYaml::line(at);
                          read_set(set, name, value);
                          file_.sets.push_back(std::move(set));
                        });
    }
  }

  void read_set(PointSet& set, const std::string& name, const YAML::Node& node) {
    if (set.kind == PointSet::Kind::List) {
      if (!node.IsSequence()) yaml_.fail(node, name, "expected a list of points, not " + SweepYaml::kind_of(node));
      for (const YAML::Node& item : yaml_.items(node, name)) set.items.push_back(settings(name, item));
      return;
    }
    const bool drawn = set.kind == PointSet::Kind::Random || set.kind == PointSet::Kind::LatinHypercube;
    if (!drawn) return read_keys(set, name, node);
    bool has_keys = false;
    yaml_.each_member(node, name, {"count", "keys"},
                      [&](const std::string& member, const YAML::Node& /*at*/, const YAML::Node& value) {
                        if (member == "keys") read_keys(set, name, value);
                        if (member == "count") set.count = yaml_.count(value, name + ".count");
                        has_keys = has_keys || member == "keys";
                      });
    if (!has_keys) yaml_.fail(node, name, "keys is missing: expected the keys to draw (`keys: {KEY: VALUES}`)");
    if (set.count == 0 || set.count > most_points_of_sweep) {
      yaml_.fail(node, name + ".count",
                 fmt::format("expected the number of points, from 1 to {}, not {}", most_points_of_sweep, set.count));
    }
  }

  void read_keys(PointSet& set, const std::string& name, const YAML::Node& node) {
    const bool drawn = set.kind == PointSet::Kind::Random || set.kind == PointSet::Kind::LatinHypercube;
    yaml_.each_member(node, name, {}, [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
      KeyValues values;
      values.key = key;
      values.line = SweepYaml::line(at);
      if (value.IsMap()) {
        read_range(values, value, drawn);
      } else {
        if (!value.IsSequence()) {
          yaml_.fail(value, key,
                     "expected a list of values or a range such as {from: 16, to: 1024, times: 2}, not " +
                         SweepYaml::kind_of(value));
        }
        for (const YAML::Node& item : yaml_.items(value, key)) values.values.push_back(SweepYaml::flow_text(item));
      }
      set.keys.push_back(std::move(values));
    });
    if (set.keys.empty()) yaml_.fail(node, name, "expected at least one key");
  }

  double number(const YAML::Node& node, const std::string& key, bool& whole) const {
    const std::string text = node.IsScalar() ? node.Scalar() : "";
    try {
      return static_cast<double>(parse_byte_size(text).bytes);
    } catch (const InputError&) {
      whole = false;
    }
    const double value = node.IsScalar() ? node.as<double>(std::nan("")) : std::nan("");
    if (std::isfinite(value)) return value;
    yaml_.fail(node, key, "expected a number such as 16, 0.5 or 4K, not " + SweepYaml::kind_of(node));
  }

  void read_range(KeyValues& values, const YAML::Node& node, bool drawn) {
    const std::string& key = values.key;
    KeyValues::Interval interval;
    interval.whole = true;
    double step = 0;
    double times = 0;
    bool has_ends[2] = {false, false};
    yaml_.each_member(node, key, {"from", "to", "step", "times", "scale"},
                      [&](const std::string& name, const YAML::Node& /*at*/, const YAML::Node& value) {
                        if (name == "from") interval.from = number(value, key, interval.whole);
                        if (name == "to") interval.to = number(value, key, interval.whole);
                        if (name == "step") step = number(value, key, interval.whole);
                        bool ignored = true;
                        if (name == "times") times = number(value, key, ignored);
                        if (name == "scale") interval.log = is_log(key, value);
                        has_ends[0] = has_ends[0] || name == "from";
                        has_ends[1] = has_ends[1] || name == "to";
                      });
    const bool ordered = has_ends[0] && has_ends[1] && interval.from <= interval.to;
    if (!ordered) yaml_.fail(node, key, "expected from and to, with from at most to");
    if ((interval.log || times != 0) && interval.from <= 0) yaml_.fail(node, key, "expected from above 0");
    if (step == 0 && times == 0) {
      if (!drawn) yaml_.fail(node, key, "expected a step (`step: 16`) or a factor (`times: 2`) too");
      values.interval = interval;
      return;
    }
    if (step < 0 || (times != 0 && times <= 1) || (step != 0 && times != 0) || interval.log) {
      yaml_.fail(node, key, "expected a step above 0, or times above 1, or a scale, one of them");
    }
    add_steps(values, node, interval, step, times);
  }

  void add_steps(KeyValues& values, const YAML::Node& node, const KeyValues::Interval& interval, double step,
                 double times) {
    // Rounding must not lose the last value.
    const double end = interval.to + (interval.whole ? 0 : 1e-9 * std::abs(interval.to));
    double value = interval.from;
    for (std::size_t i = 0; value <= end; ++i) {
      if (i == most_values) yaml_.fail(node, values.key, fmt::format("expected at most {} values", most_values));
      values.values.push_back(number_text(interval.whole ? std::floor(value) : value, interval.whole));
      value = times != 0 ? value * times : interval.from + static_cast<double>(i + 1) * step;
    }
  }

  bool is_log(const std::string& key, const YAML::Node& value) const {
    const std::string name = yaml_.text(value, key);
    if (name == "log" || name == "linear") return name == "log";
    yaml_.fail(value, key,
               fmt::format("scale: expected linear or log, not '{}'{}", name, did_you_mean(name, {"linear", "log"})));
  }

 public:
  static std::string number_text(double value, bool whole) {
    return whole ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
  }

 private:
  SweepYaml yaml_;
  SweepFile file_;
};

}  // namespace

std::string KeyValues::at(double share) const {
  if (!interval) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(values.size()));
    return values[std::min(index, values.size() - 1)];
  }
  const double last = interval->whole ? interval->to + 1 : interval->to;
  const double value = interval->log ? interval->from * std::pow(last / interval->from, share)
                                     : interval->from + share * (last - interval->from);
  const double within = std::min(interval->whole ? std::floor(value) : value, interval->to);
  return Reader::number_text(within, interval->whole);
}

std::string place_in(const SweepFile& file, int line) {
  return line == 0 ? file.path : fmt::format("{}:{}", file.path, line);
}

std::string SweepTrace::label() const {
  return fmt::format("{}", fmt::join(paths, " "));
}

SweepFile parse_sweep_file(const std::string& path, const std::string& text) {
  return Reader(path, text).read();
}

SweepFile read_sweep_file(const std::string& path) {
  return parse_sweep_file(path, read_text_file(path, most_file_bytes));
}

}  // namespace tablewalk

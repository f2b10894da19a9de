#include "cli/complete_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cli/option_words.h"
#include "config/loader.h"
#include "config/presets.h"
#include "config/printer.h"
#include "lecture/lecture.h"
#include "paging/paging_mode.h"
#include "system/machine_config.h"
#include "trace/generate.h"
#include "trace/trace_formats.h"

namespace tablewalk {
namespace {

using Words = std::vector<std::string>;

/// The endings of trace files, compressed or not.
Words trace_endings() {
  Words endings = trace_file_endings();
  endings.insert(endings.end(), {".gz", ".xz", ".zst", ".bz2"});
  return endings;
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

void add_words(Completion& completion, const Words& words) {
  for (const std::string& word : words) completion.words.push_back({word, ""});
}

void add_files(Completion& completion, const Words& endings) {
  completion.files = true;
  completion.endings = endings;
}

/// `one of lru, fifo` as these words; `true or false` too.
Words values_of(const KeyDocument& key) {
  if (key.expects == "true or false") return {"true", "false"};
  if (key.key == "paging.mode") return paging_mode_names();
  const std::string start = "one of ";
  Words values;
  if (!starts_with(key.expects, start)) return values;
  for (std::size_t from = start.size(); from < key.expects.size();) {
    const std::size_t comma = std::min(key.expects.find(", ", from), key.expects.size());
    values.push_back(key.expects.substr(from, comma - from));
    from = comma + 2;
  }
  return values;
}

void list_keys(const nlohmann::ordered_json& json, const std::string& path, Words& keys) {
  if (!json.is_structured() || json.empty()) {
    keys.push_back(path);
    return;
  }
  std::size_t index = 0;
  for (const auto& [name, value] : json.items()) {
    const std::string step = json.is_array() ? std::to_string(index++) : name;
    list_keys(value, path.empty() ? step : path + "." + step, keys);
  }
}

/// `dtlb.arrays.0.entries` as `dtlb.arrays.N.entries`, under which it is documented.
std::string documented(const std::string& key) {
  std::string result;
  for (std::size_t from = 0; from < key.size();) {
    const std::size_t dot = std::min(key.find('.', from), key.size());
    const std::string step = key.substr(from, dot - from);
    const bool index = std::all_of(step.begin(), step.end(), [](char c) { return c >= '0' && c <= '9'; });
    result += (result.empty() ? "" : ".") + (index ? "N" : step);
    from = dot + 1;
  }
  return result;
}

/// KEY=VALUE for a machine: first the key, with `=`, then its values. Keys are those of the machine given by `config`.
void add_settings(Completion& completion, const std::string& word, const std::string& config) {
  MachineConfig machine;
  try {
    machine = load_config<MachineConfig>({config, {}});
  } catch (const InputError&) {  // still being typed
  }
  const std::vector<KeyDocument> documents = default_keys<MachineConfig>();
  const auto document_of = [&](const std::string& key) {
    return std::find_if(documents.begin(), documents.end(),
                        [&](const KeyDocument& document) { return document.key == documented(key); });
  };
  const std::size_t equals = word.find('=');
  if (equals != std::string::npos) {
    const auto document = document_of(word.substr(0, equals));
    if (document == documents.end()) return;
    for (const std::string& value : values_of(*document)) {
      completion.words.push_back({word.substr(0, equals + 1) + value, ""});
    }
    return;
  }
  Words keys;
  list_keys(to_json(machine), "", keys);
  for (const std::string& key : keys) {
    const auto document = document_of(key);
    completion.words.push_back({key + "=", document == documents.end() ? "" : document->meaning});
  }
}

void add_presets(Completion& completion) {
  for (const Preset& preset : embedded_presets()) {
    completion.words.push_back({preset.name, config_description(preset.text)});
  }
  add_files(completion, {".yaml", ".yml"});
}

void add_lectures(Completion& completion) {
  for (const Lecture& lecture : all_lectures()) completion.words.push_back({lecture.name, lecture.title});
}

/// What the value of an option or an argument can be. `words`: the command line.
void add_values(Completion& completion, const CLI::Option& option, const std::string& word, const Words& words) {
  const std::string name = option.get_positional() ? option.get_name(true, false) : spellings(option).back();
  const std::string& help = option.get_description();
  if (name == "--set" || name == "--vary") {
    std::string config;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      if (words[i] == "-c" || words[i] == "--config") config = words[i + 1];
    }
    add_settings(completion, word, config);
  } else if (name == "--config" || name == "CONFIG") {
    add_presets(completion);
  } else if (name == "--format" && starts_with(help, "text")) {
    add_words(completion, {"text", "json", "csv"});
  } else if (name == "--trace-format") {
    add_words(completion, {"auto"});
    add_words(completion, trace_format_names());
  } else if (name == "--mode") {
    add_words(completion, paging_mode_names());
  } else if (name == "--engine") {
    add_words(completion, {"local", "slurm"});
  } else if (name == "--access") {
    add_words(completion, {"load", "store", "fetch"});
  } else if (name == "PATTERN") {
    add_words(completion, pattern_names());
  } else if (name == "LECTURE") {
    add_lectures(completion);
  } else if (name == "TRACE") {
    add_files(completion, trace_endings());
  } else if (option.get_type_name() != "N") {
    add_files(completion, {});
  }
}

const CLI::Option* option_named(const CLI::App& command, const std::string& name) {
  for (const CLI::Option* option : shown_options(command)) {
    const Words names = spellings(*option);
    if (std::find(names.begin(), names.end(), name) != names.end()) return option;
  }
  return nullptr;
}

/// What the words before the last one say about it.
struct Place {
  const CLI::App* command;
  const CLI::Option* pending = nullptr;  ///< the option whose value it is
  std::size_t arguments = 0;             ///< positional ones before it
};

Place place_of(const CLI::App& app, const Words& words) {
  Place place{&app};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.pending != nullptr) {
      place.pending = nullptr;
      continue;
    }
    const CLI::Option* option = option_named(*place.command, word);
    if (option != nullptr) {
      if (takes_value(*option)) place.pending = option;
      continue;
    }
    if (starts_with(word, "-") && word.size() > 1) continue;
    const std::vector<const CLI::App*> inner = shown_commands(*place.command);
    const auto named =
        std::find_if(inner.begin(), inner.end(), [&](const CLI::App* command) { return command->get_name() == word; });
    if (named == inner.end()) {
      ++place.arguments;
    } else {
      place.command = *named;
      place.arguments = 0;
    }
  }
  return place;
}

void add_arguments(Completion& completion, const Place& place, const std::string& word, const Words& words) {
  if (place.arguments == 0) {
    for (const CLI::App* inner : shown_commands(*place.command)) {
      completion.words.push_back({inner->get_name(), inner->get_description()});
    }
  }
  const std::vector<const CLI::Option*> arguments = shown_arguments(*place.command);
  if (arguments.empty()) return;
  // The last argument may be repeated; a further one that may not is an error of the command.
  add_values(completion, *arguments[std::min(place.arguments, arguments.size() - 1)], word, words);
}

}  // namespace

Completion complete(const CLI::App& app, const std::vector<std::string>& words) {
  Completion completion;
  const std::string word = words.empty() ? "" : words.back();
  const Place place = place_of(app, words);
  const std::size_t equals = word.find('=');
  if (place.pending != nullptr) {
    add_values(completion, *place.pending, word, words);
  } else if (starts_with(word, "--") && equals != std::string::npos) {
    const CLI::Option* option = option_named(*place.command, word.substr(0, equals));
    if (option == nullptr) return completion;
    add_values(completion, *option, word.substr(equals + 1), words);
    completion.files = false;  // the shell would look for a file of the whole word
    for (Completion::Word& value : completion.words) value.text = word.substr(0, equals + 1) + value.text;
  } else if (starts_with(word, "-")) {
    for (const CLI::Option* option : shown_options(*place.command)) {
      for (const std::string& name : spellings(*option)) {
        completion.words.push_back({name, option->get_description()});
      }
    }
  } else {
    add_arguments(completion, place, word, words);
  }
  const auto other = [&](const Completion::Word& candidate) { return !starts_with(candidate.text, word); };
  completion.words.erase(std::remove_if(completion.words.begin(), completion.words.end(), other),
                         completion.words.end());
  return completion;
}

void add_complete_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("complete", "What the last of the words can become, for the shells");
  command->group("");  // not in --help
  const auto words = std::make_shared<Words>();
  command->add_option("WORD", *words, "The words after the program's name, after --");
  command->callback([&app, words] {
    const Completion completion = complete(app, *words);
    for (const Completion::Word& word : completion.words) std::cout << word.text << '\t' << word.meaning << '\n';
    if (completion.files) std::cout << '\t' << fmt::format("{}", fmt::join(completion.endings, " ")) << '\n';
  });
}

}  // namespace tablewalk

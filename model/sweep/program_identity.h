#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace tablewalk {

/// Which program made a result.
struct ProgramIdentity {
  std::string version;   ///< `0.1.0`
  std::string commit;    ///< the last one that changed what is built, with `+` if the sources differ from it
  std::string checksum;  ///< of the program's file

  /// `0.1.0, commit 1234567, checksum ...`
  std::string text() const;
};

/// This program. Its file is read once.
const ProgramIdentity& this_program();

/// The commit of the sources, made at build time; `unknown` outside a repository.
extern const char* const commit_of_sources;

nlohmann::ordered_json program_to_json(const ProgramIdentity& program);
ProgramIdentity program_from_json(const nlohmann::ordered_json& json);

}  // namespace tablewalk

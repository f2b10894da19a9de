#include "sweep/program_identity.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/version.h"
#include "sweep/sweep_task.h"

namespace tablewalk {

std::string ProgramIdentity::text() const {
  return fmt::format("tablewalk {}, commit {}, checksum {}", version, commit, checksum);
}

const ProgramIdentity& this_program() {
  constexpr std::size_t most_bytes = std::size_t{1} << 30;
  static const ProgramIdentity program{program_version(), commit_of_sources,
                                       checksum_text(read_text_file("/proc/self/exe", most_bytes))};
  return program;
}

nlohmann::ordered_json program_to_json(const ProgramIdentity& program) {
  return {{"version", program.version}, {"commit", program.commit}, {"checksum", program.checksum}};
}

ProgramIdentity program_from_json(const nlohmann::ordered_json& json) {
  return {json.at("version").get<std::string>(), json.at("commit").get<std::string>(),
          json.at("checksum").get<std::string>()};
}

}  // namespace tablewalk

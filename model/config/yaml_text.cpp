#include "config/yaml_text.h"

#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/line_source.h"

namespace tablewalk {
namespace {

/// Lets one document pass. yaml-cpp's LoadAll() goes on for ever at a comma that belongs to nothing, as an empty
/// document is before it, and another one, and another one; its Load() leaves out whatever comes after the first
/// document.
class OneDocument : public YAML::EventHandler {
 public:
  explicit OneDocument(const std::string& text) : text_(text) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(begun_, true)) throw YAML::ParserException(mark, problem_at(mark));
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

 private:
  std::string problem_at(const YAML::Mark& mark) const {
    std::istringstream lines(text_);
    std::string line;
    for (int i = 0; i <= mark.line; ++i) std::getline(lines, line);
    line.erase(0, static_cast<std::size_t>(std::max(mark.column, 0)));
    if (line.rfind("---", 0) == 0) return "expected one document, not a second one";
    return "expected the end of the document, not " + in_quotes(line);
  }

  const std::string& text_;
  bool begun_ = false;
};

}  // namespace

YAML::Node parse_yaml(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  OneDocument one(text);
  while (parser.HandleNextDocument(one)) {
  }
  return YAML::Load(text);
}

}  // namespace tablewalk

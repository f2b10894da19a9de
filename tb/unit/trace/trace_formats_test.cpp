#include "trace/trace_formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace tablewalk::trace_formats_test {
namespace {

TEST(TraceFormats, OfEachNameThereIsOneThatIsRead) {
  const std::vector<std::string> names = trace_format_names();
  EXPECT_THAT(names, testing::IsSupersetOf({"champsim", "lackey", "text", "twt"}));
  for (const std::string& name : names) {
    const TraceFormat* format = find_trace_format(name);
    ASSERT_NE(format, nullptr) << name;
    EXPECT_EQ(format->name, name);
    EXPECT_NE(format->open, nullptr) << name;
  }
  EXPECT_EQ(list_of_trace_formats(), words_with_or(names));
}

TEST(TraceFormats, WhatIsNotReadHasNoNameToAskFor) {
  for (const TraceFormat& format : trace_formats()) {
    ASSERT_NE(format.recognises, nullptr) << format.name;
    if (format.open != nullptr) continue;
    EXPECT_EQ(find_trace_format(format.name), nullptr) << format.name;
    EXPECT_STRNE(format.refusal, "") << format.name;
  }
}

}  // namespace
}  // namespace tablewalk::trace_formats_test

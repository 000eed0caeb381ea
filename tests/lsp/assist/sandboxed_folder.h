// For tests: a workspace in a folder of its own, and commands that run on it in a real sandbox, in each of its ways.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

class SandboxedFolder : public testing::TestWithParam<sandbox::Isolation> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/sandboxed-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    std::filesystem::create_directories(folder_ / "work");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const char* path, std::string_view text) const {
    std::ofstream(folder_ / "work" / path) << text;
  }
  // Null, and reason_, where the sandbox does not work here.
  std::unique_ptr<Checker> open(std::vector<std::string> argv, const CheckerOptions& made = {}) {
    sandbox::SandboxOptions options{.workspace = folder_ / "work", .cache = folder_ / "cache"};
    options.isolation = GetParam();
    auto checker = make_sandbox_checker(options, {.argv = std::move(argv)}, made);
    if (!checker) reason_ = checker.error().message();
    return checker ? std::move(*checker) : nullptr;
  }
  // The same where that other command passes.
  std::unique_ptr<Checker> open_with(std::vector<std::string> tools, std::vector<std::string> argv,
                                     const CheckerOptions& made = {}) {
    const auto checker = open(tools);
    if (!checker) return nullptr;
    const auto has_tools = checker->check({}, {});
    if (has_tools && has_tools->passed()) return open(std::move(argv), made);
    reason_ = "these tools are missing: " + tools.back();
    return nullptr;
  }

  std::filesystem::path folder_;
  std::string reason_;
};

inline auto sandbox_ways() {
  return testing::Values(sandbox::Isolation::kBubblewrap, sandbox::Isolation::kLandlock);
}
inline std::string sandbox_way_name(const testing::TestParamInfo<sandbox::Isolation>& info) {
  return std::string(sandbox::isolation_name(info.param));
}

}  // namespace curlew::assist

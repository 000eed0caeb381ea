// Rehearsals by variants in a real sandbox, in each of its ways, with node and a TypeScript compiler where they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lsp/assist/repair/checker.h"
#include "tests/lsp/assist/sandboxed_folder.h"
#include "tests/lsp/assist/typescript_folder.h"

namespace curlew::assist {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBird =
    "'use strict'\n"
    "function legs(birds) { return birds * 3 }\n"
    "function wings(birds) { return birds + birds }\n"
    "module.exports = { legs, wings }\n";
constexpr const char* kTypedBird =
    "export function legs(birds: number, more?: number): number {\n"
    "  return birds * 3\n"
    "}\n"
    "export const wings = (birds: number): number => birds + birds\n";

std::string replace(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}
bool is_wrong(const Rehearsed& one) {
  return one.ran && !one.pleases();
}

class SandboxScriptVariants : public SandboxedFolder {
 protected:
  void SetUp() override {
    SandboxedFolder::SetUp();
    write("bird.js", kBird);
    write("bird.test.js", test_of("./bird.js"));
  }
  static std::string test_of(const std::string& bird) {
    return "const test = require('node:test')\n"
           "const assert = require('node:assert')\n"
           "const { legs } = require('" +
           bird +
           "')\n"
           "test('legs', () => assert.strictEqual(legs(4), 8))\n"
           "test('none', () => assert.strictEqual(legs(0), 0))\n";
  }
  std::unique_ptr<Checker> open_node(std::vector<std::string> argv) {
    return open_with({"node", "-e", "require('node:test').test"}, std::move(argv),
                     {.varies_scripts = true});
  }
  // A project that is compiled each time.
  std::unique_ptr<Checker> open_typed() {
    reason_ = "no TypeScript";
    if (typescript_folder().empty()) return nullptr;
    copy_compiler(folder_ / "work" / "node_modules" / "typescript");
    std::filesystem::create_directories(folder_ / "work" / "src");
    write("src/bird.ts", kTypedBird);
    write("bird.test.js", test_of("./lib/bird.js"));
    write(
        "tsconfig.json",
        R"({"compilerOptions": {"target": "es2022", "lib": ["es2022"], "types": [], "strict": true,
              "module": "commonjs", "moduleResolution": "node10", "outDir": "lib"}, "include": ["src"]})");
    return open_node(
        {"sh", "-c", "node node_modules/typescript/bin/tsc -p . && node --test bird.test.js"});
  }
  static void copy_compiler(const std::filesystem::path& to) {
    const std::filesystem::path from = typescript_folder();
    std::filesystem::create_directories(to / "lib");
    std::filesystem::copy(from / "bin", to / "bin");
    std::filesystem::copy(from / "package.json", to);
    for (const auto& file : std::filesystem::directory_iterator(from / "lib")) {
      const std::string name = file.path().filename().string();
      if (name == "tsc.js" || name == "_tsc.js" || name.starts_with("lib.es") ||
          name.starts_with("lib.d"))
        std::filesystem::copy(file.path(), to / "lib");
    }
  }
};

TEST_P(SandboxScriptVariants, RuleOutWhatIsNotComeToWhereNothingIsCompiled) {
  const auto checker = open_node({"node", "--test", "bird.test.js"});
  if (!checker) GTEST_SKIP() << reason_;
  ASSERT_TRUE(checker->can_vary());
  const auto compiled = checker->compiled({}, {});
  ASSERT_TRUE(compiled);
  EXPECT_TRUE(compiled->empty());
  const auto as_it_is = checker->check({}, {});
  ASSERT_TRUE(as_it_is) << as_it_is.error().message();
  EXPECT_FALSE(as_it_is->passed());
  const std::vector<Changes> changes = {{{"bird.js", replace(kBird, "* 3", "* 4")}},
                                        {{"bird.js", replace(kBird, "+ birds", "- birds")}},
                                        {{"bird.js", replace(kBird, "* 3", "|| 3 ?? 4")}},
                                        {{"bird.js", replace(kBird, "legs(birds)", "legs(bird)")}}};
  const auto rehearsed = checker->rehearse({}, changes, {}, 120s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  EXPECT_FALSE((*rehearsed)[0].pleases()) << "run, or left to be where that is as quick";
  EXPECT_TRUE(is_wrong((*rehearsed)[1])) << "the tests do not come to it";
  EXPECT_TRUE(is_wrong((*rehearsed)[2])) << "node cannot read it";
  EXPECT_TRUE((*rehearsed)[3].cannot) << "a parameter";
  const auto again = checker->check({}, {});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->exit_code, as_it_is->exit_code);
  EXPECT_EQ(again->diagnostics.size(), as_it_is->diagnostics.size());
}

TEST_P(SandboxScriptVariants, CompileOnceForAllVariants) {
  const auto checker = open_typed();
  if (!checker) GTEST_SKIP() << reason_;
  const auto typed = [](const char* by) {
    return Changes{{"src/bird.ts", replace(kTypedBird, "* 3", by)}};
  };
  const auto as_it_is = checker->check({}, {});
  ASSERT_TRUE(as_it_is) << as_it_is.error().message();
  EXPECT_EQ(as_it_is->tests_run, 2) << as_it_is->output;
  const std::vector<Changes> changes = {
      typed("* 4"),
      typed("|| more ?? 4"),
      {{"src/bird.ts", replace(kTypedBird, "+ birds", "- birds")}},
      typed("+ 'a'"),
      typed("* 5; for (;;); return 1"),
      typed("* 2")};
  const auto rehearsed = checker->rehearse({}, changes, {}, 240s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(is_wrong((*rehearsed)[i])) << i;
  EXPECT_TRUE((*rehearsed)[5].pleases());
  const auto mended = checker->check(typed("* 2"), {});
  ASSERT_TRUE(mended);
  EXPECT_TRUE(mended->passed()) << mended->output;
}

INSTANTIATE_TEST_SUITE_P(Ways, SandboxScriptVariants, sandbox_ways(), sandbox_way_name);

}  // namespace
}  // namespace curlew::assist

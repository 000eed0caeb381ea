// Failing programs of C that do not say where: what they compile is suspected, and asked for once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lsp/assist/fake_checker.h"

namespace curlew::assist {
namespace {

constexpr const char* kBird =
    "int legs(int birds) {\n"
    "  return birds * 3;\n"
    "}\n";

// Compiles `compiled_`; none of the variants pleases.
class CompilingChecker : public FakeChecker {
 public:
  CompilingChecker(std::vector<Diagnostic> said, std::vector<std::string> compiles)
      : FakeChecker({{"bird.c", kBird}}, [said](const Changes&) { return failed(said); }),
        compiles_(std::move(compiles)) {}

  bool can_vary() const override { return true; }
  Expected<std::vector<std::string>> compiled(const Changes&, std::stop_token) override {
    ++asked;
    return compiles_;
  }
  Expected<std::vector<Rehearsed>> rehearse(const Changes&, std::span<const Changes> changes,
                                            const std::vector<std::string>&,
                                            std::chrono::milliseconds, std::stop_token) override {
    rehearsed += changes.size();
    return std::vector<Rehearsed>(changes.size(), Rehearsed{.ran = true, .failed = true});
  }

  int asked = 0;
  std::size_t rehearsed = 0;

 private:
  std::vector<std::string> compiles_;
};

std::vector<Diagnostic> two_failures() {
  std::vector<Diagnostic> all;
  for (const char* test : {"legs", "wings"}) {
    Diagnostic d = complaint("test_bird.c", 4, 1, std::string(test) + " failed");
    d.test = test;
    d.source = "gtest";
    all.push_back(d);
  }
  return all;
}

TEST(RepairAnywhere, AsksOnceWhatIsCompiled) {
  CompilingChecker checker(two_failures(), {"bird.c", "test_bird.c"});
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kNotRepaired);
  EXPECT_EQ(checker.asked, 1);
  EXPECT_GT(checker.rehearsed, 5u) << "changes of bird.c";
}

TEST(RepairAnywhere, AsksOnceWhereNothingIs) {
  CompilingChecker checker(two_failures(), {});
  EXPECT_EQ(run(checker).end, RepairEnd::kNotRepaired);
  EXPECT_EQ(checker.asked, 1);
  EXPECT_EQ(checker.rehearsed, 0u);
}

TEST(RepairAnywhere, AsksOnceWhereTheCommandSaysNothing) {
  CompilingChecker checker({}, {"bird.c"});
  EXPECT_EQ(run(checker).end, RepairEnd::kNotRepaired);
  EXPECT_EQ(checker.asked, 1);
  EXPECT_GT(checker.rehearsed, 5u);
}

}  // namespace
}  // namespace curlew::assist

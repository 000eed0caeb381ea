// Next edits by a model that was trained to say them.
#include <gmock/gmock.h>

#include "lsp/assist/next_edit/next_edit.h"

namespace curlew::assist {
namespace {

using testing::HasSubstr;

// Rewrites the whole text as it was told to.
class RewritingGenerator final : public model::Generator {
 public:
  explicit RewritingGenerator(std::string rewritten) : rewritten_(std::move(rewritten)) {}

  model::Expected<model::Generation> generate(const model::GenerateRequest& request,
                                              std::stop_token stop) override {
    ++calls;
    last = std::get<model::NextEditText>(request.prompt);
    if (error) return tl::unexpected<model::Error>(*error);
    model::Generation out;
    out.finish = stop.stop_requested() ? model::Finish::kCancelled : finish;
    out.logprobs.assign(40, logprob);
    if (out.finish == model::Finish::kStopToken)
      out.rewrite = model::NextEditAnswer{{0, last.text.size()}, rewritten_, std::nullopt};
    return out;
  }
  int count_tokens(std::string_view text) const override {
    return static_cast<int>(text.size() / 3);
  }
  model::GeneratorInfo info() const override {
    return {.model = "scripted", .context_tokens = 2048, .next_edit = trained};
  }

  int calls = 0;
  bool trained = true;
  float logprob = -0.01f;
  model::Finish finish = model::Finish::kStopToken;
  std::optional<model::Error> error;
  model::NextEditText last;

 private:
  std::string rewritten_;
};

constexpr const char* kBefore =
    "int area(int w, int h) {\n  return w * h;\n}\n\nint main() {\n  show(area(1, 2));\n}\n";

// The user made the product a sum; nothing follows from that for certain.
class NextEditByModel : public testing::Test {
 protected:
  Expected<NextEditAnswer> ask(model::Generator* generator) {
    EditHistory history;
    const std::size_t star = std::string(kBefore).find('*');
    history.note("a.c", kBefore, {star, star + 1, "+"}, 2, {});
    text_ = kBefore;
    text_[star] = '+';
    return next_edit({.generator = generator},
                     {.path = "a.c",
                      .text = std::make_shared<const std::string>(text_),
                      .cursor = star + 1,
                      .edits = history.edits(),
                      .unwanted = unwanted_,
                      .now = EditClock::time_point{} + std::chrono::seconds(9)},
                     stop_.get_token());
  }
  static std::string with(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  }
  std::string after() const { return with(kBefore, "*", "+"); }

  std::string text_;
  std::vector<LineChange> unwanted_;
  std::stop_source stop_;
};

TEST_F(NextEditByModel, IsWhatTheModelChanges) {
  RewritingGenerator generator(with(after(), "area(1, 2)", "area(1, 2, 3)"));
  const auto answer = ask(&generator);
  ASSERT_TRUE(answer && answer->edit) << (answer ? answer->why_not : answer.error().message());
  EXPECT_EQ(answer->edit->kind, NextEditKind::kModel);
  EXPECT_EQ(answer->edit->why, "written by scripted");
  EXPECT_EQ(*apply_edits(text_, answer->edit->edit.edits), with(after(), "2)", "2, 3)"));
  // It saw what was done before.
  ASSERT_EQ(generator.last.edits.size(), 1u);
  EXPECT_EQ(generator.last.edits[0].before, "  return w * h;\n");
  EXPECT_EQ(generator.last.edits[0].after, "  return w + h;\n");
  EXPECT_EQ(generator.last.edits[0].line, 2);
}

TEST_F(NextEditByModel, StaysQuietWhereTheModelDoes) {
  RewritingGenerator same(after());
  EXPECT_FALSE(ask(&same)->edit);
  RewritingGenerator unsure(with(after(), "area(1, 2)", "area(1, 2, 3)"));
  unsure.logprob = -1.5f;
  const auto answer = ask(&unsure);
  EXPECT_FALSE(answer->edit);
  EXPECT_EQ(answer->why_not, "the model is not sure");
  RewritingGenerator late(with(after(), "area(1, 2)", "area(1, 2, 3)"));
  late.finish = model::Finish::kDeadline;
  EXPECT_FALSE(ask(&late)->edit);
}

TEST_F(NextEditByModel, DoesNotTakeBackWhatTheUserDid) {
  RewritingGenerator back(kBefore);
  EXPECT_FALSE(ask(&back)->edit);
}

TEST_F(NextEditByModel, DoesNotBreakTheParse) {
  RewritingGenerator broken(with(after(), "area(1, 2));", "area(1, 2);"));
  EXPECT_FALSE(ask(&broken)->edit);
}

TEST_F(NextEditByModel, IsNotOfferedAgainOnceRefused) {
  RewritingGenerator generator(with(after(), "area(1, 2)", "area(1, 2, 3)"));
  unwanted_.push_back(ask(&generator)->edit->change);
  EXPECT_FALSE(ask(&generator)->edit);
}

TEST_F(NextEditByModel, IsNotAskedForWithoutTrainingAndTheReasonOfAFaultIsSaid) {
  RewritingGenerator untrained(with(after(), "area(1, 2)", "area(1, 2, 3)"));
  untrained.trained = false;
  EXPECT_FALSE(ask(&untrained)->edit);
  EXPECT_EQ(untrained.calls, 0);
  EXPECT_FALSE(ask(nullptr)->edit);
  RewritingGenerator broken("");
  broken.error = model::Error(model::Errc::kIo, "the device is gone");
  EXPECT_THAT(ask(&broken)->why_not, HasSubstr("the device is gone"));
}

TEST_F(NextEditByModel, EndsWhenItIsCancelled) {
  RewritingGenerator generator(after());
  stop_.request_stop();
  const auto answer = ask(&generator);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), Errc::kCancelled);
}

}  // namespace
}  // namespace curlew::assist

#include "lsp/assist/edit/instructed_edit.h"

#include <gmock/gmock.h>

#include "lsp/assist/edit/answer.h"
#include "tests/lsp/assist/chat_generator.h"

namespace curlew::assist {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kText =
    "int before = 1;\n\nint area(int width, int height) {\n  int n = width * height;\n  return "
    "n;\n}\n"
    "\nint n = 2;\n";

InstructedEditRequest asked(const std::string& instruction, std::string_view text = kText,
                            std::size_t at = 25) {
  InstructedEditRequest request{.path = "area.cpp", .text = text};
  request.start = request.end = at;
  request.instruction = instruction;
  return request;
}

Expected<InstructedEdit> edit(ChatGenerator* generator, const InstructedEditRequest& request) {
  return instructed_edit({.generator = generator}, request, {});
}

std::string error_of(const Expected<InstructedEdit>& edit) {
  return edit ? "no error" : edit.error().message();
}

TEST(InstructedEdit, ChangesTheDefinitionAndNothingElse) {
  ChatGenerator generator({"int area(int width, int height) {\n  return width * height;\n}"});
  const auto made = edit(&generator, asked("drop the variable"));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->after,
            "int before = 1;\n\nint area(int width, int height) {\n  return width * height;\n}\n"
            "\nint n = 2;\n");
  EXPECT_TRUE(made->by_model);
  EXPECT_EQ(made->attempts, 1);
  // The prompt has the piece, what is around it and the instruction; the answer has begun.
  EXPECT_THAT(generator.said(0, 1), HasSubstr("int n = width * height;"));
  EXPECT_THAT(generator.said(0, 1), HasSubstr("int before = 1;"));
  EXPECT_THAT(generator.said(0, 1), HasSubstr("Instruction: drop the variable"));
  EXPECT_EQ(generator.said(0, 2), "```\n");
  EXPECT_NE(generator.requests[0].grammar, nullptr);
  EXPECT_THAT(generator.requests[0].draft_texts[0], HasSubstr("return n;"));
}

TEST(InstructedEdit, TellsTheModelWhatIsWrongAndAsksAgain) {
  ChatGenerator generator({"int area(int width, int height) {\n  return (width * height;\n}",
                           "int area(int width, int height) {\n  return width * height;\n}"});
  const auto made = edit(&generator, asked("drop the variable"));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->attempts, 2);
  EXPECT_THAT(generator.said(1, 3), HasSubstr("does not parse"));
  EXPECT_GT(generator.requests[1].sampling.temperature, 0.f);
}

TEST(InstructedEdit, RefusesWhatNeverParses) {
  ChatGenerator generator({"int area( {{{"});
  EXPECT_THAT(error_of(edit(&generator, asked("break it"))),
              HasSubstr("area.cpp: no edit: the answer does not parse"));
  EXPECT_EQ(generator.requests.size(), 3u);
}

TEST(InstructedEdit, RefusesAnAnswerWithoutAnEnd) {
  ChatGenerator generator({"int area"});
  generator.finish = model::Finish::kLength;
  EXPECT_THAT(error_of(edit(&generator, asked("go on"))), HasSubstr("did not come to an end"));
}

TEST(InstructedEdit, TakesAFencedAnswerOfARemoteModel) {
  ChatGenerator generator(
      {"Here it is:\n```cpp\nint area(int w, int h) {\n  return w * h;\n}\n```\nDone."});
  generator.local = false;
  generator.finish = model::Finish::kStopToken;
  const auto made = edit(&generator, asked("shorten the names"));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(made->after, HasSubstr("\n\nint area(int w, int h) {\n  return w * h;\n}\n\nint n"));
  EXPECT_EQ(generator.requests[0].grammar, nullptr);
}

TEST(InstructedEdit, SaysWhatItTakes) {
  ChatGenerator generator({""});
  EXPECT_THAT(error_of(edit(&generator, asked("  "))), HasSubstr("expected an instruction"));
  EXPECT_THAT(error_of(edit(nullptr, asked("simplify"))), HasSubstr("no model"));
  generator.context_tokens = 100;
  EXPECT_THAT(error_of(edit(&generator, asked("simplify"))), HasSubstr("edit fewer lines"));
  generator.chat = false;
  EXPECT_THAT(error_of(edit(&generator, asked("simplify"))), HasSubstr("no chat template"));
  InstructedEditRequest outside = asked("simplify");
  outside.end = 10'000;
  EXPECT_THAT(error_of(edit(&generator, outside)), HasSubstr("bytes 25 to 10000"));
  EXPECT_TRUE(generator.requests.empty());
}

TEST(InstructedEdit, IsCancelled) {
  ChatGenerator generator({"x"});
  std::stop_source stop;
  stop.request_stop();
  const auto made = instructed_edit({.generator = &generator}, asked("simplify"), stop.get_token());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind(), Errc::kCancelled);
}

TEST(InstructedEdit, RenamesWithoutAModel) {
  const auto made = edit(nullptr, asked("rename `n` to `product`"));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_FALSE(made->by_model);
  EXPECT_THAT(made->after, HasSubstr("int product = width * height;\n  return product;"));
  EXPECT_THAT(made->after, HasSubstr("int n = 2;"));  // outside the definition
  EXPECT_EQ(made->edits.size(), 2u);
  EXPECT_THAT(error_of(edit(nullptr, asked("rename missing to found"))),
              HasSubstr("there is no name `missing`"));
}

TEST(InstructedEdit, WidensToWholeLines) {
  InstructedEditRequest request = asked("x");
  const std::string_view text = kText;
  request.start = text.find("n = width");
  request.end = request.start + 3;
  const LineRange lines = edited_lines(request);
  EXPECT_EQ(text.substr(lines.start, lines.end - lines.start), "  int n = width * height;\n");
  request.start = 0;
  request.end = text.size();
  EXPECT_EQ(edited_lines(request).end, text.size());
  const LineRange all = edited_lines({.path = "notes.txt", .text = "a\nb"});
  EXPECT_EQ(all.end, 3u);
}

// --- Pieces that are long -----------------------------------------------------------------------

std::string long_text() {
  std::string text = "int sum() {\n  int n = 0;\n";
  for (int i = 0; i < 300; ++i) text += fmt::format("  n += {};\n", i);
  return text + "  return n;\n}\n";
}

constexpr const char* kBlock = "<<<<<<< SEARCH\n  n += 7;\n=======\n  n += 70;\n>>>>>>> REPLACE\n";

TEST(InstructedEdit, EditsALongPieceByBlocks) {
  const std::string text = long_text();
  ChatGenerator generator({kBlock});
  const auto made = edit(&generator, asked("seven is seventy", text));
  ASSERT_TRUE(made) << made.error().message();
  std::string expected = text;
  expected.replace(expected.find("  n += 7;\n"), 10, "  n += 70;\n");
  EXPECT_EQ(made->after, expected);
  EXPECT_THAT(generator.said(0, 0), HasSubstr("<<<<<<< SEARCH"));
  EXPECT_NE(generator.requests[0].grammar, nullptr);
  EXPECT_LE(generator.requests[0].new_tokens_max, 1500);
  EXPECT_EQ(std::get<model::ChatPrompt>(generator.requests[0].prompt).messages.back().role,
            model::ChatRole::kUser);
}

TEST(InstructedEdit, SaysWhichBlockOfARemoteModelDoesNotApply) {
  const std::string text = long_text();
  ChatGenerator generator({"<<<<<<< SEARCH\n  n -= 7;\n=======\n  n += 70;\n>>>>>>> REPLACE\n"});
  generator.local = false;
  EXPECT_THAT(error_of(edit(&generator, asked("seven is seventy", text))),
              HasSubstr("area.cpp: no edit: edits, block 1"));
  EXPECT_EQ(generator.requests.size(), 3u);
  EXPECT_THAT(generator.said(1, 3), HasSubstr("Write all blocks again"));
}

TEST(EditedBy, TakesEitherForm) {
  EXPECT_EQ(*edited_by("  a\r\n  b\r\n",
                       "```\n<<<<<<< SEARCH\n  b\n=======\n  c\n"
                       ">>>>>>> REPLACE\n```\n"),
            "  a\r\n  c\r\n");
  EXPECT_EQ(*edited_by("  a\n  b\n", "a\nc"), "  a\n  c\n");
}

// --- How an answer is made to fit ---------------------------------------------------------------

TEST(FitToOriginal, KeepsIndentationLineEndsAndTheLastBreak) {
  EXPECT_EQ(fit_to_original("\ta();\n", "b();\nif (x)\n\tc();"), "\tb();\n\tif (x)\n\t\tc();\n");
  EXPECT_EQ(fit_to_original("  a();\r\n  b();\r\n", "  a();\n"), "  a();\r\n");
  EXPECT_EQ(fit_to_original("last line without end", "new\n\n"), "new");
  EXPECT_EQ(fit_to_original("    a\n", "      deeper\n"), "      deeper\n");  // was meant so
  EXPECT_EQ(fit_to_original("  a\n\n  b\n", "a\n\nb"), "  a\n\n  b\n");       // no trailing blanks
  EXPECT_EQ(fit_to_original("a\n", "```py\nb\n```"), "b\n");
  EXPECT_EQ(fit_to_original("a\n", "b\n```"), "b\n");
}

}  // namespace
}  // namespace curlew::assist

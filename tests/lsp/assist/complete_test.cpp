// What a user would see at a place: the text with the cursor as ^ goes in, the text with the
// completion applied comes out.
#include "lsp/assist/complete.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/lsp/assist/scripted_generator.h"

namespace curlew::assist {
namespace {

using namespace std::chrono_literals;

struct Marked {
  std::string text;
  std::size_t cursor = 0;
};

Marked marked(std::string text) {
  const std::size_t cursor = text.find('^');
  text.erase(cursor, 1);
  return {std::move(text), cursor};
}

struct Ask {
  std::string path = "a.cpp";
  Lines lines = Lines::kAuto;
  bool explicit_request = true;
  std::optional<std::string> selected_text = std::nullopt;
  std::size_t selected_bytes = 0;  // before the cursor that it replaces
};

CompletionRequest request_for(const Marked& at, const Ask& ask = {}) {
  CompletionRequest request;
  request.path = ask.path;
  request.text = at.text;
  request.cursor = at.cursor;
  request.lines = ask.lines;
  request.explicit_request = ask.explicit_request;
  request.selected_text = ask.selected_text;
  request.selected_start = at.cursor - ask.selected_bytes;
  return request;
}

Completion complete_with(Sources sources, const Marked& at, const Ask& ask = {}) {
  auto completion = complete(sources, request_for(at, ask), {});
  EXPECT_TRUE(completion.has_value()) << completion.error().message();
  return completion ? *completion : Completion{};
}

// The document after the model says `answer` at ^ and its user accepts what is shown.
std::string accepted(const std::string& before, const std::string& answer, const Ask& ask = {}) {
  const Marked at = marked(before);
  ScriptedGenerator generator(answer);
  const Completion c = complete_with({.generator = &generator}, at, ask);
  return at.text.substr(0, c.replaces_from) + c.text +
         at.text.substr(c.text.empty() ? c.replaces_from : at.cursor + c.replaces_after);
}

std::string shown(const std::string& before, const std::string& answer, const Ask& ask = {}) {
  ScriptedGenerator generator(answer);
  return complete_with({.generator = &generator}, marked(before), ask).text;
}

TEST(Complete, ShowsTheRestOfTheLine) {
  EXPECT_EQ(shown("int a = ^\nint b;\n", "read();\nint c;\n"), "read();");
}

TEST(Complete, TrimsWhatAlreadyStandsBehindTheCursor) {
  EXPECT_EQ(accepted("int a = f(^);\n", "x, y);"), "int a = f(x, y);\n");
  EXPECT_EQ(accepted("int a = f(^)\n", "x, y);"), "int a = f(x, y);\n");
  EXPECT_EQ(accepted("g(f(^))\n", "x));"), "g(f(x));\n");
  EXPECT_EQ(accepted("auto s = f(\"^\")\n", "name\");"), "auto s = f(\"name\");\n");
}

TEST(Complete, LeavesOtherTextBehindTheCursorAlone) {
  EXPECT_EQ(accepted("f(^, z);\n", "xy"), "f(xy, z);\n");
}

TEST(Complete, StopsWhereTheNextLineWouldBeRepeated) {
  EXPECT_EQ(shown("void f() {\n  int a = 1;\n  ^\n  return a;\n}\n", "a += 2;\n  return a;\n}\n"),
            "a += 2;");
  EXPECT_EQ(shown("void f() {\n  ^\n  return a;\n}\n", "return a;\n"), "");
}

TEST(Complete, StopsAtTheEndOfTheScope) {
  EXPECT_EQ(shown("void f() {\n  ^\n}\n", "int a = 1;\n  use(a);\n}\n\nvoid g() {\n}\n"),
            "int a = 1;\n  use(a);");
  EXPECT_EQ(shown("def f():\n    ^\n\nx = 1\n", "a = 1\n    return a\nb = 2\n", {.path = "a.py"}),
            "a = 1\n    return a");
  EXPECT_EQ(shown("void f() {\n  ^\n}\n", "if (a) {\n    b();\n  }\n  c();\n"),
            "if (a) {\n    b();\n  }");
}

TEST(Complete, GoesOnBelowALineThatOpensABlock) {
  EXPECT_EQ(accepted("int f(int a) {^\n}\n", "\n  return a;\n}\n"),
            "int f(int a) {\n  return a;\n}\n");
  EXPECT_EQ(shown("int a = 1;^\n", "\nint b = 2;\n"), "");
}

TEST(Complete, CutsLoops) {
  EXPECT_EQ(shown("void f() {\n  ^\n}\n", "step(a);\n  step(a);\n  step(a);\n"), "step(a);");
  EXPECT_EQ(shown("auto s =^\n", " aa, bb, aa, bb, aa, bb, aa, bb,").size(), 8u);
}

TEST(Complete, NeverShowsControlSpellings) {
  EXPECT_EQ(shown("int a = ^\n", "read();<|endoftext|>more"), "read();");
  EXPECT_EQ(shown("int a = ^\n", "read();<fim_prefix>"), "read();");
  EXPECT_EQ(shown("int a = ^\n", "<file_sep>b.cpp"), "");
}

TEST(Complete, DropsBlankAndTinyProposals) {
  EXPECT_EQ(shown("int a = ^\n", "   \t"), "");
  EXPECT_EQ(shown("int a = ^\n", "x"), "");
  EXPECT_EQ(shown("f(a^\n", ")"), ")");
  EXPECT_EQ(shown("f(a^\n", ")", {.explicit_request = false}), "");
}

TEST(Complete, RefusesWhatBreaksTheParse) {
  EXPECT_EQ(shown("int f() {\n  return ^;\n}\n\nint g() { return 1; }\n", "1 + ) 2 ("), "");
  EXPECT_EQ(shown("int f(int a) {\n  ^\n  return 1;\n}\n", "if (a > 1) {", {.lines = Lines::kOne}),
            "if (a > 1) {")
      << "an opened block is its user's to close";
}

TEST(Complete, KeepsTheDocumentsLineBreaksAndIndentation) {
  EXPECT_EQ(shown("void f() {\r\n  ^\r\n}\r\n", "int a = 1;\n  use(a);\n"),
            "int a = 1;\r\n  use(a);");
  EXPECT_EQ(shown("void f() {\n\tint b;\n\t^\n}\n", "if (b) {\n\t    use(b);\n\t}\n"),
            "if (b) {\n\t\tuse(b);\n\t}");
}

TEST(Complete, ExtendsWhatTheMenuHasSelected) {
  EXPECT_EQ(accepted("int a = pri^\n", "(x);", {.selected_text = "print", .selected_bytes = 3}),
            "int a = print(x);\n");
  const Marked at = marked("int a = pri^\n");
  ScriptedGenerator generator("(x);");
  complete_with({.generator = &generator}, at, {.selected_text = "print", .selected_bytes = 3});
  EXPECT_EQ(std::get<model::FimText>(generator.last.prompt).prefix, "int a = print");
}

TEST(Complete, RefusesPlacesThatAreNone) {
  const Marked at{"int é;\r\n", 0};
  const auto refused = [&](std::size_t cursor) {
    CompletionRequest request = request_for(at);
    request.cursor = cursor;
    const auto completion = complete({}, request, {});
    return completion ? std::string() : completion.error().message();
  };
  EXPECT_EQ(refused(99), "complete: a.cpp: byte 99 is outside the text of 9 bytes");
  EXPECT_EQ(refused(5), "complete: a.cpp: byte 5 is inside a character");
  EXPECT_EQ(refused(8), "complete: a.cpp: byte 8 is inside a line break");
  EXPECT_EQ(refused(9), "");
  EXPECT_EQ(refused(0), "");
}

TEST(Complete, AnswersAtTheEdgesOfTheDocument) {
  for (const char* text : {"^", "^int a;\n", "int a;\n^", "// 🙂 ^ 🙂\n", "\n^\n", "\t^"}) {
    ScriptedGenerator generator("int value;");
    model::CopyPredictor copy;
    const Marked at = marked(text);
    EXPECT_TRUE(complete({.generator = &generator, .copy = &copy}, request_for(at), {})) << text;
  }
}

TEST(Complete, CopyStandsAloneWithoutAModel) {
  model::CopyPredictor copy;
  const Completion c = complete_with(
      {.copy = &copy}, marked("void f() {\n  open_the_file(path);\n  close_the_file(path);\n}\n"
                              "void g() {\n  open_the_file(path);\n  close_^\n}\n"));
  EXPECT_EQ(c.text, "the_file(path);");
  EXPECT_EQ(c.source, CompletionSource::kCopy);
  EXPECT_EQ(c.finish, "copy");
}

TEST(Complete, ASureCopySavesTheModelsTime) {
  std::string text;
  for (int i = 0; i < 4; ++i)
    text += "  open_the_file(path);\n  read_all_of_it(path);\n  close_the_file(path);\n";
  model::CopyPredictor copy;
  ScriptedGenerator generator("something_else();");
  const Completion c = complete_with({.generator = &generator, .copy = &copy},
                                     marked(text + "  open_the_file(path);\n  read_all_of_it(^\n"));
  EXPECT_EQ(c.text, "path);");
  EXPECT_EQ(generator.calls, 0);
}

TEST(Complete, SpareCodeIsCopiedFromAndNotShownToTheModel) {
  const std::string spare = "void h() {\n  open_the_gate(here);\n  close_the_gate(now);\n}\n";
  const std::vector<indexer::ContextChunk> context = {
      {.path = "shown.cpp", .text = "int shown();\n", .score = 0.1},
      {.path = "spare.cpp", .text = spare, .score = 0.9, .is_spare = true}};
  const Marked at = marked("void g() {\n  open_the_gate(here);\n  close_^\n}\n");
  CompletionRequest request = request_for(at);
  request.context = &context;
  ScriptedGenerator generator("it();");
  const auto generated = complete({.generator = &generator}, request, {});
  ASSERT_TRUE(generated.has_value());
  const auto& prompt = std::get<model::FimText>(generator.last.prompt);
  ASSERT_EQ(prompt.context.size(), 1u);
  EXPECT_EQ(prompt.context.front().path, "shown.cpp");

  model::CopyPredictor copy;
  const auto copied = complete({.copy = &copy}, request, {});
  ASSERT_TRUE(copied.has_value());
  EXPECT_EQ(copied->text, "the_gate(now);");
  ASSERT_EQ(copied->context.size(), 1u);
  EXPECT_EQ(copied->context.front().path, "shown.cpp");
}

TEST(Complete, TheModelWinsWhereNothingMatches) {
  model::CopyPredictor copy;
  ScriptedGenerator generator("compute();");
  const Completion c =
      complete_with({.generator = &generator, .copy = &copy}, marked("int a = 1;\nreturn ^\n"));
  EXPECT_EQ(c.text, "compute();");
  EXPECT_EQ(c.source, CompletionSource::kModel);
  EXPECT_EQ(c.model, "scripted");
}

TEST(Complete, AnUnsureAutomaticRequestStaysQuiet) {
  const Marked at = marked("int a = ^\n");
  ScriptedGenerator generator("whatever_it_is();", /*logprob=*/-6.f);
  const Completion quiet =
      complete_with({.generator = &generator}, at, {.explicit_request = false});
  EXPECT_EQ(quiet.text, "");
  EXPECT_TRUE(quiet.finish.starts_with("quiet: ")) << quiet.finish;
  EXPECT_EQ(complete_with({.generator = &generator}, at).text, "whatever_it_is();");
}

TEST(Complete, AModelWithoutFimContinuesTheText) {
  ScriptedGenerator generator("read();");
  generator.fim = false;
  EXPECT_EQ(complete_with({.generator = &generator}, marked("int a = ^\n")).text, "read();");
  EXPECT_EQ(std::get<model::TextPrompt>(generator.last.prompt).text, "int a = ");
}

TEST(Complete, CancellationIsAnError) {
  const Marked at = marked("int a = ^\n");
  std::stop_source stop;
  ScriptedGenerator generator("read();");
  generator.before = [&] { stop.request_stop(); };
  const auto completion = complete({.generator = &generator}, request_for(at), stop.get_token());
  ASSERT_FALSE(completion);
  EXPECT_EQ(completion.error().kind(), Errc::kCancelled);
}

TEST(Complete, ABrokenModelDoesNotTakeTheCopyAway) {
  model::CopyPredictor copy;
  ScriptedGenerator generator("");
  generator.error = model::Error(model::Errc::kRemote, "no answer from the server");
  const auto with_copy =
      complete({.generator = &generator, .copy = &copy},
               request_for(marked("void f() {\n  call_me(a);\n}\nvoid g() {\n  call_^\n}\n")), {});
  ASSERT_TRUE(with_copy) << with_copy.error().message();
  const auto without = complete({.generator = &generator}, request_for(marked("int a^\n")), {});
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().kind(), Errc::kUnavailable);
}

TEST(Complete, ReturnsWhatThereIsAtTheEndOfTheBudget) {
  const Marked at = marked("int a = ^\n");
  ScriptedGenerator generator("read_everything_from_everywhere();");
  generator.before = [] { std::this_thread::sleep_for(2ms); };
  CompletionRequest request = request_for(at);
  request.budget = 1ms;
  const auto completion = complete({.generator = &generator}, request, {});
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->text, "");
}

TEST(Complete, ShowsOnlyWhatIsWholeAtTheEndOfTheBudget) {
  const auto shown_at = [](const std::string& before, const std::string& answer,
                           std::size_t tokens) {
    const Marked at = marked(before);
    ScriptedGenerator generator(answer);
    CompletionRequest request = request_for(at);
    request.budget = 100ms;
    generator.before_token = [&](std::size_t said) {
      if (said == tokens) std::this_thread::sleep_for(*request.budget + 20ms);
    };
    const auto completion = complete({.generator = &generator}, request, {});
    EXPECT_TRUE(completion);
    EXPECT_EQ(completion->finish.starts_with("deadline"), !completion->text.empty());
    return completion->text;
  };
  // Tokens have three bytes.
  EXPECT_EQ(shown_at("int a = ^\n", "read(buffer, size);", 3), "read(");
  EXPECT_EQ(shown_at("int a = ^\n", "read(), write();", 3), "read()");
  EXPECT_EQ(shown_at("int a = ^\n", "read();", 1), "");
  EXPECT_EQ(shown_at("void f() {\n  ^\n}\n", "step(a);\n  walk(a);\n  run(a);\n", 8),
            "step(a);\n  walk(a);");
}

TEST(Complete, MixesTheTextAtHandInWhereSeveralLinesMayCome) {
  const auto mixes = [](Lines lines, CopyMix mix) {
    const Marked at = marked("void f() {\n  ^\n}\n");
    ScriptedGenerator generator("use(a);");
    CompletionRequest request = request_for(at, {.lines = lines});
    request.copy_mix = mix;
    request.open_documents = {{"b.cpp", std::make_shared<const std::string>("int b;\n")}};
    EXPECT_TRUE(complete({.generator = &generator}, request, {}));
    EXPECT_EQ(generator.last.copy_mix.files.size(), generator.last.copy_mix.enabled ? 1u : 0u);
    return generator.last.copy_mix.enabled;
  };
  EXPECT_TRUE(mixes(Lines::kMany, CopyMix::kAuto));
  EXPECT_FALSE(mixes(Lines::kOne, CopyMix::kAuto));
  EXPECT_TRUE(mixes(Lines::kOne, CopyMix::kOn));
  EXPECT_FALSE(mixes(Lines::kMany, CopyMix::kOff));
}

TEST(Complete, EvaluatesAheadThePromptThatTheModelWouldGet) {
  const Marked at = marked("int first(int a) {\n  return a;\n}\nint b = ^;\n");
  ScriptedGenerator generator("first(1)");
  const CompletionRequest request = request_for(at);
  ASSERT_TRUE(complete({.generator = &generator}, request, {}));
  const model::GenerateRequest asked = generator.last;
  ASSERT_TRUE(evaluate_ahead({.generator = &generator}, request, {}));
  EXPECT_EQ(generator.calls, 2);
  const auto& prompt = std::get<model::FimText>(generator.last.prompt);
  const auto& wanted = std::get<model::FimText>(asked.prompt);
  EXPECT_EQ(prompt.prefix, wanted.prefix);
  EXPECT_EQ(prompt.suffix, wanted.suffix);
  EXPECT_EQ(prompt.path, wanted.path);
  EXPECT_EQ(generator.last.new_tokens_max, asked.new_tokens_max);  // it decides the prompt's room
  EXPECT_EQ(generator.last.lane, model::Lane::kBackground);

  generator.keeps_prompts = false;
  ASSERT_TRUE(evaluate_ahead({.generator = &generator}, request, {}));
  ASSERT_TRUE(evaluate_ahead({}, request, {}));
  EXPECT_EQ(generator.calls, 2);
}

TEST(Complete, StaysBoundedOnHostileText) {
  std::string line(1 << 20, 'x');
  for (std::size_t i = 0; i < line.size(); i += 7) line[i] = " ([{<\"."[i / 7 % 7];
  std::string repeated;
  for (int i = 0; i < 20'000; ++i) repeated += "same_line(over, and, over);\n";
  model::CopyPredictor copy;
  ScriptedGenerator generator("x();");
  for (const std::string& text : {line, repeated}) {
    const auto start = std::chrono::steady_clock::now();
    const Marked at{text, text.size() / 2};
    EXPECT_TRUE(complete({.generator = &generator, .copy = &copy}, request_for(at), {}));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  }
}

}  // namespace
}  // namespace curlew::assist

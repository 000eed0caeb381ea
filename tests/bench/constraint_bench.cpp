// What holding a generation to a grammar costs, over the vocabulary of Qwen2.5-Coder (151,665
// tokens; skipped where the file is not there).
//
//   Vocabulary   building the compiler: once a model
//   Grammar      building a grammar
//   FirstMask    the first mask of a grammar never seen: what a deadline has to allow for
//   ColdWalk     allowed() and accept() a token, for the first generation of a grammar
//   Walk         the same once the grammar is known
//
// A walk takes the tokens of a text of the language, as the tokenizer chooses them. `us_a_token` is
// the mean, `us_worst` the slowest token of the fastest walk; all in time of the CPU.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "model/constrain/constraint.h"
#include "model/constrain/grammar.h"
#include "model/files/model_file.h"

namespace curlew::model {
namespace {

const Tokenizer* qwen() {
  static const std::unique_ptr<const Tokenizer> tokenizer = [] {
    const std::filesystem::path path =
        std::filesystem::path(CURLEW_SOURCE_DIR) /
        "../shared/fixtures/tokenizers/ggml-vocab-qwen2.5-coder.gguf";
    std::unique_ptr<const Tokenizer> out;
    const auto file = ModelFile::open(path);
    if (!file) return out;
    auto loaded = load_tokenizer(*file);
    if (loaded) out = std::move(*loaded);
    return out;
  }();
  return tokenizer.get();
}

struct Language {
  std::string name;
  std::function<Grammar::Made()> grammar;
  std::string text;
};

std::string original() {
  std::string out;
  for (int i = 0; i < 200; ++i) {
    out += "  if (offset_" + std::to_string(i * 7 % 31) + " < limit) {\n    return read(offset_" +
           std::to_string(i) + ");\n  }\n";
  }
  return out;
}

const std::vector<Language>& languages() {
  static const std::vector<Language> all = [] {
    std::vector<Language> out;
    const char* tool = R"({"type": "object", "properties": {
      "tool": {"enum": ["read_file", "search", "apply_edit"]},
      "path": {"type": "string"}, "line": {"type": "integer", "minimum": 1},
      "text": {"type": "string"}, "flags": {"type": "array", "items": {"type": "string"}}},
      "required": ["tool", "path"]})";
    out.push_back(
        {"tool_call", [=] { return Grammar::from_json_schema(tool); },
         "{\n  \"tool\": \"search\",\n  \"path\": \"src/index/store.cpp\",\n  \"line\": 128,\n"
         "  \"text\": \"the index keeps what \\\"changed\\\" since the last run\",\n"
         "  \"flags\": [\"case\", \"words\"]\n}"});
    out.push_back(
        {"any_json", [] { return Grammar::from_json_schema("true"); },
         R"({"name": "curlew", "tags": ["a", {"deep": [[1, 2, {"x": "some longer text here"}], null]}],)"
         R"( "count": 12, "more": {"k": "été", "list": [true, false, "text", {}]}})"});
    out.push_back(
        {"short_string",
         [] {
           return Grammar::from_json_schema(
               R"({"properties": {"title": {"type": "string", "maxLength": 72}}, "required": ["title"]})");
         },
         R"({"title": "index: keep postings sorted when a shard is merged twice"})"});
    out.push_back({"identifier_list",
                   [] { return Grammar::from_regex(R"([a-z_]\w*(, [a-z_]\w*)*)"); },
                   "alpha, beta_two, gamma_three, delta, epsilon_long_name, zeta, eta"});
    out.push_back(
        {"free_text", [] { return Grammar::from_regex(R"((.|\n)*)"); }, original().substr(0, 800)});
    const std::string text = original();
    out.push_back({"edit_blocks", [=] { return Grammar::edit_of(text); },
                   "<<<<<<< SEARCH\n    return read(offset_17);\n  }\n=======\n    return "
                   "load(offset_17, limit);\n"
                   "  }\n>>>>>>> REPLACE\n<<<<<<< SEARCH\n    return read(offset_150);\n=======\n"
                   "    // moved to the caller\n>>>>>>> REPLACE\n"});
    out.push_back({"edit_whole", [=] { return Grammar::edit_of(text, {.form = EditForm::kWhole}); },
                   text.substr(0, 800)});
    return out;
  }();
  return all;
}

const ConstraintCompiler& compiler() {
  static const ConstraintCompiler shared(*qwen());
  return shared;
}

// Of this thread: the work is its own, and other programs do not count.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Seconds of the slowest token; negative where the text is not in the language.
double walk(const std::shared_ptr<const Grammar>& grammar, const std::vector<TokenId>& ids) {
  const std::unique_ptr<Constraint> constraint = compiler().start(grammar);
  double worst = 0;
  for (const TokenId id : ids) {
    const double begin = cpu_seconds();
    if (!constraint->allowed().has(id)) return -1;
    constraint->accept(id);
    worst = std::max(worst, cpu_seconds() - begin);
  }
  return constraint->is_complete() ? worst : -1;
}

void BM_Vocabulary(benchmark::State& state) {
  for (auto _ : state) {
    const ConstraintCompiler fresh(*qwen());
    benchmark::DoNotOptimize(&fresh);
  }
}

void BM_Grammar(benchmark::State& state, const Language& language) {
  for (auto _ : state) benchmark::DoNotOptimize(language.grammar());
}

void BM_FirstMask(benchmark::State& state, const Language& language) {
  compiler();
  for (auto _ : state) {
    const Grammar::Made grammar = language.grammar();
    const double begin = cpu_seconds();
    const std::unique_ptr<Constraint> constraint = compiler().start(*grammar);
    benchmark::DoNotOptimize(constraint->allowed());
    state.SetIterationTime(cpu_seconds() - begin);
  }
}

enum class Known { kNo, kYes };

void BM_Walk(benchmark::State& state, const Language& language, Known known) {
  const std::vector<TokenId> ids = qwen()->encode(language.text);
  Grammar::Made grammar = language.grammar();
  if (!grammar) return state.SkipWithError(grammar.error().message().c_str());
  walk(*grammar, ids);
  double worst = 1e9, sum = 0;
  for (auto _ : state) {
    if (known == Known::kNo) grammar = language.grammar();
    const double begin = cpu_seconds();
    const double slowest = walk(*grammar, ids);
    const double seconds = cpu_seconds() - begin;
    if (slowest < 0) return state.SkipWithError("the text is not in the language");
    worst = std::min(worst, slowest);
    sum += seconds;
    state.SetIterationTime(seconds);
  }
  const auto tokens = static_cast<double>(ids.size()) * static_cast<double>(state.iterations());
  state.counters["tokens"] = static_cast<double>(ids.size());
  state.counters["us_a_token"] = sum * 1e6 / tokens;
  state.counters["us_worst"] = worst * 1e6;
}

void register_all() {
  using benchmark::kMicrosecond;
  benchmark::RegisterBenchmark("Vocabulary", BM_Vocabulary)->Unit(benchmark::kMillisecond);
  for (const Language& language : languages()) {
    const auto name = [&](const char* what) { return what + ("/" + language.name); };
    const auto add = [&](const char* what, auto run) {
      return benchmark::RegisterBenchmark(name(what).c_str(), run)->Unit(kMicrosecond);
    };
    add("Grammar", [&](benchmark::State& s) { BM_Grammar(s, language); });
    add("FirstMask", [&](benchmark::State& s) { BM_FirstMask(s, language); })->UseManualTime();
    add("ColdWalk", [&](benchmark::State& s) {
      BM_Walk(s, language, Known::kNo);
    })->UseManualTime();
    add("Walk", [&](benchmark::State& s) { BM_Walk(s, language, Known::kYes); })->UseManualTime();
  }
}

}  // namespace
}  // namespace curlew::model

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (curlew::model::qwen() == nullptr) {
    std::printf("skipped: no ../shared/fixtures/tokenizers/ggml-vocab-qwen2.5-coder.gguf\n");
    return 0;
  }
  curlew::model::register_all();
  benchmark::RunSpecifiedBenchmarks();
}

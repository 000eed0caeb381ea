// What an editor asks of an engine, timed: a keystroke, a prompt that is mostly known, the
// rewriting of a function, a cancel.
//
//   editor_requests MODEL.gguf [--threads N] [--repetitions R] [--json]
//
// The model may have random weights (make_model): what would be copied in a rewrite is then
// dictated to it, token by token, through the mixing hook, in the plain run as in the drafted one.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "model/decode/engine.h"
#include "model/decode/mixer.h"

namespace {

using namespace curlew::model;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kPrefixTokens = 2070, kSuffixTokens = 130, kPromptTokens = 2048, kNewTokens = 8;
constexpr int kRewrittenLines = 200;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

// Real source code: this repository's own, as much as is asked for.
std::string source_text(std::size_t bytes) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(CURLEW_SOURCE_DIR "/model"))
    if (entry.path().extension() == ".cpp") files.push_back(entry.path());
  std::ranges::sort(files);
  std::string text;
  for (const fs::path& file : files) {
    if (text.size() >= bytes) break;
    std::stringstream content;
    content << std::ifstream(file).rdbuf();
    text += content.str();
  }
  text.resize(std::min(text.size(), bytes));
  return text;
}

// Says a given text, token by token.
class Dictation final : public Mixer {
 public:
  explicit Dictation(std::vector<TokenId> text) : text_(std::move(text)) {}
  void begin(std::span<const TokenId>) override { at_ = 0; }
  void append(TokenId) override { ++at_; }
  const Mixture& next() override {
    mixture_ = {0.999f, {{text_[std::min(at_, text_.size() - 1)], 1.f}}};
    return mixture_;
  }

 private:
  std::vector<TokenId> text_;
  std::size_t at_ = 0;
  Mixture mixture_;
};

class Bench {
 public:
  Bench(Engine& engine, int repetitions)
      : engine_(engine),
        repetitions_(repetitions),
        ids_(engine.tokenizer().encode(source_text(40'000))),
        decode_ms_(1e3 * engine.time_decode(24, kPromptTokens, {}).value_or(0) / 24) {}

  json run() {
    json rows = json::array();
    rows.push_back(keystroke());
    rows.push_back(mostly_known());
    rows.push_back(rewrite());
    rows.push_back(cancel());
    return rows;
  }

 private:
  Generation generate(const GenerateRequest& request, std::stop_token stop = {}) {
    Expected<Generation> g = engine_.generate(request, std::move(stop));
    if (g) return *g;
    std::fprintf(stderr, "editor_requests: %s\n", g.error().message().c_str());
    std::exit(2);
  }

  std::vector<TokenId> some(std::size_t from, std::size_t count) const {
    std::vector<TokenId> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(ids_[(from + i) % ids_.size()]);
    return ids;
  }

  // Five characters more at the end of the prefix, after the burst's first request.
  json keystroke() {
    std::vector<double> ms;
    int cached = 0, prompt = 0;
    for (int i = 0; i < repetitions_; ++i) {
      engine_.clear_cache();
      FimText text = {.prefix = engine_.tokenizer().decode(
                          some(static_cast<std::size_t>(i) * 500, kPrefixTokens)),
                      .suffix = engine_.tokenizer().decode(some(9000, kSuffixTokens)),
                      .path = "src/a.cpp"};
      const FimBudget whole = {.prompt_tokens_max = 2600};
      generate({.prompt = text, .new_tokens_max = 16, .fim_budget = whole, .ignore_end = true});
      text.prefix += "value";
      const auto start = Clock::now();
      const Generation g =
          generate({.prompt = text, .new_tokens_max = 1, .fim_budget = whole, .ignore_end = true});
      ms.push_back(ms_since(start));
      cached = g.cached_tokens, prompt = g.prompt_tokens;
    }
    return {{"test", "keystroke"}, {"ms", median(ms)}, {"prompt", prompt}, {"cached", cached}};
  }

  // All but the last tokens of a long prompt are known.
  json mostly_known() {
    std::vector<double> ms;
    engine_.clear_cache();
    for (int i = 0; i <= repetitions_; ++i) {
      std::vector<TokenId> ids = some(0, kPromptTokens);
      const auto tail = some(3000 + 100 * static_cast<std::size_t>(i), kNewTokens);
      std::ranges::copy(tail, ids.end() - kNewTokens);
      const auto start = Clock::now();
      generate({.prompt = ids, .new_tokens_max = 1, .ignore_end = true});
      if (i > 0) ms.push_back(ms_since(start));
    }
    return {{"test", "first token, all but 8 known"},
            {"ms", median(ms)},
            {"decode_step_ms", decode_ms_},
            {"ratio", median(ms) / decode_ms_}};
  }

  // A function of 200 lines, one of which is changed.
  json rewrite() {
    std::string original;
    for (int i = 0; i < kRewrittenLines; ++i)
      original += fmt::format("  total += weight[{}] * value({}, row);\n", i * 7 % 101, i);
    std::string changed = original;
    changed.insert(changed.find("value(90"), "scale * ");
    const std::vector<TokenId> answer = engine_.tokenizer().encode(changed, {.literal = true});
    Dictation dictation(answer);
    GenerateRequest request = {.prompt = some(100, 64),
                               .new_tokens_max = static_cast<int>(answer.size()),
                               .ignore_end = true,
                               .mixer = &dictation,
                               .draft_texts = {original}};
    generate(request);  // what steps cost is learnt while running
    auto start = Clock::now();
    const Generation drafted = generate(request);
    const double drafted_ms = ms_since(start);
    request.draft_tokens_max = 0;
    start = Clock::now();
    const Generation plain = generate(request);
    const double plain_ms = ms_since(start);
    return {{"test", "rewrite of 200 lines"},
            {"tokens", answer.size()},
            {"ms", drafted_ms},
            {"plain_ms", plain_ms},
            {"ratio", plain_ms / drafted_ms},
            {"steps", drafted.steps},
            {"drafted", drafted.drafted_tokens},
            {"accepted", drafted.accepted_tokens},
            {"same", drafted.tokens == plain.tokens && plain.tokens == answer}};
  }

  // From the request to stop, in the middle of a cold prompt, to the answer.
  json cancel() {
    std::vector<double> ms;
    for (int i = 0; i < repetitions_; ++i) {
      engine_.clear_cache();
      std::stop_source stop;
      std::atomic<Clock::rep> asked = 0;
      std::jthread user([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30 + 11 * i));
        asked = Clock::now().time_since_epoch().count();
        stop.request_stop();
      });
      generate({.prompt = some(0, kPromptTokens), .new_tokens_max = 64, .ignore_end = true},
               stop.get_token());
      ms.push_back(std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch() -
                                                             Clock::duration(asked.load()))
                       .count());
    }
    return {{"test", "cancel"}, {"ms", median(ms)}, {"max_ms", *std::ranges::max_element(ms)}};
  }

  Engine& engine_;
  const int repetitions_;
  const std::vector<TokenId> ids_;
  const double decode_ms_;
};

}  // namespace

int main(int argc, char** argv) {
  EngineOptions options;
  int repetitions = 7;
  bool as_json = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--threads" && i + 1 < argc)
      options.threads = std::atoi(argv[++i]);
    else if (arg == "--repetitions" && i + 1 < argc)
      repetitions = std::max(1, std::atoi(argv[++i]));
    else if (arg == "--json")
      as_json = true;
    else
      options.model = arg;
  }
  const auto start = Clock::now();
  auto engine = Engine::load(options);
  if (!engine) {
    std::fprintf(stderr, "editor_requests: %s\n", engine.error().message().c_str());
    return 2;
  }
  const double load_ms = ms_since(start);
  json rows = Bench(**engine, repetitions).run();
  const Engine::Memory memory = (*engine)->memory();
  rows.push_back({{"test", "load"},
                  {"ms", load_ms},
                  {"file_bytes", memory.file_bytes},
                  {"packed_bytes", memory.packed_bytes}});
  if (as_json) return std::printf("%s\n", rows.dump(1).c_str()) < 0;
  for (const json& row : rows) std::printf("%s\n", row.dump().c_str());
  return 0;
}

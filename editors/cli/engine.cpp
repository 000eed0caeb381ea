#include "editors/cli/engine.h"

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>

#include "editors/cli/json_output.h"
#include "editors/cli/report.h"
#include "model/constrain/grammar.h"

namespace curlew::cli {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Whole or not at all: a temporary file beside the target, renamed when complete.
Status write_floats(const std::filesystem::path& path, const std::vector<float>& values) {
  const std::filesystem::path temporary = path.string() + ".partial";
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(temporary, path, error);
  if (!out || error) {
    std::filesystem::remove(temporary, error);
    return assist::fail(assist::Errc::kInvalidInput, "{}: cannot be written", path.string());
  }
  return {};
}

Expected<std::shared_ptr<const model::Grammar>> make_grammar(const GenerateOptions& options) {
  const auto made = [&]() -> Expected<model::Grammar::Made> {
    if (!options.regex.empty()) return model::Grammar::from_regex(options.regex);
    const bool is_schema = !options.json_schema.empty();
    Expected<std::string> text = read_file(is_schema ? options.json_schema : options.edit_of);
    if (!text) return std::move(text.error()).pass();
    return is_schema ? model::Grammar::from_json_schema(*text) : model::Grammar::edit_of(*text);
  };
  if (options.regex.empty() && options.json_schema.empty() && options.edit_of.empty())
    return nullptr;
  auto grammar = made();
  if (!grammar) return std::move(grammar.error()).pass();
  if (!*grammar) return tl::unexpected<assist::Error>(std::move(grammar->error()));
  for (const std::string& note : (**grammar)->notes())
    fmt::print(stderr, "curlew: note: {}\n", note);
  return **grammar;
}

// Texts to copy from, and the language the text is held to.
Status add_guides(const GenerateOptions& options, model::GenerateRequest& request) {
  auto grammar = make_grammar(options);
  if (!grammar) return std::move(grammar.error()).during("generate");
  request.grammar = *grammar;
  if (options.no_drafts) request.draft_tokens_max = 0;
  request.copy_mix.enabled = options.copy_mix;
  for (const std::filesystem::path& path : options.copy_from) {
    Expected<std::string> text = read_file(path);
    if (!text) return std::move(text.error()).during("--copy-from");
    request.copy_mix.files.push_back(std::make_shared<const std::string>(*text));
    request.draft_texts.push_back(std::move(*text));
  }
  return {};
}

Expected<model::GenerateRequest> make_request(const model::Engine& engine,
                                              const server::Settings& settings,
                                              const GenerateOptions& options) {
  model::GenerateRequest request;
  request.new_tokens_max = options.new_tokens_max;
  request.stop_strings = options.stop;
  request.ignore_end = options.ignore_end;
  request.sampling.temperature = static_cast<float>(settings.temperature);
  request.sampling.seed = settings.seed;
  request.lane = model::Lane::kMain;
  if (!options.tokens.empty()) {
    const std::vector<model::TokenId> ids(options.tokens.begin(), options.tokens.end());
    if (Status ok = check_tokens(engine, ids); !ok) return std::move(ok.error()).pass();
    request.prompt = ids;
    return request;
  }
  if (options.prompt_file.empty())
    return assist::fail(
        assist::Errc::kInvalidInput,
        "generate: expected --prompt-file FILE (or - for standard input), or --tokens IDS");
  Expected<std::string> text = options.prompt_file == "-"
                                   ? std::string(std::istreambuf_iterator<char>(std::cin), {})
                                   : read_file(options.prompt_file);
  if (!text) return std::move(text.error()).during("prompt");
  request.prompt =
      model::TextPrompt{.text = std::move(*text),
                        .encode = {.add_special = true, .parse_special = options.parse_special}};
  return request;
}

}  // namespace

Expected<std::unique_ptr<model::Engine>> open_engine(const CommonOptions& common,
                                                     model::KvPrecision kv, int context_tokens) {
  const server::Settings settings =
      effective_settings(common, workspace_root(common, std::filesystem::current_path()));
  if (settings.model == "none" || !settings.endpoint.empty())
    return assist::fail(assist::Errc::kUnavailable,
                        "this command needs a local model: give --model FILE, and no --endpoint");
  auto path = server::find_model(settings.model);
  if (!path) return tl::unexpected<assist::Error>(std::move(path.error()));
  ProgressLine line;
  model::EngineOptions options;
  options.model = *path;
  options.threads = settings.threads;
  options.context_tokens = context_tokens > 0 ? context_tokens : settings.context_tokens;
  options.kv = kv == model::KvPrecision::kAuto ? server::kv_precision(settings.kv_cache) : kv;
  options.adapter = settings.adapter;
  options.formats = {.fim = settings.fim_format,
                     .next_edit = settings.next_edit_format,
                     .chat = settings.chat_format};
  options.on_progress = [&](float fraction) { line.show(fraction, "loading " + path->string()); };
  auto engine = model::Engine::load(options);
  line.clear();
  if (!engine) return tl::unexpected<assist::Error>(std::move(engine.error()));
  return std::move(*engine);
}

Status check_tokens(const model::Engine& engine, const std::vector<model::TokenId>& ids) {
  const int size = engine.tokenizer().size();
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0 || ids[i] >= size)
      return assist::fail(assist::Errc::kInvalidInput,
                          "token {} (number {} of the list) is outside the vocabulary, 0 to {}",
                          ids[i], i + 1, size - 1);
  return {};
}

int run_logits(const CommonOptions& common, const LogitsOptions& options) {
  // The reference command: keys and values in full precision.
  auto engine = open_engine(common, model::KvPrecision::kF32);
  if (!engine) return report(engine.error());
  const std::vector<model::TokenId> ids(options.tokens.begin(), options.tokens.end());
  if (Status ok = check_tokens(**engine, ids); !ok) return report(ok.error());

  const auto start = std::chrono::steady_clock::now();
  auto logits = (*engine)->logits(ids);
  const double seconds = seconds_since(start);
  if (!logits) return report(logits.error());
  if (Status written = write_floats(options.out, *logits); !written) return report(written.error());

  const int n_vocab = (*engine)->config().n_vocab;
  if (common.json)
    return print(dump({{"n_tokens", ids.size()}, {"n_vocab", n_vocab}, {"seconds", seconds}}) +
                 "\n");
  return print(fmt::format("{}: [{}, {}] float32, {:.3f} s\n", options.out.string(), ids.size(),
                           n_vocab, seconds));
}

int run_generate(const CommonOptions& common, const GenerateOptions& options) {
  const server::Settings settings =
      effective_settings(common, workspace_root(common, std::filesystem::current_path()));
  auto engine = open_engine(common, model::KvPrecision::kAuto);
  if (!engine) return report(engine.error());
  auto request = make_request(**engine, settings, options);
  if (!request) return report(request.error());
  if (Status added = add_guides(options, *request); !added) return report(added.error());
  auto generation = (*engine)->generate(*request, std::stop_token());
  if (!generation) return report(generation.error());
  return print(common.json ? dump(to_json(*generation)) + "\n" : generation->text + "\n");
}

}  // namespace curlew::cli

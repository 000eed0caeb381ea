// The curlew command. This file knows how the command line is written, and nothing else.
#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>

#include "editors/cli/options.h"
#include "editors/cli/report.h"

namespace curlew::cli {
namespace {

// Notes which settings the command line named, so that they win over configuration files.
void add_setting(CLI::App& app, CommonOptions& common, const std::string& flag, auto& field,
                 const std::string& key, const std::string& help) {
  app.add_option(flag, field, help)->each([&common, key](const std::string&) {
    common.settings_keys.push_back(key);
  });
}

void add_common(CLI::App& app, CommonOptions& common) {
  server::Settings& s = common.settings;
  add_setting(app, common, "--model", s.model, "model",
              "a GGUF file, an installed model's name, 'bundled' or 'none'");
  add_setting(app, common, "--device", s.device, "device", "auto, cpu or cuda");
  add_setting(app, common, "--threads", s.threads, "threads", "CPU threads (default: the cores)");
  add_setting(app, common, "--context", s.context_tokens, "context_tokens",
              "tokens of context (default: the model's)");
  add_setting(app, common, "--kv", s.kv_cache, "kv_cache",
              "precision of keys and values: auto, f32, f16, q8_0");
  add_setting(app, common, "--lora", s.adapter, "adapter",
              "a LoRA adapter: a GGUF file or a folder");
  add_setting(app, common, "--seed", s.seed, "seed", "seed of the sampler");
  add_setting(app, common, "--temperature", s.temperature, "temperature", "0 is greedy");
  add_setting(app, common, "--endpoint", s.endpoint, "endpoint",
              "an OpenAI-compatible server instead of the local engine");
  add_setting(app, common, "--endpoint-model", s.endpoint_model, "endpoint_model",
              "which of its models");
  add_setting(app, common, "--log-level", s.log_level, "log_level",
              "of the server, on stderr: error, warn, info or debug");
  app.add_option("--workspace", common.workspace,
                 "the workspace (default: the enclosing repository)");
  app.add_flag("--json", common.json, "print the result as JSON");
  app.add_flag("--standalone", common.standalone, "serve in this process");
}

using Runner = std::function<int(const CommonOptions&)>;

class Commands {
 public:
  explicit Commands(CLI::App& app) : app_(app) {}

  // Adds a sub-command whose options live as long as the process.
  template <class Options>
  CLI::App& add(const std::string& name, const std::string& help, CommonOptions& common,
                int (*run)(const CommonOptions&, const Options&), Options*& options) {
    auto owned = std::make_shared<Options>();
    options = owned.get();
    CLI::App& command = *app_.add_subcommand(name, help);
    add_common(command, common);
    command.callback([this, owned, run] {
      runner_ = [owned, run](const CommonOptions& c) { return run(c, *owned); };
    });
    return command;
  }
  CLI::App& add(const std::string& name, const std::string& help, CommonOptions& common,
                int (*run)(const CommonOptions&)) {
    CLI::App& command = *app_.add_subcommand(name, help);
    add_common(command, common);
    command.callback([this, run] { runner_ = run; });
    return command;
  }
  const Runner& chosen() const { return runner_; }

 private:
  CLI::App& app_;
  Runner runner_;
};

void add_completion_commands(Commands& commands, CommonOptions& common) {
  commands.add("lsp", "the language server, on standard input and output", common, &run_lsp);

  CompleteOptions* complete = nullptr;
  CLI::App& complete_app =
      commands.add("complete", "one completion at FILE:LINE:COL", common, &run_complete, complete);
  complete_app.add_option("place", complete->place, "FILE:LINE:COL, from 1, COL in bytes")
      ->required();
  complete_app.add_option("-n", complete->new_tokens_max, "at most so many tokens")
      ->check(CLI::Range(1, 4096));
  complete_app.add_option("--lines", complete->lines, "one, many or auto")
      ->check(CLI::IsMember({"one", "many", "auto"}));

  ContextOptions* context = nullptr;
  CLI::App& context_app = commands.add("context", "what would be retrieved for FILE:LINE:COL",
                                       common, &run_context, context);
  context_app.add_option("place", context->place, "FILE:LINE:COL")->required();
  context_app.add_option("--limit", context->limit)->check(CLI::Range(1, 1000));
  context_app.add_option("--budget", context->budget_tokens, "tokens")
      ->check(CLI::Range(1, 1 << 20));

  EvaluateOptions* evaluate = nullptr;
  CLI::App& evaluate_app =
      commands.add("evaluate", "measure completions on cases with known answers", common,
                   &run_evaluate, evaluate);
  evaluate_app.add_option("--file", evaluate->file, "CASES.jsonl")->required();
  evaluate_app.add_option("--limit", evaluate->limit, "only the first so many");
  evaluate_app.add_option("--lines", evaluate->lines)->check(CLI::IsMember({"one", "many"}));
  evaluate_app.add_flag("--per-case", evaluate->per_case, "one row of JSON a case as well");

  DemoOptions* demo = nullptr;
  commands.add("demo", "the main job, end to end, on a workspace", common, &run_demo, demo)
      .add_option("places", demo->places, "FILE:LINE:COL to complete at");
}

void add_edit_commands(Commands& commands, CommonOptions& common) {
  EditOptions* edit = nullptr;
  CLI::App& edit_app =
      commands.add("edit", "one edit, asked for in words, as a diff", common, &run_edit, edit);
  edit_app.add_option("place", edit->place, "FILE, FILE:LINE or FILE:FIRST-LAST")->required();
  edit_app.add_option("instruction", edit->instruction, "\"rename A to B\" needs no model")
      ->required();
  edit_app.add_flag("--follow", edit->follow,
                    "with what follows for certain: other uses, calls, declarations, imports");
  edit_app.add_flag("--apply", edit->apply, "write it, unless the file's check complains");
  edit_app.add_option("--attempts", edit->attempts)->check(CLI::Range(1, 20));
  edit_app.add_option("--time", edit->seconds, "seconds for all of it")
      ->check(CLI::Range(1, 86400));

  RepairOptions* repair = nullptr;
  CLI::App& repair_app = commands.add(
      "repair", "run a command in a sandbox, repair until it passes", common, &run_repair, repair);
  repair_app.add_option("command", repair->command, "-- COMMAND and its arguments")
      ->required()
      ->expected(-1);
  repair_app.add_flag("--apply", repair->apply, "write a verified repair into the workspace");
  repair_app.add_option("--rounds", repair->rounds)->check(CLI::Range(1, 20));
  repair_app
      .add_option("--jobs", repair->jobs,
                  "runs of the command at once (otherwise half of the processors, 4 at most)")
      ->check(CLI::Range(1, 64));
  repair_app
      .add_option("--files", repair->files, "only what this glob fits may be changed; repeatable")
      ->allow_extra_args(false);
  repair_app.add_flag("--tests", repair->tests, "tests may be changed, too");
  repair_app.add_flag("--without-sandbox", repair->without_sandbox,
                      "run this command with nothing kept from it (on a copy of the workspace)");
  repair_app.add_flag(
      "--script-variants", repair->script_variants,
      "an experiment: changes of JavaScript and TypeScript stand beside each other in one program");
  repair_app.add_flag("--list", repair->list, "show what would be tried, in order; try nothing");
  repair_app.add_option("--time", repair->seconds, "seconds for all of it")
      ->check(CLI::Range(1, 86400));
  repair_app.add_option("--command-time", repair->command_seconds, "seconds for one run")
      ->check(CLI::Range(1, 86400));
}

void add_trust_command(Commands& commands, CommonOptions& common) {
  TrustOptions* trust = nullptr;
  CLI::App& app = commands.add("trust", "allow a workspace's commands to be run, to check repairs",
                               common, &run_trust, trust);
  app.add_option("folder", trust->folder, "default: the workspace");
  auto* remove = app.add_flag("--remove", trust->remove, "do not allow it any more");
  app.add_flag("--list", trust->list, "the folders that are trusted")->excludes(remove);
}

void add_index_commands(Commands& commands, CommonOptions& common) {
  IndexCommandOptions* index = nullptr;
  commands.add("index", "build or update the index", common, &run_index, index)
      .add_option("folder", index->folder);

  SearchOptions* search = nullptr;
  CLI::App& search_app =
      commands.add("search", "search the workspace", common, &run_search, search);
  search_app.add_option("query", search->query)->required();
  search_app.add_option("--limit", search->limit)->check(CLI::Range(1, 100000));
  auto* kind = search_app.add_option("--kind", search->kinds, "symbol, text")
                   ->delimiter(',')
                   ->check(CLI::IsMember({"symbol", "text"}));
  search_app.add_flag("--regex", search->regex, "the query is a regular expression (PCRE2)")
      ->excludes(kind);

  SymbolsOptions* symbols = nullptr;
  commands.add("symbols", "definitions and references of a file", common, &run_symbols, symbols)
      .add_option("file", symbols->file)
      ->required();
}

void add_token_commands(Commands& commands, CommonOptions& common) {
  TokenizeOptions* tokenize = nullptr;
  CLI::App& tokenize_app = commands.add("tokenize", "text on standard input to token ids", common,
                                        &run_tokenize, tokenize);
  tokenize_app.add_flag("--jsonl", tokenize->jsonl, "a JSON object a line in, and out");
  tokenize_app.add_flag("--add-special", tokenize->add_special);
  tokenize_app.add_flag("--parse-special", tokenize->parse_special);

  DetokenizeOptions* detokenize = nullptr;
  CLI::App& detokenize_app = commands.add("detokenize", "token ids on standard input to text",
                                          common, &run_detokenize, detokenize);
  detokenize_app.add_flag("--jsonl", detokenize->jsonl);
  detokenize_app.add_flag("--show-special", detokenize->show_special, "spell control tokens out");
}

void add_engine_commands(Commands& commands, CommonOptions& common) {
  LogitsOptions* logits = nullptr;
  CLI::App& logits_app = commands.add("logits", "raw forward pass", common, &run_logits, logits);
  logits_app.add_option("--tokens", logits->tokens)->delimiter(',')->required();
  logits_app.add_option("--out", logits->out, "float32 little-endian [n_tokens, n_vocab]")
      ->required();

  GenerateOptions* generate = nullptr;
  CLI::App& generate_app =
      commands.add("generate", "plain generation", common, &run_generate, generate);
  auto* file = generate_app.add_option("--prompt-file", generate->prompt_file);
  auto* tokens = generate_app.add_option("--tokens", generate->tokens)->delimiter(',');
  file->excludes(tokens);
  generate_app.add_option("-n", generate->new_tokens_max)->check(CLI::Range(1, 1 << 20));
  generate_app.add_option("--stop", generate->stop, "stop strings");
  generate_app.add_flag("--ignore-eos", generate->ignore_end, "go on past end-of-text tokens");
  generate_app.add_flag("--parse-special", generate->parse_special,
                        "control tokens in the prompt file count as such");
  auto* schema = generate_app.add_option("--json-schema", generate->json_schema,
                                         "a file: the text is JSON of this schema");
  auto* regex = generate_app.add_option("--regex", generate->regex, "the text matches it");
  auto* edit_of = generate_app.add_option("--edit-of", generate->edit_of,
                                          "a file: the text is search and replace blocks for it");
  schema->excludes(regex)->excludes(edit_of);
  regex->excludes(edit_of);
  generate_app.add_option("--copy-from", generate->copy_from,
                          "files that the text is likely to copy: drafts come from there first");
  generate_app.add_flag("--no-drafts", generate->no_drafts, "one token a step");
  generate_app.add_flag("--copy-mix", generate->copy_mix,
                        "the prompt and --copy-from have a say in every token");

  BenchOptions* bench = nullptr;
  CLI::App& bench_app = commands.add("bench", "speed of the engine", common, &run_bench, bench);
  bench_app.add_option("-p", bench->prompt, "prompt lengths")->delimiter(',');
  bench_app.add_option("-n", bench->generate, "tokens to generate")->delimiter(',');
  bench_app.add_option("-d", bench->depth, "depths")->delimiter(',');
  bench_app.add_option("-r", bench->repetitions)->check(CLI::Range(1, 1000));

  commands.add("doctor", "what works on this machine", common, &run_doctor);
}

void add_model_commands(Commands& commands, CommonOptions& common) {
  ModelsOptions* models = nullptr;
  CLI::App& app = commands.add("models", "models at hand", common, &run_models, models);
  app.require_subcommand(0, 1);
  using Action = ModelsOptions::Action;
  const auto action = [&](const char* name, const char* help, Action value) -> CLI::App& {
    CLI::App& sub = *app.add_subcommand(name, help);
    sub.add_flag("--json", common.json);
    sub.preparse_callback([models, value](std::size_t) { models->action = value; });
    return sub;
  };
  action("list", "the models that can be named", Action::kList);
  action("info", "what a model file is", Action::kInfo)
      .add_option("file", models->file)
      ->required();
  CLI::App& add = action("add", "give a model file a name", Action::kAdd);
  add.add_option("file", models->file)->required();
  add.add_option("name", models->name)->required();
  action("default", "use this model from now on", Action::kDefault)
      .add_option("name", models->name)
      ->required();
}

void add_weight_commands(Commands& commands, CommonOptions& common) {
  QuantizeOptions* quantize = nullptr;
  CLI::App& quantize_app = commands.add("quantize", "write a model in another weight type", common,
                                        &run_quantize, quantize);
  quantize_app.add_option("in", quantize->in, "a GGUF file or a Hugging Face folder")->required();
  quantize_app.add_option("out", quantize->out, "the GGUF file to write")->required();
  quantize_app.add_option("type", quantize->type, "Q8_0, Q4_K_M, ...")->required();
  quantize_app.add_flag("--force", quantize->force, "replace OUT where it exists");
  quantize_app.add_flag("--allow-requantize", quantize->allow_requantize,
                        "round weights that are quantised already once more");

  PerplexityOptions* perplexity = nullptr;
  CLI::App& perplexity_app = commands.add("perplexity", "how well a model predicts a text", common,
                                          &run_perplexity, perplexity);
  perplexity_app.add_option("--file", perplexity->files, "a text; several may be named")
      ->required();
  perplexity_app.add_option("--against", perplexity->against,
                            "compare with the distributions of this model");
}

int run(int argc, char** argv) {
  CLI::App app("Curlew: a code assistant that runs wholly on your own machine", "curlew");
  app.set_version_flag("--version", "curlew 0.1.0");
  app.require_subcommand(1);
  CommonOptions common;
  Commands commands(app);
  add_completion_commands(commands, common);
  add_edit_commands(commands, common);
  add_trust_command(commands, common);
  add_index_commands(commands, common);
  add_token_commands(commands, common);
  add_engine_commands(commands, common);
  add_weight_commands(commands, common);
  add_model_commands(commands, common);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return report_error(error.what());
  }
  return commands.chosen()(common);
}

}  // namespace
}  // namespace curlew::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error value, not a death
  return curlew::cli::run(argc, argv);
}

// What the command line can say, as plain structs. main.cpp alone knows how it is parsed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lsp/server/server.h"

namespace curlew::cli {

struct CommonOptions {
  server::Settings settings;               // model, device, threads, endpoint, seed, temperature
  std::vector<std::string> settings_keys;  // names of those that the command line set
  std::optional<std::filesystem::path> workspace;
  bool json = false;
  bool standalone =
      false;  // accepted everywhere; every command serves itself until there is a daemon
};

struct CompleteOptions {
  std::string place;  // FILE:LINE:COL, from 1, COL in bytes
  int new_tokens_max = 0;
  std::string lines = "auto";
};

struct ContextOptions {
  std::string place;
  int limit = 12;
  int budget_tokens = 1500;
};

struct IndexCommandOptions {
  std::filesystem::path folder;
};

struct SearchOptions {
  std::string query;
  int limit = 20;
  std::vector<std::string> kinds;  // "symbol", "text"; empty: both
  bool regex = false;              // the query is a regular expression over texts
};

struct SymbolsOptions {
  std::filesystem::path file;
};

struct TokenizeOptions {
  bool jsonl = false, add_special = false, parse_special = false;
};

struct DetokenizeOptions {
  bool jsonl = false, show_special = false;
};

struct LogitsOptions {
  std::vector<int> tokens;
  std::filesystem::path out;
};

struct GenerateOptions {
  std::filesystem::path prompt_file;  // "-" is standard input
  std::vector<int> tokens;
  int new_tokens_max = 64;
  std::vector<std::string> stop;
  bool ignore_end = false, parse_special = false;
  // What the text must be: at most one of these.
  std::filesystem::path json_schema, edit_of;
  std::string regex;
  std::vector<std::filesystem::path> copy_from;  // texts the answer is likely to copy
  bool no_drafts = false, copy_mix = false;
};

struct BenchOptions {
  std::vector<int> prompt{512}, generate{128}, depth{0};
  int repetitions = 3;
};

struct EvaluateOptions {
  std::filesystem::path file;
  int limit = 0;
  std::string lines = "one";
  bool per_case = false;
};

struct QuantizeOptions {
  std::string in;  // a file, a folder, or an installed model's name
  std::filesystem::path out;
  std::string type;
  bool force = false, allow_requantize = false;
};

struct PerplexityOptions {
  std::vector<std::filesystem::path> files;
  std::string against;  // a model, or empty
};

struct ModelsOptions {
  enum class Action { kList, kInfo, kAdd, kDefault } action = Action::kList;
  std::string file, name;
};

struct RepairOptions {
  std::vector<std::string> command;  // and its arguments
  std::vector<std::string> files;    // globs of what may be changed; empty: anything but tests
  int rounds = 3;
  int jobs = 0;              // runs at once; 0: as many as the machine takes
  int seconds = 120;         // for all of it
  int command_seconds = 60;  // for one run
  bool apply = false;
  bool tests = false;  // tests may be changed, too
  bool without_sandbox = false;
  bool script_variants = false;
  bool list = false;  // what would be tried; nothing is
};

struct EditOptions {
  std::string place;  // FILE, FILE:LINE or FILE:FIRST-LAST
  std::string instruction;
  int attempts = 3;
  int seconds = 120;
  bool follow = false, apply = false;
};

struct TrustOptions {
  std::filesystem::path folder;  // "": the workspace
  bool remove = false, list = false;
};

struct DemoOptions {
  std::vector<std::string> places;  // empty: three places of Curlew's own source
};

// Each returns the process's exit code (exit_code.h). Results go to stdout, everything else to
// stderr.
int run_lsp(const CommonOptions& common);
int run_complete(const CommonOptions& common, const CompleteOptions& options);
int run_context(const CommonOptions& common, const ContextOptions& options);
int run_index(const CommonOptions& common, const IndexCommandOptions& options);
int run_search(const CommonOptions& common, const SearchOptions& options);
int run_symbols(const CommonOptions& common, const SymbolsOptions& options);
int run_tokenize(const CommonOptions& common, const TokenizeOptions& options);
int run_detokenize(const CommonOptions& common, const DetokenizeOptions& options);
int run_logits(const CommonOptions& common, const LogitsOptions& options);
int run_generate(const CommonOptions& common, const GenerateOptions& options);
int run_bench(const CommonOptions& common, const BenchOptions& options);
int run_evaluate(const CommonOptions& common, const EvaluateOptions& options);
int run_quantize(const CommonOptions& common, const QuantizeOptions& options);
int run_perplexity(const CommonOptions& common, const PerplexityOptions& options);
int run_models(const CommonOptions& common, const ModelsOptions& options);
int run_repair(const CommonOptions& common, const RepairOptions& options);
int run_edit(const CommonOptions& common, const EditOptions& options);
int run_trust(const CommonOptions& common, const TrustOptions& options);
int run_doctor(const CommonOptions& common);
int run_demo(const CommonOptions& common, const DemoOptions& options);

}  // namespace curlew::cli

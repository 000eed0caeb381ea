// curlew tokenize, detokenize: a model file's tokenizer on standard input. Only metadata is read,
// so a file without weights will do.
#include <fmt/ranges.h>

#include <charconv>
#include <iostream>
#include <iterator>

#include "editors/cli/base64.h"
#include "editors/cli/json_output.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"
#include "model/files/model_file.h"
#include "model/text/tokenizer.h"

namespace curlew::cli {
namespace {

using model::TokenId;

// The tokenizer keeps no view of the file after construction, but its loader needs the mapping
// meanwhile.
model::Expected<std::unique_ptr<const model::Tokenizer>> open_tokenizer(
    const CommonOptions& common) {
  const server::Settings settings =
      effective_settings(common, workspace_root(common, std::filesystem::current_path()));
  auto path = server::find_model(settings.model);
  if (!path) return std::move(path.error()).pass();
  auto file = model::ModelFile::open(*path);
  if (!file) return std::move(file.error()).pass();
  return model::load_tokenizer(*file);
}

std::string read_standard_input() {
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

std::string input_error(std::size_t line_number, std::string_view expected) {
  return fmt::format("standard input, line {}: expected {}", line_number, expected);
}

// {"text": ...} or {"bytes_b64": ...}, with optional add_special and parse_special.
struct TokenizeLine {
  std::string bytes;
  model::EncodeOptions encode;
};
std::optional<TokenizeLine> parse_tokenize_line(const std::string& line,
                                                model::EncodeOptions defaults) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  TokenizeLine out{.bytes = {}, .encode = defaults};
  if (const auto text = json.find("text"); text != json.end() && text->is_string()) {
    out.bytes = text->get<std::string>();
  } else if (const auto b64 = json.find("bytes_b64"); b64 != json.end() && b64->is_string()) {
    std::optional<std::string> bytes = base64_decode(b64->get<std::string>());
    if (!bytes) return std::nullopt;
    out.bytes = std::move(*bytes);
  } else {
    return std::nullopt;
  }
  for (const auto& [key, flag] : {std::pair("add_special", &out.encode.add_special),
                                  std::pair("parse_special", &out.encode.parse_special)}) {
    const auto value = json.find(key);
    if (value == json.end()) continue;
    if (!value->is_boolean()) return std::nullopt;
    *flag = value->get<bool>();
  }
  return out;
}

std::optional<std::vector<TokenId>> parse_ids(const Json& json) {
  const auto ids = json.is_object() ? json.find("ids") : json.end();
  if (!json.is_object() || ids == json.end() || !ids->is_array()) return std::nullopt;
  std::vector<TokenId> out;
  for (const Json& id : *ids) {
    if (!id.is_number_integer()) return std::nullopt;
    out.push_back(id.get<TokenId>());
  }
  return out;
}

// Ids separated by blanks or commas.
std::optional<std::vector<TokenId>> parse_id_list(std::string_view text) {
  std::vector<TokenId> out;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(", \t\r\n", at)) != std::string_view::npos) {
    TokenId id = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), id);
    if (error != std::errc()) return std::nullopt;
    out.push_back(id);
    at = static_cast<std::size_t>(end - text.data());
  }
  return out;
}

int tokenize_lines(const model::Tokenizer& tokenizer, model::EncodeOptions defaults) {
  std::string line, out;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.empty()) continue;
    const auto parsed = parse_tokenize_line(line, defaults);
    if (!parsed)
      return report_error(input_error(number, R"({"text": string} or {"bytes_b64": base64})"));
    out += dump({{"ids", tokenizer.encode(parsed->bytes, parsed->encode)}}) + "\n";
  }
  return print(out);
}

int detokenize_lines(const model::Tokenizer& tokenizer, bool show_special) {
  std::string line, out;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.empty()) continue;
    const auto ids = parse_ids(Json::parse(line, nullptr, /*allow_exceptions=*/false));
    if (!ids) return report_error(input_error(number, R"({"ids": [integers]})"));
    out += dump({{"bytes_b64", base64_encode(tokenizer.decode(*ids, show_special))}}) + "\n";
  }
  return print(out);
}

}  // namespace

int run_tokenize(const CommonOptions& common, const TokenizeOptions& options) {
  auto tokenizer = open_tokenizer(common);
  if (!tokenizer) return report(tokenizer.error());
  const model::EncodeOptions encode{.add_special = options.add_special,
                                    .parse_special = options.parse_special};
  if (options.jsonl) return tokenize_lines(**tokenizer, encode);
  const std::vector<TokenId> ids = (*tokenizer)->encode(read_standard_input(), encode);
  if (common.json) return print(dump({{"ids", ids}}) + "\n");
  return print(fmt::format("{}\n", fmt::join(ids, " ")));
}

int run_detokenize(const CommonOptions& common, const DetokenizeOptions& options) {
  auto tokenizer = open_tokenizer(common);
  if (!tokenizer) return report(tokenizer.error());
  if (options.jsonl) return detokenize_lines(**tokenizer, options.show_special);
  const auto ids = parse_id_list(read_standard_input());
  if (!ids)
    return report_error("standard input: expected token ids, separated by blanks or commas");
  return print((*tokenizer)->decode(*ids, options.show_special));
}

}  // namespace curlew::cli

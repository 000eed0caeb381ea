#include "model/files/hf_tokenizer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "model/files/hf_vocabulary.h"

namespace curlew::model {
namespace {

using nlohmann::json;

constexpr const char* kTokenizerJson = "tokenizer.json";
constexpr const char* kTokenizerModel = "tokenizer.model";
constexpr const char* kTokenizerConfig = "tokenizer_config.json";

std::string key(std::string_view name) {
  return fmt::format("tokenizer.ggml.{}", name);
}

// A special token is written as its spelling, or as an object with that as its content.
std::string spelling_of(const json* token) {
  if (token != nullptr && token->is_object()) {
    const auto it = token->find("content");
    token = it != token->end() ? &*it : nullptr;
  }
  return token != nullptr && token->is_string() ? token->get<std::string>() : "";
}

class TokenizerTranslation {
 public:
  TokenizerTranslation(HfFolder& folder, const JsonObject& config, GgufImage& image)
      : folder_(folder), config_(config), image_(image) {}
  Status run(std::int64_t rows);

 private:
  Status read_files();
  Status read_vocabulary();
  Expected<HfVocabulary> from_model();
  Status add_later_tokens();
  Status find_special();
  Status find_endings();
  Expected<std::int64_t> id_of(const char* role, const char* config_key) const;
  Status set_id(std::string_view name, std::int64_t id);
  Status set_flags();
  void fill_up(std::int64_t rows);
  void set_vocabulary();
  void set_chat_template();

  HfFolder& folder_;
  const JsonObject& config_;
  GgufImage& image_;
  HfVocabulary vocabulary_;
  json settings_, special_map_, generation_;  // null where the folder has no such file
};

Status TokenizerTranslation::read_files() {
  const std::pair<const char*, json*> files[] = {{kTokenizerConfig, &settings_},
                                                 {"special_tokens_map.json", &special_map_},
                                                 {"generation_config.json", &generation_}};
  for (const auto& [file, into] : files) {
    Expected<json> root = folder_.json_if_there(file, kHfTokenizerBytesMax);
    if (!root) return std::move(root.error()).pass();
    *into = std::move(*root);
  }
  return {};
}

Expected<HfVocabulary> TokenizerTranslation::from_model() {
  const auto bytes = folder_.bytes(kTokenizerModel, kHfTokenizerBytesMax);
  if (!bytes) return Error(bytes.error()).pass();
  const std::string file = folder_.name_of(kTokenizerModel);
  const Expected<SentencePieceProto> proto = parse_sentencepiece_proto(*bytes, file);
  if (!proto) return Error(proto.error()).pass();
  Expected<HfVocabulary> made = read_tokenizer_model(*proto, file);
  const std::pair<const char*, std::int64_t> ids[] = {{"bos_token_id", proto->bos},
                                                      {"eos_token_id", proto->eos},
                                                      {"unknown_token_id", proto->unk},
                                                      {"padding_token_id", proto->pad}};
  for (const auto& [name, id] : ids) {
    if (id >= 0 && id < static_cast<std::int64_t>(proto->pieces.size())) image_.set(key(name), id);
  }
  return made;
}

Status TokenizerTranslation::read_vocabulary() {
  const bool has_json = folder_.has(kTokenizerJson), has_model = folder_.has(kTokenizerModel);
  if (!has_json && !has_model)
    return fail(Errc::kNotFound, "{}: no {} and no {}", folder_.name_of("."), kTokenizerJson,
                kTokenizerModel);
  Expected<HfVocabulary> made = HfVocabulary{};
  if (has_json) {
    const Expected<json> root = folder_.json(kTokenizerJson, kHfTokenizerBytesMax);
    if (!root) return Error(root.error()).pass();
    made = read_tokenizer_json(JsonObject(*root, folder_.name_of(kTokenizerJson)));
  }
  const bool prefers_model =
      has_model && (!has_json || (made && made->kind == HfVocabulary::Kind::kSentencePiece));
  if (made && prefers_model) {
    Expected<HfVocabulary> pieces = from_model();
    if (!pieces) return std::move(pieces.error()).pass();
    pieces->adds_bos = made->adds_bos;
    for (std::size_t id = 0; id < made->tokens.size(); ++id) {
      const HfVocabulary::Token& token = made->tokens[id];
      if (token.type != kHfControl && token.type != kHfUserDefined) continue;
      if (Status s = pieces->add(static_cast<std::int64_t>(id), token.spelling,
                                 token.type == kHfControl, folder_.name_of(kTokenizerJson));
          !s)
        return s;
    }
    made = std::move(pieces);
  }
  if (!made) return std::move(made.error()).pass();
  vocabulary_ = std::move(*made);
  return add_later_tokens();
}

// Tokens that only the settings name: {"32000": {"content": ..., "special": ...}}.
Status TokenizerTranslation::add_later_tokens() {
  const std::string file = folder_.name_of(kTokenizerConfig);
  const JsonObject settings(settings_, file);
  const json* added = settings.find("added_tokens_decoder");
  if (added == nullptr || !added->is_object()) return {};
  for (const auto& [number, entry] : added->items()) {
    std::int64_t id = -1;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), id);
    if (error != std::errc() || end != number.data() + number.size())
      return fail(Errc::kCorrupt, "{}: added_tokens_decoder: \"{}\" is no id", file, number);
    const Expected<bool> special = JsonObject(entry, file).boolean("special", false);
    if (!special) return Error(special.error()).pass();
    if (Status s = vocabulary_.add(id, spelling_of(&entry), *special, file); !s) return s;
  }
  return {};
}

// The id of "bos_token" and the like; -1 where no file names it.
Expected<std::int64_t> TokenizerTranslation::id_of(const char* role, const char* config_key) const {
  for (const json* source : {&settings_, &special_map_}) {
    const std::string spelling = spelling_of(JsonObject(*source, "").find(role));
    if (spelling.empty()) continue;
    if (const std::optional<std::int64_t> id = vocabulary_.find(spelling)) return *id;
    return fail(Errc::kCorrupt, "{}: {} is \"{}\", which the vocabulary does not have",
                folder_.name_of(kTokenizerConfig), role, spelling);
  }
  const json* id = config_.find(config_key);
  if (id != nullptr && id->is_array() && !id->empty()) id = &id->front();
  if (id == nullptr || !id->is_number_integer()) return -1;
  return id->get<std::int64_t>();
}

Status TokenizerTranslation::set_id(std::string_view name, std::int64_t id) {
  if (id >= static_cast<std::int64_t>(vocabulary_.tokens.size()) || id < 0)
    return fail(Errc::kCorrupt, "{}: {} is {}, but the vocabulary has {} tokens",
                folder_.name_of("."), name, id, vocabulary_.tokens.size());
  image_.set(key(name), id);
  return {};
}

Status TokenizerTranslation::find_special() {
  const std::array<const char*, 3> roles[] = {{"bos_token", "bos_token_id", "bos_token_id"},
                                              {"eos_token", "eos_token_id", "eos_token_id"},
                                              {"unk_token", "", "unknown_token_id"},
                                              {"pad_token", "pad_token_id", "padding_token_id"}};
  for (const auto& [role, config_key, name] : roles) {
    const Expected<std::int64_t> id = id_of(role, config_key);
    if (!id) return Error(id.error()).pass();
    if (*id == -1) continue;
    if (Status s = set_id(name, *id); !s) return s;
  }
  return find_endings();
}

// Where a generation may end in several ways, the others are end of turn and end of message.
Status TokenizerTranslation::find_endings() {
  const json* listed = JsonObject(generation_, "").find("eos_token_id");
  if (listed == nullptr || !listed->is_array()) return {};
  const MetadataValue* eos = image_.find(key("eos_token_id"));
  std::vector<std::int64_t> others;
  for (const json& id : *listed) {
    if (!id.is_number_integer()) continue;
    const auto number = id.get<std::int64_t>();
    if (eos == nullptr || std::get<std::int64_t>(*eos) != number) others.push_back(number);
  }
  if (!others.empty())
    if (Status s = set_id("eot_token_id", others.back()); !s) return s;
  return others.size() > 1 ? set_id("eom_token_id", others.front()) : Status{};
}

Status TokenizerTranslation::set_flags() {
  const JsonObject settings(settings_, folder_.name_of(kTokenizerConfig));
  const bool sentencepiece = vocabulary_.kind == HfVocabulary::Kind::kSentencePiece;
  // SentencePiece tokenizers begin texts unless told otherwise, byte-level ones do not.
  const Expected<bool> bos =
      settings.boolean("add_bos_token", vocabulary_.adds_bos.value_or(sentencepiece));
  const Expected<bool> eos = settings.boolean("add_eos_token", false);
  if (!bos) return Error(bos.error()).pass();
  if (!eos) return Error(eos.error()).pass();
  image_.set(key("add_bos_token"), *bos);
  image_.set(key("add_eos_token"), *eos);
  if (!sentencepiece) return {};
  const Expected<bool> space =
      settings.boolean("add_prefix_space", vocabulary_.adds_space.value_or(true));
  if (!space) return Error(space.error()).pass();
  image_.set(key("add_space_prefix"), *space);
  return {};
}

void TokenizerTranslation::fill_up(std::int64_t rows) {
  const std::size_t wanted =
      static_cast<std::size_t>(std::clamp<std::int64_t>(rows, 0, kHfTokensMax));
  if (vocabulary_.tokens.size() < wanted) vocabulary_.tokens.resize(wanted);
  for (std::size_t id = 0; id < vocabulary_.tokens.size(); ++id) {
    HfVocabulary::Token& token = vocabulary_.tokens[id];
    if (token.type == kHfUnused && token.spelling.empty())
      token = {fmt::format("[PAD{}]", id), kHfUnused, -1000};
  }
}

void TokenizerTranslation::set_vocabulary() {
  const bool sentencepiece = vocabulary_.kind == HfVocabulary::Kind::kSentencePiece;
  std::vector<std::string_view> spellings, merges, expressions;
  std::vector<std::int64_t> types;
  std::vector<double> scores;
  for (HfVocabulary::Token& token : vocabulary_.tokens) {
    spellings.push_back(image_.keep(std::move(token.spelling)));
    types.push_back(token.type);
    scores.push_back(token.score);
  }
  for (std::string& merge : vocabulary_.merges) merges.push_back(image_.keep(std::move(merge)));
  for (std::string& text : vocabulary_.expressions)
    expressions.push_back(image_.keep(std::move(text)));
  image_.set_text(key("model"), sentencepiece ? "llama" : "gpt2");
  image_.set(key("tokens"), MetadataArray(std::move(spellings)));
  image_.set(key("token_type"), MetadataArray(std::move(types)));
  if (!merges.empty() || !sentencepiece)
    image_.set(key("merges"), MetadataArray(std::move(merges)));
  if (sentencepiece) return image_.set(key("scores"), MetadataArray(std::move(scores)));
  image_.set_text(key("pre"), std::move(vocabulary_.pre));
  image_.set("curlew.tokenizer.whole_words", vocabulary_.takes_whole_words);
  if (!expressions.empty())
    image_.set("curlew.tokenizer.expressions", MetadataArray(std::move(expressions)));
}

void TokenizerTranslation::set_chat_template() {
  constexpr const char* kJinja = "chat_template.jinja";
  const std::string base = "tokenizer.chat_template";
  const json* chat = JsonObject(settings_, "").find("chat_template");
  if (chat != nullptr && chat->is_string()) image_.set_text(base, chat->get<std::string>());
  for (std::size_t i = 0; chat != nullptr && chat->is_array() && i < chat->size(); ++i) {
    const JsonObject variant((*chat)[i], "");
    const std::string name = variant.string("name", "").value_or("");
    const std::string text = variant.string("template", "").value_or("");
    if (!name.empty()) image_.set_text(name == "default" ? base : base + "." + name, text);
  }
  if (!folder_.has(kJinja)) return;
  const auto text = folder_.bytes(kJinja, kHfConfigBytesMax);
  if (!text) return;
  image_.set_text(base, std::string(reinterpret_cast<const char*>(text->data()), text->size()));
}

Status TokenizerTranslation::run(std::int64_t rows) {
  if (Status s = read_files(); !s) return s;
  if (Status s = read_vocabulary(); !s) return s;
  if (Status s = find_special(); !s) return s;
  if (Status s = set_flags(); !s) return s;
  set_chat_template();
  fill_up(rows);
  set_vocabulary();
  return {};
}

}  // namespace

Status translate_tokenizer(HfFolder& folder, const JsonObject& config, std::int64_t rows,
                           GgufImage& image) {
  return TokenizerTranslation(folder, config, image).run(rows);
}

}  // namespace curlew::model

#include "model/files/hf_vocabulary.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "model/files/hf_pretokenizer.h"

namespace curlew::model {
namespace {

using nlohmann::json;

constexpr std::string_view kSpaceMark = "▁";
constexpr double kAddedScore = -1000;  // below every piece's own, as converters write it

bool is_byte_spelling(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  return text.size() == 6 && text.starts_with("<0x") && text[5] == '>' && is_hex(text[3]) &&
         is_hex(text[4]);
}

// The type of a step, "" for none.
std::string type_of(const json* step) {
  if (step == nullptr || !step->is_object()) return "";
  const auto it = step->find("type");
  return it != step->end() && it->is_string() ? it->get<std::string>() : "";
}

// The steps of a Sequence under `list`, or the one step.
std::vector<const json*> steps_of(const json* step, const char* list) {
  std::vector<const json*> steps;
  if (step == nullptr) return steps;
  if (type_of(step) != "Sequence") return {step};
  const auto it = step->find(list);
  if (it == step->end() || !it->is_array()) return steps;
  for (const json& part : *it) steps.push_back(&part);
  return steps;
}

class JsonVocabulary {
 public:
  explicit JsonVocabulary(const JsonObject& root)
      : root_(root), model_(root.object("model")), file_(root.file()) {}
  Expected<HfVocabulary> read();

 private:
  Status find_kind();
  Status read_vocab();
  Status read_merges();
  Status read_added();
  Status read_normalizer();
  Status read_metaspace();
  Status read_words();
  void find_bos();
  bool has_step(const char* key, const char* list, std::string_view type) const;

  const JsonObject& root_;
  JsonObject model_;
  std::string file_;
  HfVocabulary out_;
};

bool JsonVocabulary::has_step(const char* key, const char* list, std::string_view type) const {
  return std::ranges::any_of(steps_of(root_.find(key), list),
                             [&](const json* step) { return type_of(step) == type; });
}

Status JsonVocabulary::find_kind() {
  const Expected<std::string> type = model_.string("type", model_.has("merges") ? "BPE" : "");
  if (!type) return Error(type.error()).pass();
  if (*type != "BPE")
    return fail(Errc::kUnsupported, "{}: a tokenizer of type \"{}\"; known is BPE", file_, *type);
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const Expected<std::string> text = model_.string(affix, "");
    if (!text || !text->empty())
      return fail(Errc::kUnsupported, "{}: model.{} is not run", file_, affix);
  }
  const bool bytes = has_step("pre_tokenizer", "pretokenizers", "ByteLevel") ||
                     has_step("decoder", "decoders", "ByteLevel");
  const Expected<bool> fallback = model_.boolean("byte_fallback", false);
  if (!fallback) return Error(fallback.error()).pass();
  if (!bytes && !*fallback)
    return fail(Errc::kUnsupported,
                "{}: neither byte-level (ByteLevel) nor with byte_fallback: bytes could be lost",
                file_);
  out_.kind = bytes ? HfVocabulary::Kind::kByteLevel : HfVocabulary::Kind::kSentencePiece;
  return {};
}

Status JsonVocabulary::read_vocab() {
  const json* vocab = model_.find("vocab");
  if (vocab == nullptr || !vocab->is_object())
    return fail(Errc::kCorrupt, "{}: model.vocab (an object) is missing", file_);
  const bool sentencepiece = out_.kind == HfVocabulary::Kind::kSentencePiece;
  const Expected<std::string> unknown = model_.string("unk_token", "");
  if (!unknown) return Error(unknown.error()).pass();
  for (const auto& [spelling, id] : vocab->items()) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kHfTokensMax)
      return fail(Errc::kCorrupt, "{}: model.vocab: the id of \"{}\" is none from 0 to {}", file_,
                  spelling, kHfTokensMax - 1);
    Expected<HfVocabulary::Token*> token = out_.slot(id.get<std::int64_t>(), file_);
    if (!token) return std::move(token.error()).pass();
    if ((*token)->type != kHfUnused)
      return fail(Errc::kCorrupt, "{}: model.vocab: \"{}\" and \"{}\" both have id {}", file_,
                  (*token)->spelling, spelling, id.get<std::int64_t>());
    const bool byte = sentencepiece && is_byte_spelling(spelling);
    const bool is_unknown = sentencepiece && spelling == *unknown;
    **token = {spelling, byte ? kHfByte : is_unknown ? kHfUnknown : kHfNormal, 0};
  }
  return {};
}

Status JsonVocabulary::read_merges() {
  const json* merges = model_.find("merges");
  if (merges == nullptr || !merges->is_array())
    return fail(Errc::kCorrupt, "{}: model.merges (a list) is missing", file_);
  out_.merges.reserve(merges->size());
  for (const json& merge : *merges) {
    const bool pair =
        merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
    if (!pair && !merge.is_string())
      return fail(Errc::kCorrupt, "{}: model.merges[{}] is neither \"a b\" nor [\"a\", \"b\"]",
                  file_, out_.merges.size());
    out_.merges.push_back(pair ? merge[0].get<std::string>() + " " + merge[1].get<std::string>()
                               : merge.get<std::string>());
  }
  return {};
}

Status JsonVocabulary::read_added() {
  const json* added = root_.find("added_tokens");
  if (added == nullptr) return {};
  if (!added->is_array()) return fail(Errc::kCorrupt, "{}: added_tokens should be a list", file_);
  for (const json& entry : *added) {
    const JsonObject token(entry, file_);
    const Expected<std::int64_t> id = token.integer("id");
    Expected<std::string> content = token.string("content", "");
    const Expected<bool> special = token.boolean("special", false);
    if (!id) return Error(id.error()).during("added_tokens");
    if (!content) return std::move(content.error()).during("added_tokens");
    if (!special) return Error(special.error()).during("added_tokens");
    if (Status s = out_.add(*id, std::move(*content), *special, file_); !s) return s;
  }
  return {};
}

// NFC alone is let pass; what makes "▁" of spaces is what the encoder does.
Status JsonVocabulary::read_normalizer() {
  const bool sentencepiece = out_.kind == HfVocabulary::Kind::kSentencePiece;
  for (const json* step : steps_of(root_.find("normalizer"), "normalizers")) {
    const std::string type = type_of(step);
    const JsonObject fields(*step, file_);
    if (type == "NFC" && !sentencepiece) continue;
    if (type == "Prepend" && sentencepiece &&
        fields.string("prepend", "").value_or("") == kSpaceMark) {
      out_.adds_space = true;
      continue;
    }
    const bool spaces = type == "Replace" && sentencepiece &&
                        fields.object("pattern").string("String", "").value_or("") == " " &&
                        fields.string("content", "").value_or("") == kSpaceMark;
    if (!spaces)
      return fail(Errc::kUnsupported, "{}: a normalizer of type \"{}\" is not run", file_, type);
  }
  return {};
}

Status JsonVocabulary::read_metaspace() {
  for (const json* step : steps_of(root_.find("pre_tokenizer"), "pretokenizers")) {
    const std::string type = type_of(step);
    const JsonObject fields(*step, file_);
    // Splitting at spaces, where the normaliser has left none.
    const bool idle = type == "Split" && root_.has("normalizer") &&
                      fields.object("pattern").string("String", "").value_or("") == " ";
    if (idle) continue;
    if (type != "Metaspace" || fields.boolean("split", true).value_or(true))
      return fail(
          Errc::kUnsupported,
          "{}: pre_tokenizer of type \"{}\" beside byte_fallback; known is Metaspace without "
          "splitting",
          file_, type);
    const Expected<std::string> scheme = fields.string("prepend_scheme", "always");
    if (!scheme) return Error(scheme.error()).pass();
    out_.adds_space = fields.boolean("add_prefix_space", *scheme != "never").value_or(false) &&
                      *scheme != "never";
  }
  if (!out_.adds_space) out_.adds_space = false;
  return {};
}

// Scores in the order of the merges, so that a reader of scores alone does nearly the same.
void score_by_merges(HfVocabulary& vocabulary) {
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    vocabulary.tokens[i].score =
        vocabulary.tokens[i].type == kHfNormal ? -static_cast<double>(vocabulary.merges.size()) : 0;
    ids.emplace(vocabulary.tokens[i].spelling, i);
  }
  for (std::size_t rank = vocabulary.merges.size(); rank-- > 0;) {
    std::string joined = vocabulary.merges[rank];
    const std::size_t space = joined.find(' ', 1);
    if (space != std::string::npos) joined.erase(space, 1);
    const auto it = ids.find(joined);
    if (it != ids.end()) vocabulary.tokens[it->second].score = -static_cast<double>(rank);
  }
}

Status JsonVocabulary::read_words() {
  const Expected<bool> whole = model_.boolean("ignore_merges", false);
  if (!whole) return Error(whole.error()).pass();
  out_.takes_whole_words = *whole;
  if (out_.kind == HfVocabulary::Kind::kSentencePiece) {
    if (*whole) return fail(Errc::kUnsupported, "{}: ignore_merges beside byte_fallback", file_);
    score_by_merges(out_);
    return read_metaspace();
  }
  Expected<HfSplits> splits = read_splits(root_);
  if (!splits) return std::move(splits.error()).pass();
  out_.pre = std::move(splits->name);
  out_.expressions = std::move(splits->expressions);
  return {};
}

// A template that begins with a special token: what stands before every text.
void JsonVocabulary::find_bos() {
  for (const json* step : steps_of(root_.find("post_processor"), "processors")) {
    if (type_of(step) != "TemplateProcessing") continue;
    const auto single = step->find("single");
    const bool listed = single != step->end() && single->is_array() && !single->empty();
    out_.adds_bos =
        listed && single->front().is_object() && single->front().contains("SpecialToken");
  }
}

Expected<HfVocabulary> JsonVocabulary::read() {
  for (const auto part : {&JsonVocabulary::find_kind, &JsonVocabulary::read_vocab,
                          &JsonVocabulary::read_merges, &JsonVocabulary::read_added,
                          &JsonVocabulary::read_normalizer, &JsonVocabulary::read_words}) {
    if (Status s = (this->*part)(); !s) return std::move(s.error()).pass();
  }
  find_bos();
  return std::move(out_);
}

}  // namespace

Expected<HfVocabulary::Token*> HfVocabulary::slot(std::int64_t id, const std::string& file) {
  if (id < 0 || id >= kHfTokensMax)
    return fail(Errc::kCorrupt, "{}: a token of id {}; 0 to {} are read", file, id,
                kHfTokensMax - 1);
  const auto idx = static_cast<std::size_t>(id);
  if (idx >= tokens.size()) tokens.resize(idx + 1);
  return &tokens[idx];
}

std::optional<std::int64_t> HfVocabulary::find(std::string_view spelling) const {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (tokens[i].spelling == spelling) return static_cast<std::int64_t>(i);
  return std::nullopt;
}

Status HfVocabulary::add(std::int64_t id, std::string spelling, bool special,
                         const std::string& file) {
  if (spelling.empty()) return fail(Errc::kCorrupt, "{}: added token {} is empty", file, id);
  Expected<Token*> token = slot(id, file);
  if (!token) return std::move(token.error()).pass();
  if ((*token)->type == kHfUnknown && (*token)->spelling == spelling) return {};
  **token = {std::move(spelling), special ? kHfControl : kHfUserDefined, kAddedScore};
  return {};
}

Expected<HfVocabulary> read_tokenizer_json(const JsonObject& root) {
  return JsonVocabulary(root).read();
}

Expected<HfVocabulary> read_tokenizer_model(const SentencePieceProto& proto,
                                            const std::string& file) {
  constexpr std::int64_t kBpe = 2;
  if (proto.model_type != kBpe)
    return fail(Errc::kUnsupported, "{}: a SentencePiece model of type {}; known is 2 (BPE)", file,
                proto.model_type);
  if (proto.has_charsmap || proto.removes_extra_spaces || !proto.escapes_spaces)
    return fail(Errc::kUnsupported,
                "{}: the normalizer \"{}\" changes texts; known is the identity", file,
                proto.normalizer_name);
  HfVocabulary out;
  out.kind = HfVocabulary::Kind::kSentencePiece;
  out.adds_space = proto.adds_dummy_prefix;
  for (const SentencePieceProto::Piece& piece : proto.pieces) {
    if (piece.type < kHfNormal || piece.type > kHfByte)
      return fail(Errc::kCorrupt, "{}: piece {} has type {}; 1 to 6 are known", file,
                  out.tokens.size(), piece.type);
    out.tokens.push_back({std::string(piece.text), piece.type, piece.score});
  }
  return out;
}

}  // namespace curlew::model

// Tokenizers of Hugging Face folders: the vocabularies of GGUF files, written as tokenizer.json or
// tokenizer.model, must give the same ids. (Where a SentencePiece vocabulary has only a
// tokenizer.json, its merges decide, not the scores: a plain encoder by those is the reference.)

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <random>

#include "model/files/sentencepiece_proto.h"
#include "model/text/tokenizer.h"
#include "tests/model/files/hf_inverse.h"
#include "tests/model/files/safetensors_writer.h"

namespace curlew::model {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempFolder;

// A folder with a tokenizer and no tensor at all.
class TokenizerFolder {
 public:
  explicit TokenizerFolder(int rows = 1) {
    write("config.json", json{{"architectures", {"LlamaForCausalLM"}},
                              {"num_hidden_layers", 1},
                              {"hidden_size", 64},
                              {"intermediate_size", 64},
                              {"num_attention_heads", 2},
                              {"max_position_embeddings", 64},
                              {"rms_norm_eps", 1e-5},
                              {"vocab_size", rows}}
                             .dump());
    testing::SafetensorsWriter().write(folder_.path() / "model.safetensors");
  }
  void write(const char* name, const std::string& text) {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
  }
  Expected<ModelFile> open() const { return ModelFile::open(folder_.path()); }
  std::string refusal() const {
    const Expected<ModelFile> file = open();
    if (!file) return file.error().message();
    const auto tokenizer = load_tokenizer(*file);
    return tokenizer ? "(accepted)" : tokenizer.error().message();
  }

 private:
  TempFolder folder_;
};

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::vector<std::string> texts_of(const fs::path& tests) {
  std::vector<std::string> texts;
  const json reference = json::parse(std::ifstream(tests));
  for (const json& test : reference["tests"]) texts.push_back(from_hex(test["hex"]));
  std::mt19937 rng(5);  // and scraps of them, run together
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (int part = 0; part < 4; ++part) {
      const std::string& from = texts[rng() % texts.size()];
      text += from.substr(from.empty() ? 0 : rng() % from.size(), rng() % 12);
    }
    texts.push_back(text);
  }
  return texts;
}

void expect_same_ids(const ModelFile& a, const ModelFile& b, const fs::path& tests) {
  const auto want = load_tokenizer(a), got = load_tokenizer(b);
  ASSERT_TRUE(want) << want.error().message();
  ASSERT_TRUE(got) << got.error().message();
  ASSERT_EQ((*got)->size(), (*want)->size());
  for (const std::string& text : texts_of(tests)) {
    for (const EncodeOptions options :
         {EncodeOptions{}, EncodeOptions{.add_special = true, .parse_special = true},
          EncodeOptions{.literal = true, .continues = true}}) {
      // Tokens with a role are user-defined in these GGUF files, which name their ids;
      // recognised by their spelling, they are control tokens.
      const bool plain = !options.parse_special && !options.literal;
      if (plain && text.find("<") != text.npos) continue;
      ASSERT_EQ((*got)->encode(text, options), (*want)->encode(text, options)) << text;
    }
  }
}

void check_tokenizer_json(const fs::path& vocabulary, const fs::path& tests) {
  const Expected<ModelFile> gguf = ModelFile::open(vocabulary);
  ASSERT_TRUE(gguf) << gguf.error().message();
  TokenizerFolder folder;
  folder.write("tokenizer.json", testing::tokenizer_json_of(*gguf).dump());
  json settings;
  for (const auto& [role, name] :
       {std::pair("bos", "bos"), std::pair("eos", "eos"), std::pair("unk", "unknown")}) {
    const auto id = gguf->integer(fmt::format("tokenizer.ggml.{}_token_id", name), -1).value();
    if (id >= 0)
      settings[fmt::format("{}_token", role)] =
          (*gguf->strings("tokenizer.ggml.tokens"))[static_cast<std::size_t>(id)];
  }
  const auto original = load_tokenizer(*gguf);
  settings["add_bos_token"] = (*original)->special().add_bos;
  folder.write("tokenizer_config.json", settings.dump());
  const Expected<ModelFile> file = folder.open();
  ASSERT_TRUE(file) << file.error().message();
  expect_same_ids(*gguf, *file, tests);
}

const fs::path kData = fs::path(CURLEW_SOURCE_DIR) / "tests/data/tokenizers";
const fs::path kFixtures = fs::path(CURLEW_SOURCE_DIR) / "../shared/fixtures/tokenizers";

class SmallTokenizerJson : public ::testing::TestWithParam<const char*> {};
TEST_P(SmallTokenizerJson, GivesTheSameIds) {
  const std::string name = GetParam();
  check_tokenizer_json(kData / (name + ".gguf"), kData / (name + ".tests.json"));
}
INSTANTIATE_TEST_SUITE_P(Kinds, SmallTokenizerJson,
                         ::testing::Values("small-qwen2", "small-llama-bpe", "small-deepseek",
                                           "small-starcoder"));

class RealTokenizerJson : public ::testing::TestWithParam<const char*> {};
TEST_P(RealTokenizerJson, GivesTheSameIds) {
  const std::string name = std::string("ggml-vocab-") + GetParam();
  if (!fs::exists(kFixtures / (name + ".gguf")))
    GTEST_SKIP() << "no shared fixtures beside the source tree";
  check_tokenizer_json(kFixtures / (name + ".gguf"), kFixtures / (name + ".tests.json"));
}
INSTANTIATE_TEST_SUITE_P(Kinds, RealTokenizerJson,
                         ::testing::Values("qwen2.5-coder", "starcoder", "deepseek-coder",
                                           "gpt-2"));

// Characters, or the bytes of those that are no token; then of all neighbours that are a merge the
// first in the list, the leftmost of equals. As slow as it is plain.
std::vector<TokenId> encode_by_merges(const Tokenizer& vocabulary, const json& merges,
                                      const std::string& text) {
  std::map<std::pair<std::string, std::string>, std::size_t> ranks;
  for (std::size_t i = 0; i < merges.size(); ++i)
    ranks.emplace(std::pair(merges[i][0], merges[i][1]), i);
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
    std::string one = text.substr(at, end - at);
    if (one == " ") one = "▁";
    if (vocabulary.find(one)) {
      parts.push_back(one);
    } else {
      for (const char c : one)
        parts.push_back(fmt::format("<0x{:02X}>", static_cast<unsigned char>(c)));
    }
    at = end;
  }
  for (;;) {
    std::size_t best = merges.size(), at = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto it = ranks.find({parts[i], parts[i + 1]});
      if (it != ranks.end() && it->second < best) best = it->second, at = i;
    }
    if (best == merges.size()) break;
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  std::vector<TokenId> ids;
  for (const std::string& part : parts) ids.push_back(*vocabulary.find(part));
  return ids;
}

void check_by_merges(const fs::path& vocabulary) {
  const Expected<ModelFile> gguf = ModelFile::open(vocabulary);
  ASSERT_TRUE(gguf) << gguf.error().message();
  const json root = testing::tokenizer_json_of(*gguf);
  TokenizerFolder folder;
  folder.write("tokenizer.json", root.dump());
  const Expected<ModelFile> file = folder.open();
  ASSERT_TRUE(file) << file.error().message();
  const auto tokenizer = load_tokenizer(*file);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message();
  std::mt19937 rng(11);
  const char* scraps[] = {" ", "  ", "    ", "the", "in", " return x",
                          "é", "中", "😀",    "▁",   "<",  "="};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (unsigned n = rng() % 12; n > 0; --n)
      text += rng() % 3 == 0 ? std::string(1, static_cast<char>(' ' + rng() % 95))
                             : scraps[rng() % std::size(scraps)];
    ASSERT_EQ((*tokenizer)->encode(text, {.literal = true, .continues = true}),
              encode_by_merges(**tokenizer, root["model"]["merges"], text))
        << text;
  }
}

TEST(SentencePieceLikeTokenizerJson, MergesByItsList) {
  check_by_merges(kData / "small-spm.gguf");
  check_by_merges(kData / "small-gemma.gguf");
}

class SmallTokenizerModel : public ::testing::TestWithParam<const char*> {};
TEST_P(SmallTokenizerModel, GivesTheSameIds) {
  const std::string name = GetParam();
  const Expected<ModelFile> gguf = ModelFile::open(kData / (name + ".gguf"));
  ASSERT_TRUE(gguf);
  TokenizerFolder folder;
  folder.write("tokenizer.model", testing::tokenizer_model_of(*gguf));
  const Expected<ModelFile> file = folder.open();
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->strings("tokenizer.ggml.merges"), nullptr);
  EXPECT_EQ(*file->numbers("tokenizer.ggml.scores"), *gguf->numbers("tokenizer.ggml.scores"));
  expect_same_ids(*gguf, *file, kData / (name + ".tests.json"));
}
INSTANTIATE_TEST_SUITE_P(Kinds, SmallTokenizerModel, ::testing::Values("small-spm", "small-gemma"));

// --- By hand

json byte_level(const json& pre_tokenizer) {
  const Expected<ModelFile> gguf = ModelFile::open(kData / "small-qwen2.gguf");
  json root = testing::tokenizer_json_of(*gguf);
  root["pre_tokenizer"] = pre_tokenizer;
  return root;
}

json split(const char* regex) {
  return {{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}};
}
const json kBytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};

json sequence(std::vector<json> steps) {
  steps.push_back(kBytes);
  return {{"type", "Sequence"}, {"pretokenizers", steps}};
}

std::string pre_of(const json& pre_tokenizer) {
  TokenizerFolder folder;
  folder.write("tokenizer.json", byte_level(pre_tokenizer).dump());
  const Expected<ModelFile> file = folder.open();
  if (!file) return file.error().message();
  const auto* expressions = file->strings("curlew.tokenizer.expressions");
  return fmt::format("{} {}", file->string("tokenizer.ggml.pre").value(),
                     expressions != nullptr ? expressions->size() : 0);
}

TEST(HfTokenizer, KnowsTheFamiliesByTheirPatterns) {
  const char* contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  const std::string tail = R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
  const std::string seed = fmt::format(
      R"({}|[^{}\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1}}| ?[^\s\p{{L}}\p{{N}}{}]+|\s*[{}]+|\s+(?!\S)|\s+)",
      contractions, "\r\n", "\r\n", "\r\n");
  EXPECT_EQ(pre_of(sequence({split(seed.c_str())})), "seed-coder 0");
  const std::string upper = R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])",
                    lower = R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])";
  const auto cased = [&](const std::string& end) {
    return R"([^\r\n\p{L}\p{N}]?)" + upper + "*" + lower + "+" + end + R"(|[^\r\n\p{L}\p{N}]?)" +
           upper + "+" + lower + "*" + end;
  };
  const std::string slash = R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*)";
  EXPECT_EQ(pre_of(sequence({split((cased("") + R"(|\p{N})" + slash + tail).c_str())})),
            "tekken 0");
  EXPECT_EQ(
      pre_of(sequence({split(
          (cased(std::string(contractions) + "?") + R"(|\p{N}{1,3})" + slash + tail).c_str())})),
      "gpt-4o 0");
  EXPECT_EQ(pre_of({{"type", "ByteLevel"}, {"add_prefix_space", false}}), "gpt-2 0");
  // Nobody's: it is run as it stands.
  EXPECT_EQ(pre_of(sequence({split(R"(\p{L}+|\P{L}+)")})), " 1");
}

TEST(HfTokenizer, RunsAnUnknownPatternAsItStands) {
  TokenizerFolder folder;
  folder.write("tokenizer.json", byte_level(sequence({split("in|[^i]+|i")})).dump());
  const Expected<ModelFile> file = folder.open();
  ASSERT_TRUE(file) << file.error().message();
  const auto tokenizer = load_tokenizer(*file);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message();
  // "in" is a merge of this vocabulary; "string" is cut before and behind it.
  const auto ids = (*tokenizer)->encode("in");
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_THAT((*tokenizer)->encode("thini"), ::testing::Contains(ids[0]));
}

TEST(HfTokenizer, RefusesWhatItWouldOnlyApproximate) {
  const auto with = [](const char* regex) {
    TokenizerFolder folder;
    folder.write("tokenizer.json", byte_level(sequence({split(regex)})).dump());
    return folder.refusal();
  };
  EXPECT_EQ(with(R"(\s+$|[^\s]+|\s+)"), "(accepted)");
  for (const char* odd : {R"(\w+)", R"([\p{L}&&[^\p{Han}]]+)", "^a", R"(\h)", "(?i)a",
                          R"(\p{N}{1,3}+)", "[a[b]]", "[]a]", "\\", R"(\xe2)", R"([\S]+)"})
    EXPECT_THAT(with(odd), HasSubstr("is not run")) << odd;
  EXPECT_THAT(with("a*"), HasSubstr("matches the empty text"));
  EXPECT_THAT(with("(a"), HasSubstr("PCRE2 error"));
  EXPECT_THAT(pre_of({{"type", "Whitespace"}}), HasSubstr("\"Whitespace\"; known are"));
  EXPECT_THAT(pre_of({{"type", "ByteLevel"}}), HasSubstr("add_prefix_space"));
  json removed = split("a");
  removed["behavior"] = "MergedWithNext";
  EXPECT_THAT(pre_of(sequence({removed})), HasSubstr("MergedWithNext"));
}

TEST(HfTokenizer, ReadsBothSpellingsOfMerges) {
  json root = byte_level(sequence({split(R"(\s+|\S+)")}));
  std::vector<std::vector<TokenId>> ids;
  for (const bool pairs : {false, true}) {
    if (pairs) {
      for (json& merge : root["model"]["merges"]) {
        const std::string line = merge;
        const std::size_t space = line.find(' ');
        merge = {line.substr(0, space), line.substr(space + 1)};
      }
    }
    TokenizerFolder folder;
    folder.write("tokenizer.json", root.dump());
    const Expected<ModelFile> file = folder.open();
    ASSERT_TRUE(file) << file.error().message();
    ids.push_back((*load_tokenizer(*file))->encode("the string in there"));
  }
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_LT(ids[0].size(), 19u);  // of 19 bytes
}

TEST(HfTokenizer, FindsSpecialTokensInEveryFile) {
  TokenizerFolder folder(400);
  folder.write("tokenizer.json", byte_level(sequence({split(R"(\s+|\S+)")})).dump());
  folder.write("tokenizer_config.json", R"({"bos_token": null, "pad_token": {"content": "!"},
      "chat_template": [{"name": "default", "template": "T"}, {"name": "tools", "template": "U"}],
      "added_tokens_decoder": {"390": {"content": "<late>", "special": true}}})");
  folder.write("special_tokens_map.json", R"({"eos_token": "#"})");
  folder.write("generation_config.json", R"({"eos_token_id": [390, 2, 5]})");
  const Expected<ModelFile> file = folder.open();
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->integer("tokenizer.ggml.padding_token_id").value(), 0);
  EXPECT_EQ(file->integer("tokenizer.ggml.eos_token_id").value(), 2);  // "#"
  EXPECT_EQ(file->integer("tokenizer.ggml.eot_token_id").value(), 5);
  EXPECT_EQ(file->integer("tokenizer.ggml.eom_token_id").value(), 390);
  EXPECT_EQ(file->find("tokenizer.ggml.bos_token_id"), nullptr);
  EXPECT_EQ(file->string("tokenizer.chat_template").value(), "T");
  EXPECT_EQ(file->string("tokenizer.chat_template.tools").value(), "U");
  const auto tokenizer = load_tokenizer(*file);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message();
  EXPECT_EQ((*tokenizer)->size(), 400);
  EXPECT_EQ((*tokenizer)->type(390), TokenType::kControl);
  EXPECT_EQ((*tokenizer)->spelling(399), "[PAD399]");
  EXPECT_EQ((*tokenizer)->type(399), TokenType::kUnused);
}

TEST(HfTokenizer, RefusesVocabulariesThatAreNone) {
  const json good = byte_level(sequence({split(R"(\s+|\S+)")}));
  const auto with = [&](const std::function<void(json&)>& spoil) {
    json root = good;
    spoil(root);
    TokenizerFolder folder;
    folder.write("tokenizer.json", root.dump());
    return folder.refusal();
  };
  EXPECT_EQ(with([](json&) {}), "(accepted)");
  EXPECT_THAT(with([](json& r) { r["model"]["type"] = "Unigram"; }),
              HasSubstr("\"Unigram\"; known is BPE"));
  EXPECT_THAT(with([](json& r) { r["model"]["vocab"] = json::array(); }), HasSubstr("model.vocab"));
  EXPECT_THAT(with([](json& r) { r["model"]["vocab"]["x y"] = -1; }), HasSubstr("\"x y\""));
  EXPECT_THAT(with([](json& r) { r["model"]["vocab"]["x y"] = 1'048'576; }), HasSubstr("\"x y\""));
  EXPECT_THAT(with([](json& r) { r["model"]["vocab"]["x y"] = 3; }), HasSubstr("both have id 3"));
  EXPECT_THAT(with([](json& r) { r["model"]["merges"] = "a b"; }), HasSubstr("model.merges"));
  EXPECT_THAT(with([](json& r) { r["model"]["merges"][0] = 7; }), HasSubstr("model.merges[0]"));
  EXPECT_THAT(with([](json& r) {
                r["model"]["merges"][0] = {"qq", "zz"};
              }),
              HasSubstr("does not have"));
  EXPECT_THAT(with([](json& r) {
                r["added_tokens"].push_back({{"id", -5}, {"content", "x"}});
              }),
              HasSubstr("a token of id -5"));
  EXPECT_THAT(with([](json& r) {
                r["normalizer"] = {{"type", "Lowercase"}};
              }),
              HasSubstr("\"Lowercase\""));
  EXPECT_EQ(with([](json& r) { r["normalizer"] = {{"type", "NFC"}}; }), "(accepted)");
  EXPECT_THAT(with([](json& r) { r.erase("pre_tokenizer"); }),
              HasSubstr("without a pre_tokenizer"));
  EXPECT_THAT(with([](json& r) {
                r.erase("pre_tokenizer");
                r.erase("decoder");
              }),
              HasSubstr("bytes could be lost"));
  TokenizerFolder deep;
  deep.write("tokenizer.json", std::string(1'000'000, '['));
  EXPECT_THAT(deep.refusal(), HasSubstr("nested deeper than"));
}

// --- tokenizer.model

std::string proto() {
  const Expected<ModelFile> gguf = ModelFile::open(kData / "small-spm.gguf");
  return testing::tokenizer_model_of(*gguf);
}

std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(SentencePieceProto, ReadsPiecesAndFlags) {
  const std::string bytes = proto();
  const auto read = parse_sentencepiece_proto(as_bytes(bytes), "t");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->pieces[1].text, "<s>");
  EXPECT_EQ(read->pieces[1].type, 3);
  EXPECT_EQ(read->model_type, 2);
  EXPECT_EQ(read->bos, 1);
  EXPECT_EQ(read->pad, -1);
  EXPECT_EQ(read->normalizer_name, "identity");
  EXPECT_FALSE(read->removes_extra_spaces);
  EXPECT_TRUE(read->escapes_spaces);
}

TEST(SentencePieceProto, SurvivesDamage) {
  const std::string good = proto();
  EXPECT_THAT(parse_sentencepiece_proto({}, "t").error().message(), HasSubstr("no pieces"));
  int refused = 0;
  for (std::size_t length = 1; length < good.size(); length += 7)
    refused += !parse_sentencepiece_proto(as_bytes(good.substr(0, length)), "t");
  EXPECT_GT(refused, 100);
  std::mt19937 rng(3);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = good;
    for (int flips = 0; flips < 3; ++flips) bytes[rng() % bytes.size()] = static_cast<char>(rng());
    const auto read = parse_sentencepiece_proto(as_bytes(bytes), "t");
    for (std::size_t i = 0; read && i < read->pieces.size(); ++i) {
      const std::string_view text = read->pieces[i].text;
      ASSERT_TRUE(text.empty() || (text.data() >= bytes.data() &&
                                   text.data() + text.size() <= bytes.data() + bytes.size()));
    }
  }
}

TEST(SentencePieceProto, RefusesModelsThatAreEncodedOtherwise) {
  const auto with = [](const std::string& more) {
    TokenizerFolder folder;
    folder.write("tokenizer.model", proto() + more);
    return folder.refusal();
  };
  EXPECT_EQ(with(""), "(accepted)");
  EXPECT_THAT(with(std::string("\x12\x02\x18\x01", 4)), HasSubstr("of type 1; known is 2"));
  EXPECT_THAT(with(std::string("\x1a\x03\x12\x01x", 5)), HasSubstr("changes texts"));
  EXPECT_THAT(with(std::string("\x1a\x02\x20\x01", 4)), HasSubstr("changes texts"));
  EXPECT_THAT(with(std::string("\x0a\x02\x18\x09", 4)), HasSubstr("has type 9"));
  EXPECT_THAT(with("\xff\xff\xff"),
              AllOf(HasSubstr("tokenizer.model: byte"), HasSubstr("cut short")));
}

}  // namespace
}  // namespace curlew::model

#include "model/constrain/constraint.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "model/constrain/edits.h"
#include "model/files/model_file.h"
#include "tests/model/constrain/small_vocabulary.h"

namespace curlew::model {
namespace {

TEST(Constraint, ATokenThatIsNotAllowedLeavesNothing) {
  const SmallVocabulary vocabulary({"ab"});
  const ConstraintCompiler compiler(vocabulary);
  for (const TokenId wrong : {TokenId{'x'}, TokenId{256}, vocabulary.control()}) {
    const std::unique_ptr<Constraint> c = compiler.start(*Grammar::from_regex("a(c|d)*"));
    c->accept('a');
    c->accept(vocabulary.end());  // changes nothing
    EXPECT_TRUE(c->allowed().has('c'));
    c->accept(wrong);
    EXPECT_TRUE(ids_in(c->allowed(), vocabulary.size()).empty());
    EXPECT_FALSE(c->is_complete());
    EXPECT_TRUE(c->forced(5).empty());
    c->accept('c');
    EXPECT_FALSE(c->is_complete());
  }
}

TEST(Constraint, AForkGoesItsOwnWay) {
  const SmallVocabulary vocabulary({"ab"});
  const ConstraintCompiler compiler(vocabulary);
  const std::unique_ptr<Constraint> c = compiler.start(*Grammar::from_regex("a(b|c)d"));
  c->accept('a');
  const TokenMask before = c->allowed();
  const std::unique_ptr<Constraint> fork = c->fork();
  EXPECT_EQ(ids_in(fork->allowed(), vocabulary.size()), (std::vector<TokenId>{'b', 'c'}));
  fork->accept('b');
  fork->accept('d');
  EXPECT_TRUE(fork->is_complete());
  EXPECT_FALSE(c->is_complete());
  EXPECT_EQ(ids_in(c->allowed(), vocabulary.size()), ids_in(before, vocabulary.size()));
}

TEST(Constraint, OutlivesItsCompilerAndKeepsItsGrammar) {
  const SmallVocabulary vocabulary({"ab"});
  std::unique_ptr<Constraint> c;
  {
    const ConstraintCompiler compiler(vocabulary);
    c = compiler.start(*Grammar::from_regex("(ab)+"));
    for (int i = 0; i < 20; ++i)
      compiler.start(*Grammar::from_regex("x{" + std::to_string(i) + "}"));
  }
  EXPECT_TRUE(c->allowed().has(256));
  c->accept(256);
  EXPECT_TRUE(c->is_complete());
}

TEST(Constraint, GenerationsOfOneGrammarShareWhatTheyLearnAcrossThreads) {
  std::mt19937 rng(1);
  const SmallVocabulary vocabulary({"\": ", "{\"", "\"}", "[[", "]]", ", \""});
  const ConstraintCompiler compiler(vocabulary);
  const Grammar::Made json = Grammar::from_json_schema("true");
  const Grammar::Made edits = Grammar::edit_of("a\nb\nc\n");
  std::vector<std::thread> threads;
  std::vector<int> failures(4, 0);
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 own(t);
      for (int round = 0; round < 30; ++round) {
        // Edits of another text share the masks of written lines with the first.
        const Grammar::Made fresh = Grammar::edit_of("x\ny" + std::to_string(round) + "\n");
        for (const Grammar::Made* grammar : {&json, &edits, &fresh}) {
          failures[t] += random_walk(*compiler.start(**grammar), vocabulary, 120, own).dead_end;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, std::vector<int>(4, 0));
}

// States are let go when they have become too many, in the middle of a generation.
TEST(Constraint, AGenerationGoesOnWhenWhatWasLearntIsLetGo) {
  std::string original;
  for (int i = 0; i < 12000; ++i) original += "line number " + std::to_string(i) + "\n";
  const SmallVocabulary vocabulary({"line "});
  const ConstraintCompiler compiler(vocabulary);
  const Grammar::Made grammar = Grammar::edit_of(original);
  const std::unique_ptr<Constraint> c = compiler.start(*grammar);
  const std::unique_ptr<Constraint> waiting = compiler.start(*grammar);
  waiting->accept('<');
  const std::string text = "<<<<<<< SEARCH\n" + original + "=======\n>>>>>>> REPLACE\n";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto id = static_cast<TokenId>(static_cast<unsigned char>(text[at]));
    if (at % 97 == 0) {
      ASSERT_TRUE(c->allowed().has(id)) << at;
    }
    c->accept(id);
  }
  EXPECT_TRUE(c->is_complete());
  EXPECT_EQ(ids_in(waiting->allowed(), vocabulary.size()), std::vector<TokenId>{'<'});
  EXPECT_EQ(apply_edits(original, *read_edits(original, text)), "");
}

// A real vocabulary: masks against feeding each token byte by byte, where the walk of a text goes.
TEST(Constraint, MasksOfARealVocabularyAreExact) {
  const std::filesystem::path path = std::filesystem::path(CURLEW_SOURCE_DIR) /
                                     "../shared/fixtures/tokenizers/ggml-vocab-qwen2.5-coder.gguf";
  const auto file = ModelFile::open(path);
  if (!file) GTEST_SKIP() << "no " << path.filename();
  const auto tokenizer = load_tokenizer(*file);
  ASSERT_TRUE(tokenizer);
  const Tokenizer& t = **tokenizer;
  const ConstraintCompiler compiler(t);
  const Grammar::Made grammar = Grammar::from_json_schema(
      R"({"properties": {"path": {"type": "string"}, "note": {"type": "string", "maxLength": 40}}})");
  const std::vector<TokenId> text =
      t.encode("{\n  \"path\": \"src/é漢.cpp\",\n  \"note\": \"a\\\"b\"\n}");
  const std::unique_ptr<Constraint> c = compiler.start(*grammar);
  std::mt19937 rng(1);
  for (std::size_t step = 0; step <= text.size(); ++step) {
    const TokenMask mask = c->allowed();
    for (TokenId id = static_cast<TokenId>(rng() % 40); id < t.size(); id += 41) {
      if (t.type(id) != TokenType::kNormal || t.piece(id).empty()) continue;
      const std::unique_ptr<Constraint> probe = compiler.start(*grammar);
      for (std::size_t i = 0; i < step; ++i) probe->accept(text[i]);
      probe->accept(id);
      const bool alive =
          probe->is_complete() || !probe->forced(1).empty() ||
          std::any_of(probe->allowed().words().begin(), probe->allowed().words().end(),
                      [](std::uint64_t word) { return word != 0; });
      ASSERT_EQ(mask.has(id), alive) << step << " " << t.spelling(id);
    }
    ASSERT_EQ(mask.has(t.special().end_of_generation.front()), c->is_complete());
    ASSERT_GE(t.special().fim_middle, 0);
    ASSERT_FALSE(mask.has(t.special().fim_middle));
    if (step == text.size()) break;
    ASSERT_TRUE(mask.has(text[step])) << step;
    c->accept(text[step]);
  }
  EXPECT_TRUE(c->is_complete());
}

}  // namespace
}  // namespace curlew::model

// All formats of one file together, as the engine asks for them.

#include "model/text/prompt_formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/text/rendered_prompt.h"

namespace curlew::model {
namespace {

using namespace testing;  // NOLINT: the vocabularies made for tests
using ::testing::HasSubstr;

PromptFormats choose(const GgufWriter& w, std::string path, const PromptFormatNames& names = {}) {
  const std::vector<std::byte> bytes = w.bytes();
  const Expected<ModelFile> file = ModelFile::parse(bytes, std::move(path));
  const auto tokenizer = load_tokenizer(*file);
  return choose_prompt_formats(*file, **tokenizer, names);
}

GgufWriter coder() {
  return byte_level_file(controls({"<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_prefix|>",
                                   "<|fim_middle|>", "<|fim_suffix|>", "<|file_sep|>"}))
      .set("tokenizer.chat_template", "{{ '<|im_start|>' }}");
}

TEST(PromptFormats, ComeFromMetadataAndTheFilesName) {
  const PromptFormats formats = choose(coder(), "/models/sweep-next-edit-1.5b.gguf");
  ASSERT_TRUE(formats.fim && formats.next_edit && formats.chat);
  EXPECT_EQ(formats.fim->family, "qwen2.5-coder");
  EXPECT_EQ(formats.next_edit->family, "sweep");
  EXPECT_EQ(formats.chat->family, "chatml");
  // The name of a folder counts with a slash behind it too, that of its parent does not.
  EXPECT_TRUE(choose(coder(), "/models/sweep/").next_edit);
  EXPECT_FALSE(choose(coder(), "/sweep/coder.gguf").next_edit);
}

TEST(PromptFormats, ConfigurationComesFirst) {
  const PromptFormats formats =
      choose(coder(), "sweep.gguf", {.fim = "none", .next_edit = "zeta", .chat = "vicuna"});
  EXPECT_EQ(formats.fim.error().kind(), Errc::kUnsupported);
  EXPECT_EQ(formats.next_edit->family, "zeta");
  EXPECT_EQ(formats.chat.error().kind(), Errc::kInvalidInput);
  EXPECT_THAT(formats.chat.error().message(), HasSubstr("chatml"));
}

TEST(PromptFormats, KeysOfAnotherTypeAreNoKeys) {
  const PromptFormats formats =
      choose(coder().set("tokenizer.chat_template", 7u).set("general.name", true), "base.gguf");
  EXPECT_EQ(formats.chat.error().kind(), Errc::kUnsupported);
  EXPECT_TRUE(formats.fim);
}

}  // namespace
}  // namespace curlew::model

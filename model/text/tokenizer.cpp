#include "model/text/tokenizer.h"

#include <utility>

#include "model/text/byte_bpe.h"
#include "model/text/sentencepiece.h"
#include "model/text/vocabulary.h"

namespace curlew::model {

Expected<std::unique_ptr<const Tokenizer>> load_tokenizer(const ModelFile& file) {
  Expected<Vocabulary> vocabulary = load_vocabulary(file);
  if (!vocabulary) return std::move(vocabulary.error()).during("load tokenizer");
  const bool sentencepiece = vocabulary->model == "llama", byte_bpe = vocabulary->model == "gpt2";
  if (!sentencepiece && !byte_bpe) {
    return fail(Errc::kUnsupported,
                "load tokenizer: {}: tokenizer.ggml.model is \"{}\"; known are \"llama\" "
                "(SentencePiece) and \"gpt2\" "
                "(byte-level BPE)",
                file.name(), vocabulary->model);
  }
  Expected<std::unique_ptr<const Tokenizer>> tokenizer =
      sentencepiece ? make_sentencepiece(file, std::move(*vocabulary))
                    : make_byte_bpe(file, std::move(*vocabulary));
  if (!tokenizer) return std::move(tokenizer.error()).during("load tokenizer");
  return tokenizer;
}

}  // namespace curlew::model

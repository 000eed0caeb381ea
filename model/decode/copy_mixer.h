// The opinion of the text at hand on the next token: what came after the longest context that
// occurs in it, in proportion to how often.
//
// The texts are nested: what stands in the prompt, and other files. The longest context counts; of
// equally long ones those nearest to the cursor, together. How much weight that gets depends on how
// long the context is, how near, and whether it was always followed by the same token: a table of
// weights that make held-out code likeliest (tests/bench/completion/fit_mix.cpp), so it adapts to
// how good a model is only through being fitted with a small one.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "model/decode/continuations.h"
#include "model/decode/mixer.h"

namespace curlew::model {

enum class MixLevel { kPrompt, kFiles };
inline constexpr int kMixLevels = 2;

struct MixText {
  MixLevel level = MixLevel::kPrompt;
  std::shared_ptr<const Continuations> text;
};

class CopyMixer final : public Mixer {
 public:
  explicit CopyMixer(std::vector<MixText> texts);

  void begin(std::span<const TokenId> text) override;
  void append(TokenId id) override;
  const Mixture& next() override;

  // The row of the table of weights that next() took; -1 when nothing was found. For fitting.
  int cell() const { return cell_; }
  static constexpr int kLengths = 8, kKinds = 3;
  static constexpr int kCells = kMixLevels * kLengths * kKinds;

 private:
  struct Reader {
    MixText source;
    Continuations::Context context;
  };

  std::vector<Reader> readers_;
  Mixture mixture_;
  int cell_ = -1;
};

}  // namespace curlew::model

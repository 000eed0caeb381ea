// Which proposal to show, and when to say nothing. The figures behind every number here, and the
// command that measures them again, stand in docs/completion.md.
#pragma once

#include <span>

#include "model/generator.h"

namespace curlew::assist {

// A copy this sure is shown without asking the model: below it the model may still win.
constexpr float kSureCopy = 0.5f;
// An automatic request stays quiet below this; an explicit one is always answered.
constexpr float kQuietBelow = 0.15f;

// Who said a generated line: the model, or the model with the text at hand mixed in.
enum class LineOrigin { kModel, kMixed };

// Chance that the generated line is exactly right, from the probabilities that its tokens had when
// they were drawn. Without them (a remote source) a cautious constant.
float model_confidence(std::span<const float> line_logprobs, bool ended, LineOrigin origin);

}  // namespace curlew::assist

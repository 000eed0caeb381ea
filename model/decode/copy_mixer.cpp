#include "model/decode/copy_mixer.h"

#include <algorithm>

namespace curlew::model {
namespace {

constexpr std::size_t kContextTokensMax = 64;  // read back from the cursor

// Kinds of evidence: the context stood once; more often and always went on alike; went on in
// different ways.
enum Kind { kOnce, kAlways, kVaries };

// [level][length 1, 2, 3, 4-5, 6-8, 9-15, 16-31, more][kind]
constexpr float kWeights[kMixLevels][CopyMixer::kLengths][CopyMixer::kKinds] = {
    {{.05f, .1f, .1f},
     {.15f, .3f, .2f},
     {.3f, .5f, .3f},
     {.5f, .7f, .4f},
     {.6f, .8f, .5f},
     {.7f, .9f, .6f},
     {.8f, .9f, .6f},
     {.9f, .95f, .6f}},
    {{.03f, .05f, .05f},
     {.1f, .2f, .1f},
     {.2f, .4f, .2f},
     {.4f, .6f, .3f},
     {.5f, .7f, .4f},
     {.6f, .8f, .5f},
     {.7f, .9f, .5f},
     {.8f, .9f, .5f}},
};

int length_row(int length) {
  constexpr int kUpTo[CopyMixer::kLengths - 1] = {1, 2, 3, 5, 8, 15, 31};
  return static_cast<int>(std::ranges::lower_bound(kUpTo, length) - kUpTo);
}

}  // namespace

CopyMixer::CopyMixer(std::vector<MixText> texts) {
  for (MixText& text : texts) readers_.push_back({std::move(text), {}});
}

void CopyMixer::begin(std::span<const TokenId> text) {
  for (Reader& reader : readers_) reader.context = {};
  for (const TokenId id : text.last(std::min(text.size(), kContextTokensMax))) append(id);
}

void CopyMixer::append(TokenId id) {
  for (Reader& reader : readers_) reader.context = reader.source.text->step(reader.context, id);
}

const Mixture& CopyMixer::next() {
  mixture_.weight = 0;
  mixture_.shares.clear();
  cell_ = -1;
  int best = 0;
  MixLevel level = MixLevel::kFiles;
  std::vector<std::pair<const Continuations*, Continuations::Context>> found;
  for (const Reader& reader : readers_) {
    // Where the longest context stood at the end of a text only, a shorter one may go on.
    Continuations::Context context = reader.context;
    while (context.length > 0 && reader.source.text->next(context).empty())
      context = reader.source.text->shorter(context);
    const bool nearer = reader.source.level < level;
    if (context.length < std::max(best, 1) ||
        (context.length == best && reader.source.level > level))
      continue;
    if (context.length > best || nearer) found.clear();
    best = context.length;
    level = reader.source.level;
    found.emplace_back(reader.source.text.get(), context);
  }
  std::int64_t total = 0;
  for (const auto& [text, context] : found)
    for (const Continuations::Next& next : text->next(context)) {
      total += next.count;
      const auto same = text == found.front().first
                            ? mixture_.shares.end()
                            : std::ranges::find(mixture_.shares, next.id, &Mixture::Share::id);
      if (same != mixture_.shares.end())
        same->probability += static_cast<float>(next.count);
      else
        mixture_.shares.push_back({next.id, static_cast<float>(next.count)});
    }
  if (total == 0) return mixture_;
  for (Mixture::Share& share : mixture_.shares) share.probability /= static_cast<float>(total);
  const Kind kind = mixture_.shares.size() > 1 ? kVaries : (total > 1 ? kAlways : kOnce);
  const int row = length_row(best);
  cell_ = (static_cast<int>(level) * kLengths + row) * kKinds + kind;
  mixture_.weight = kWeights[static_cast<int>(level)][row][kind];
  return mixture_;
}

}  // namespace curlew::model

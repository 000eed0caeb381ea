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
    {{.14f, .33f, .16f},
     {.27f, .52f, .30f},
     {.30f, .59f, .33f},
     {.40f, .70f, .43f},
     {.51f, .79f, .19f},
     {.67f, .84f, .37f},
     {.78f, .87f, .45f},
     {.86f, .89f, .47f}},
    {{.11f, .33f, .05f},
     {.18f, .25f, .16f},
     {.23f, .30f, .18f},
     {.40f, .46f, .28f},
     {.53f, .59f, .26f},
     {.73f, .78f, .31f},
     {.86f, .77f, .60f},
     {.97f, .98f, .63f}},
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

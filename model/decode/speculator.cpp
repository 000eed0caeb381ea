#include "model/decode/speculator.h"

#include <algorithm>

namespace curlew::model {
namespace {

// Of one more token in a step, before anything was measured: a core or two on a 4-bit model.
constexpr double kGuessedTokenCost = 0.15;
constexpr double kCostMemory = 0.2, kRateMemory = 0.06;  // weight of the newest observation
constexpr double kGainMin = 1.03;  // a draft must promise this much, so that chance costs nothing
constexpr int kCopyWorthReturning = 4;
constexpr std::size_t kReturnBefore = 4, kReturnAfter = 64;  // tokens around the old place
constexpr int kReturnMatchMax = 8;
constexpr int kStartOfOriginal = 2;  // nothing is copied yet, but somewhere the copy will begin

double guessed(double tokens) {
  return 1 + kGuessedTokenCost * (tokens - 1);
}

}  // namespace

void StepCost::add(int tokens, double ms) {
  std::size_t idx = kSizes.size() - 1;
  while (idx > 0 && kSizes[idx] > tokens) --idx;
  Sample& sample = samples_[idx];
  const double weight = sample.count == 0 ? 1 : kCostMemory;
  sample.tokens += weight * (tokens - sample.tokens);
  sample.ms += weight * (ms - sample.ms);
  ++sample.count;
}

double StepCost::ratio(int tokens) const {
  return estimate(tokens) / estimate(1);
}

// Between two sizes that were measured: the line through them. Outside: the guess, through the
// nearest.
double StepCost::estimate(int tokens) const {
  const Sample* below = nullptr;
  for (const Sample& sample : samples_) {
    if (sample.count == 0) continue;
    if (sample.tokens >= tokens) {
      if (below == nullptr) return sample.ms * guessed(tokens) / guessed(sample.tokens);
      const double share = (tokens - below->tokens) / (sample.tokens - below->tokens);
      return below->ms + share * (sample.ms - below->ms);
    }
    below = &sample;
  }
  if (below == nullptr) return guessed(tokens);
  return below->ms * guessed(tokens) / guessed(below->tokens);
}

DraftRecord::DraftRecord() : rates_{0.15, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.97} {}

std::size_t DraftRecord::bucket_of(int match_length) {
  constexpr int kUpTo[kBuckets - 1] = {1, 2, 3, 5, 8, 15, 31};
  return static_cast<std::size_t>(std::ranges::lower_bound(kUpTo, match_length) - kUpTo);
}

double DraftRecord::rate(int match_length) const {
  return rates_[bucket_of(match_length)];
}

void DraftRecord::add(int match_length, bool right) {
  double& rate = rates_[bucket_of(match_length)];
  rate += kRateMemory * ((right ? 1. : 0.) - rate);
}

Speculator::Speculator(DraftRecord& record, const StepCost& cost, int draft_tokens_max,
                       std::vector<TokenId> text, Texts originals, Texts around)
    : record_(record),
      cost_(cost),
      draft_tokens_max_(draft_tokens_max < 0 ? kDraftTokensMax : draft_tokens_max),
      text_(std::move(text)),
      originals_(std::move(originals)),
      around_(std::move(around)) {}

void Speculator::append(TokenId id) {
  if (draft_tokens_max_ == 0) return;
  if (automaton_)
    advance(id);
  else
    generated_.push_back(id);
}

std::span<const TokenId> Speculator::propose(int max) {
  max = std::min({max, draft_tokens_max_, kDraftTokensMax});
  if (max <= 0) return {};
  if (!automaton_) build();
  if (!is_copying()) return {};
  const auto rest = automaton_->all().subspan(place_);
  const auto border = std::ranges::find(rest, TokenAutomaton::kBorder);
  const int available = static_cast<int>(std::min<std::ptrdiff_t>(border - rest.begin(), max));
  return rest.first(static_cast<std::size_t>(choose_length(available)));
}

// What is likelier stands later: of two equal matches the automaton prefers the later one.
void Speculator::build() {
  std::size_t tokens = text_.size() + generated_.size() + 64;
  for (const Texts* texts : {&originals_, &around_})
    for (const auto& text : *texts) tokens += text.size() + 1;
  automaton_.emplace(tokens);
  const auto add_text = [&](std::span<const TokenId> text) {
    automaton_->begin_text();
    const std::size_t start = automaton_->all().size();
    for (const TokenId id : text) automaton_->append(id);
    return start;
  };
  for (const auto& text : around_) add_text(text);
  for (std::size_t i = originals_.size(); i-- > 0;) {
    if (originals_[i].empty()) continue;
    place_ = broke_off_ = add_text(originals_[i]);
    copied_ = kStartOfOriginal;
  }
  add_text(text_);
  if (copied_ == 0) find_place();
  for (const TokenId id : generated_) advance(id);
  text_ = {}, generated_ = {}, originals_ = {}, around_ = {};
}

void Speculator::advance(TokenId id) {
  const bool had_copy = is_copying();
  const bool right = had_copy && automaton_->all()[place_] == id;
  if (had_copy) record_.add(copied_, right);
  automaton_->append(id);
  if (right) {
    ++place_;
    ++copied_;
    return;
  }
  if (copied_ >= kCopyWorthReturning) broke_off_ = place_;
  copied_ = 0;
  find_place();
}

bool Speculator::is_copying() const {
  return copied_ > 0 && place_ < automaton_->all().size() &&
         automaton_->all()[place_] != TokenAutomaton::kBorder;
}

void Speculator::find_place() {
  if (broke_off_ != 0 && take_up_again()) return;
  const TokenAutomaton::Match& match = automaton_->match();
  place_ = match.end;
  copied_ = match.length;
}

// Looks around the old place for where the last tokens stand: the longest agreement, of equal ones
// the nearest. One token alone counts only if it stands there once.
bool Speculator::take_up_again() {
  const std::span<const TokenId> all = automaton_->all();
  const std::size_t first = broke_off_ > kReturnBefore ? broke_off_ - kReturnBefore : 1;
  const std::size_t end = std::min(broke_off_ + kReturnAfter, all.size() - 1);
  int best = 0, equals = 0;
  std::size_t best_place = 0;
  for (std::size_t place = first; place <= end; ++place) {
    int agree = 0;
    while (agree < kReturnMatchMax && static_cast<std::size_t>(agree) < place &&
           all[place - 1 - static_cast<std::size_t>(agree)] ==
               all[all.size() - 1 - static_cast<std::size_t>(agree)] &&
           all[place - 1 - static_cast<std::size_t>(agree)] != TokenAutomaton::kBorder)
      ++agree;
    if (agree == 0 || agree < best) continue;
    equals = agree == best ? equals + 1 : 1;
    const auto distance = [&](std::size_t at) {
      return at > broke_off_ ? at - broke_off_ : broke_off_ - at;
    };
    if (agree > best || distance(place) < distance(best_place)) best_place = place;
    best = agree;
  }
  if (best == 0 || (best == 1 && equals > 1)) return false;
  place_ = best_place;
  copied_ = best;
  return true;
}

// The length with the most tokens for the time, if it is worth it at all.
int Speculator::choose_length(int available) const {
  double certain = 1, tokens = 1, best_gain = kGainMin;
  int best = 0;
  for (int length = 1; length <= available; ++length) {
    certain *= record_.rate(copied_ + length - 1);
    tokens += certain;
    const double gain = tokens / cost_.ratio(length + 1);
    if (gain > best_gain) {
      best_gain = gain;
      best = length;
    }
  }
  return best;
}

}  // namespace curlew::model

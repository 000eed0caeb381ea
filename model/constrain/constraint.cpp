#include "model/constrain/constraint.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "model/constrain/grammar.h"
#include "model/constrain/mask_builder.h"

namespace curlew::model {
namespace {

constexpr std::size_t kForcedBytesMax = 4096;

// A vocabulary, and what is known of the rules that grammars share.
struct Known {
  explicit Known(const Tokenizer& tokenizer) : vocabulary(tokenizer), shared(vocabulary) {}

  const TokenVocabulary vocabulary;
  SharedMasks shared;
};

// What is known of one grammar over one vocabulary. When it has grown too large a fresh builder
// takes the place of the old one; constraints move over at their next call.
struct Learnt {
  Learnt(std::shared_ptr<Known> of, std::shared_ptr<const Grammar> with)
      : known(std::move(of)), grammar(std::move(with)), builder(fresh()) {}

  std::shared_ptr<MaskBuilder> fresh() const {
    return std::make_shared<MaskBuilder>(known->vocabulary, grammar->rules(), &known->shared);
  }

  const std::shared_ptr<Known> known;
  const std::shared_ptr<const Grammar> grammar;
  std::mutex mutex;  // guards everything below, and every builder ever handed out
  std::shared_ptr<MaskBuilder> builder;
};

class GrammarConstraint : public Constraint {
 public:
  explicit GrammarConstraint(std::shared_ptr<Learnt> learnt)
      : learnt_(std::move(learnt)), mask_(learnt_->known->vocabulary.tokenizer.size()) {
    std::lock_guard lock(learnt_->mutex);
    builder_ = learnt_->builder;
    state_ = builder_->states().start();
    ends_ = builder_->states().ends(state_);
  }

  const TokenMask& allowed() override {
    if (mask_is_current_) return mask_;
    std::lock_guard lock(learnt_->mutex);
    renew();
    builder_->build(state_, mask_);
    mask_is_current_ = true;
    return mask_;
  }

  void accept(TokenId id) override {
    const TokenVocabulary& vocabulary = learnt_->known->vocabulary;
    const std::vector<TokenId>& ends = vocabulary.end_of_generation;
    if (std::find(ends.begin(), ends.end(), id) != ends.end()) return;
    std::lock_guard lock(learnt_->mutex);
    renew();
    const std::string_view bytes = vocabulary.tokenizer.piece(id);
    if (bytes.empty()) state_ = StateTable::kDead;
    for (const char byte : bytes) {
      state_ = builder_->states().next(state_, static_cast<std::uint8_t>(byte));
    }
    ends_ = builder_->states().ends(state_);
    mask_is_current_ = false;
  }

  bool is_complete() const override { return ends_; }

  std::unique_ptr<Constraint> fork() const override {
    return std::make_unique<GrammarConstraint>(*this);
  }

  std::vector<TokenId> forced(int max) override {
    if (max <= 0 || ends_) return {};
    std::string bytes;
    const bool choice_follows = find_forced(bytes);
    const Tokenizer& tokenizer = learnt_->known->vocabulary.tokenizer;
    std::vector<TokenId> ids = tokenizer.encode(bytes, {.literal = true, .continues = true});
    if (choice_follows && !ids.empty()) ids.pop_back();
    std::size_t at = 0, kept = 0;  // only tokens that say what is forced, byte for byte
    for (; kept < ids.size() && kept < static_cast<std::size_t>(max); ++kept) {
      const std::string_view piece = tokenizer.piece(ids[kept]);
      if (piece.empty() || !std::string_view(bytes).substr(at).starts_with(piece)) break;
      at += piece.size();
    }
    ids.resize(kept);
    return ids;
  }

 private:
  // Moves to a fresh builder when this one has grown too large. Under the mutex.
  void renew() {
    if (builder_->size_bytes() <= ConstraintCompiler::kLearntBytesMax) return;
    if (learnt_->builder->size_bytes() > ConstraintCompiler::kLearntBytesMax) {
      learnt_->builder = learnt_->fresh();
    }
    state_ = learnt_->builder->states().import(builder_->states(), state_);
    builder_ = learnt_->builder;
  }

  // The bytes that must come next; whether there is a choice, or more, behind them.
  bool find_forced(std::string& bytes) {
    std::lock_guard lock(learnt_->mutex);
    renew();
    StateTable& states = builder_->states();
    StateId at = state_;
    while (bytes.size() < kForcedBytesMax && !states.ends(at)) {
      const int byte = states.only_byte(at);
      if (byte < 0) return true;
      bytes += static_cast<char>(byte);
      at = states.next(at, static_cast<std::uint8_t>(byte));
    }
    return !states.ends(at) || !states.configs(at).empty();
  }

  const std::shared_ptr<Learnt> learnt_;
  std::shared_ptr<MaskBuilder> builder_;
  StateId state_ = StateTable::kDead;
  bool ends_ = false;
  TokenMask mask_;
  bool mask_is_current_ = false;
};

}  // namespace

struct ConstraintCompiler::Impl {
  explicit Impl(const Tokenizer& tokenizer) : known(std::make_shared<Known>(tokenizer)) {}

  std::shared_ptr<Learnt> learnt_of(const std::shared_ptr<const Grammar>& grammar) {
    std::lock_guard lock(mutex);
    const auto at = std::find_if(recent.begin(), recent.end(),
                                 [&](const auto& l) { return l->grammar == grammar; });
    if (at != recent.end()) {
      std::rotate(recent.begin(), at, at + 1);
      return recent.front();
    }
    recent.insert(recent.begin(), std::make_shared<Learnt>(known, grammar));
    if (recent.size() > kGrammarsKept) recent.pop_back();
    return recent.front();
  }

  const std::shared_ptr<Known> known;
  std::mutex mutex;
  std::vector<std::shared_ptr<Learnt>> recent;  // guarded by mutex; the latest first
};

ConstraintCompiler::ConstraintCompiler(const Tokenizer& tokenizer)
    : impl_(std::make_unique<Impl>(tokenizer)) {}

ConstraintCompiler::~ConstraintCompiler() = default;

std::unique_ptr<Constraint> ConstraintCompiler::start(
    std::shared_ptr<const Grammar> grammar) const {
  return std::make_unique<GrammarConstraint>(impl_->learnt_of(grammar));
}

}  // namespace curlew::model

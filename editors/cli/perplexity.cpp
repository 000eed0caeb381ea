// curlew perplexity: how well a model predicts a text, and how far it is from a reference model.
//
// The text is read in windows that overlap by half. Every token but the very first is predicted
// once, from at least half a window of context once there is as much. Keys and values are kept in
// full precision, so that only the weights make a difference.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "editors/cli/engine.h"
#include "editors/cli/json_output.h"
#include "editors/cli/report.h"

namespace curlew::cli {
namespace {

using model::TokenId;

constexpr int kWindowTokens = 512;  // unless --context says otherwise

struct Tally {
  std::int64_t tokens = 0, scored = 0, bytes = 0;
  double nats = 0;  // -log p(token), summed
  // With a reference only; divergences are of its distribution from the model's, in nats.
  double reference_nats = 0, kl_sum = 0, kl_max = 0;
  std::int64_t top_agrees = 0;

  double mean(double sum) const { return scored > 0 ? sum / static_cast<double>(scored) : 0.0; }
};

// Logits of one position, and what turns them into log-probabilities.
class Row {
 public:
  explicit Row(std::span<const float> logits) : logits_(logits) {
    const auto top = std::max_element(logits.begin(), logits.end());
    top_ = static_cast<TokenId>(top - logits.begin());
    double sum = 0;
    for (const float logit : logits) sum += std::exp(double{logit} - *top);
    log_sum_ = *top + std::log(sum);
  }
  double log_p(std::size_t id) const { return logits_[id] - log_sum_; }
  TokenId top() const { return top_; }

  double divergence_from(const Row& model) const {
    double sum = 0;
    for (std::size_t id = 0; id < logits_.size(); ++id)
      sum += std::exp(log_p(id)) * (log_p(id) - model.log_p(id));
    return std::max(0.0, sum);
  }

 private:
  std::span<const float> logits_;
  TokenId top_ = 0;
  double log_sum_ = 0;
};

class Measurement {
 public:
  // `reference` may be null. Both engines hold `window` tokens.
  Measurement(model::Engine& engine, model::Engine* reference, int window)
      : engine_(engine), reference_(reference), window_(window) {
    const model::SpecialTokens& special = engine.tokenizer().special();
    if (special.add_bos && special.bos >= 0) prefix_.push_back(special.bos);
  }

  Status add_text(const std::string& name, const std::string& text) {
    const model::EncodeOptions encode{.literal = true};
    const std::vector<TokenId> ids = engine_.tokenizer().encode(text, encode);
    if (reference_ != nullptr && reference_->tokenizer().encode(text, encode) != ids)
      return assist::fail(assist::Errc::kInvalidInput,
                          "{}: the reference model has other tokens for this text, so that their "
                          "distributions cannot be compared",
                          name);
    if (ids.size() < 2)
      return assist::fail(assist::Errc::kInvalidInput, "{}: expected a text of two tokens or more",
                          name);
    tally_.tokens += static_cast<std::int64_t>(ids.size());
    tally_.bytes += static_cast<std::int64_t>(text.size());
    if (prefix_.empty())  // nothing stands before the first token, so it is not predicted
      tally_.bytes -=
          static_cast<std::int64_t>(engine_.tokenizer().decode(std::span(ids).first(1)).size());
    return add_windows(name, ids);
  }

  const Tally& tally() const { return tally_; }

 private:
  Status add_windows(const std::string& name, const std::vector<TokenId>& ids) {
    const std::size_t room = static_cast<std::size_t>(window_) - prefix_.size();
    std::size_t next = prefix_.empty() ? 1 : 0;  // the first token not yet predicted
    std::size_t begin = 0;
    while (next < ids.size()) {
      const std::size_t end = std::min(ids.size(), begin + room);
      std::vector<TokenId> window = prefix_;
      window.insert(window.end(), ids.begin() + static_cast<std::ptrdiff_t>(begin),
                    ids.begin() + static_cast<std::ptrdiff_t>(end));
      if (Status ok = add_window(window, prefix_.size() + next - begin); !ok) return ok;
      progress_.show(static_cast<double>(end) / static_cast<double>(ids.size()), name);
      next = end;
      begin = end - std::min(end, room - room / 2);
    }
    progress_.clear();
    return {};
  }

  // Scores the tokens from window[first] on.
  Status add_window(const std::vector<TokenId>& window, std::size_t first) {
    auto logits = engine_.logits(window);
    if (!logits) return tl::unexpected<assist::Error>(std::move(logits.error()));
    std::vector<float> reference;
    if (reference_ != nullptr) {
      auto got = reference_->logits(window);
      if (!got) return tl::unexpected<assist::Error>(std::move(got.error()));
      reference = std::move(*got);
    }
    const std::size_t n_vocab = logits->size() / window.size();
    const auto row_of = [n_vocab](const std::vector<float>& logits, std::size_t i) {
      return Row(std::span(logits).subspan((i - 1) * n_vocab, n_vocab));
    };
    for (std::size_t i = first; i < window.size(); ++i) {
      const auto id = static_cast<std::size_t>(window[i]);
      const Row row = row_of(*logits, i);  // what stands before a token predicts it
      ++tally_.scored;
      tally_.nats -= row.log_p(id);
      if (reference_ == nullptr) continue;
      const Row other = row_of(reference, i);
      const double kl = other.divergence_from(row);
      tally_.reference_nats -= other.log_p(id);
      tally_.kl_sum += kl;
      tally_.kl_max = std::max(tally_.kl_max, kl);
      tally_.top_agrees += row.top() == other.top();
    }
    return {};
  }

  model::Engine& engine_;
  model::Engine* reference_;
  int window_;
  std::vector<TokenId> prefix_;
  Tally tally_;
  ProgressLine progress_;
};

Expected<std::unique_ptr<model::Engine>> open_reference(const CommonOptions& common,
                                                        const PerplexityOptions& options,
                                                        const model::Engine& engine, int window) {
  if (options.against.empty()) return nullptr;
  CommonOptions other = common;
  other.settings.model = options.against;
  other.settings_keys.push_back("model");
  auto reference = open_engine(other, model::KvPrecision::kF32, window);
  if (reference && (*reference)->config().n_vocab != engine.config().n_vocab)
    return assist::fail(assist::Errc::kInvalidInput,
                        "the models' vocabularies differ: {} and {} tokens",
                        engine.config().n_vocab, (*reference)->config().n_vocab);
  return reference;
}

Json to_json(const Tally& tally, const model::Engine& engine, const model::Engine* reference,
             int window, double seconds) {
  Json out = {{"perplexity", std::exp(tally.mean(tally.nats))},
              {"bits_per_byte", tally.nats / std::numbers::ln2 /
                                    static_cast<double>(std::max<std::int64_t>(1, tally.bytes))},
              {"nats_per_token", tally.mean(tally.nats)},
              {"tokens", tally.tokens},
              {"scored_tokens", tally.scored},
              {"bytes", tally.bytes},
              {"context_tokens", window},
              {"model", engine.info().model},
              {"type", engine.info().weights},
              {"seconds", seconds}};
  if (reference != nullptr)
    out["against"] = {{"model", reference->info().model},
                      {"type", reference->info().weights},
                      {"perplexity", std::exp(tally.mean(tally.reference_nats))},
                      {"kl_mean", tally.mean(tally.kl_sum)},
                      {"kl_max", tally.kl_max},
                      {"top1_agreement", tally.mean(static_cast<double>(tally.top_agrees))}};
  return out;
}

std::string describe(const Json& json) {
  const auto number = [&](const char* key) { return json[key].get<double>(); };
  std::string out =
      fmt::format("perplexity      {:.4f}\nbits per byte   {:.4f}\n{} of {} tokens\n",
                  number("perplexity"), number("bits_per_byte"),
                  json["scored_tokens"].get<std::int64_t>(), json["tokens"].get<std::int64_t>());
  if (!json.contains("against")) return out;
  const Json& against = json["against"];
  return out + fmt::format(
                   "against {} {}\n  its perplexity    {:.4f}\n  KL divergence     mean {:.6f}, "
                   "max {:.4f} nats\n  same top token    {:.2f}%\n",
                   against["model"].get<std::string>(), against["type"].get<std::string>(),
                   against["perplexity"].get<double>(), against["kl_mean"].get<double>(),
                   against["kl_max"].get<double>(), 100 * against["top1_agreement"].get<double>());
}

}  // namespace

int run_perplexity(const CommonOptions& common, const PerplexityOptions& options) {
  const auto& keys = common.settings_keys;
  const bool named = std::find(keys.begin(), keys.end(), "context_tokens") != keys.end();
  const int window = named ? common.settings.context_tokens : kWindowTokens;
  if (window < 4) return report_error("--context: expected 4 tokens or more");
  auto engine = open_engine(common, model::KvPrecision::kF32, window);
  if (!engine) return report(engine.error());
  auto reference = open_reference(common, options, **engine, window);
  if (!reference) return report(reference.error());

  const auto start = std::chrono::steady_clock::now();
  Measurement measurement(**engine, reference->get(), window);
  for (const std::filesystem::path& path : options.files) {
    auto text = read_file(path);
    if (!text) return report(text.error());
    if (Status ok = measurement.add_text(path.string(), *text); !ok) return report(ok.error());
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Json json = to_json(measurement.tally(), **engine, reference->get(), window, seconds);
  return print(common.json ? dump(json) + "\n" : describe(json));
}

}  // namespace curlew::cli

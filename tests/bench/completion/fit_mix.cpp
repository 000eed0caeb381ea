// Fits the weights of model/decode/copy_mixer.cpp, and says what the mix is worth.
//
//   fit_mix CASES.jsonl MODEL.gguf [--trees DIR] [--limit N]
//
// Every case is a prompt with a known answer. The answer is dictated; for each of its tokens stand
// the probability the model gave it, the share the text at hand gave it, and the cell of the table
// that was in charge. A cell's weight is the one that makes its tokens likeliest, found by
// expectation maximisation (Dempster et al. 1977) on even cases; odd cases tell what it is worth.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "model/decode/continuation_cache.h"
#include "model/decode/copy_mixer.h"
#include "model/decode/distribution.h"
#include "model/decode/engine.h"
#include "tests/bench/completion/cases.h"

namespace {

using namespace curlew::model;
using nlohmann::json;

constexpr std::size_t kPrefixBytesMax = 2000, kSuffixBytesMax = 1000;

struct Observation {
  int cell = -1;
  double model = 0, share = 0;  // probabilities of the token that came
};

// The tokens of an answer, dictated behind its prefix.
std::vector<Observation> observe(Engine& engine, ContinuationCache& cache, const json& value,
                                 const std::string& trees) {
  const Tokenizer& tokenizer = engine.tokenizer();
  std::string prefix = value["prefix"];
  if (prefix.size() > kPrefixBytesMax) prefix.erase(0, prefix.size() - kPrefixBytesMax);
  auto before = tokenizer.encode(prefix, {.literal = true});
  const auto after = tokenizer.encode(value["suffix"].get<std::string>().substr(0, kSuffixBytesMax),
                                      {.literal = true, .continues = true});
  const auto answer =
      tokenizer.encode(value["middle"].get<std::string>(), {.literal = true, .continues = true});
  const auto context = static_cast<std::size_t>(engine.info().context_tokens);
  if (before.empty() || answer.size() >= context) return {};
  const std::size_t kept = std::min(before.size(), context - answer.size());
  before.erase(before.begin(), before.end() - static_cast<std::ptrdiff_t>(kept));
  std::vector<TokenId> ids = before;
  ids.insert(ids.end(), answer.begin(), answer.end());
  const auto logits = engine.logits(ids);
  if (!logits) return {};

  const std::vector<std::vector<TokenId>> here = {after, before};
  std::vector<MixText> texts = {{MixLevel::kPrompt, std::make_shared<const Continuations>(here)}};
  for (const curlew::bench::Neighbour& file : curlew::bench::neighbours(trees, value))
    texts.push_back({MixLevel::kFiles, cache.of(*file.text, tokenizer)});
  CopyMixer mixer(std::move(texts));
  mixer.begin(before);
  const std::size_t n_vocab = static_cast<std::size_t>(tokenizer.size());
  std::vector<Observation> seen;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const auto row = std::span(*logits).subspan((before.size() - 1 + i) * n_vocab, n_vocab);
    const Mixture& mixture = mixer.next();
    const auto share = std::ranges::find(mixture.shares, answer[i], &Mixture::Share::id);
    seen.push_back({mixer.cell(), std::exp(log_probability(row, answer[i])),
                    share == mixture.shares.end() ? 0. : share->probability});
    mixer.append(answer[i]);
  }
  return seen;
}

struct Cell {
  std::vector<Observation> fitted, held;
  double weight = 0;
};

double fit(const std::vector<Observation>& seen) {
  constexpr int kRounds = 60;
  constexpr double kPrior = 4;  // observations that say half: a rare cell stays moderate
  double weight = 0.3;
  for (int round = 0; round < kRounds && !seen.empty(); ++round) {
    double copied = 0.5 * kPrior;
    for (const Observation& o : seen) {
      const double both = (1 - weight) * o.model + weight * o.share;
      if (both > 0) copied += weight * o.share / both;
    }
    weight = copied / (static_cast<double>(seen.size()) + kPrior);
  }
  return seen.empty() ? 0 : weight;
}

double bits(const std::vector<Observation>& seen, double weight) {
  double sum = 0;
  for (const Observation& o : seen)
    sum -= std::log2(std::max(1e-9, (1 - weight) * o.model + weight * o.share));
  return sum;
}

void report(std::vector<Cell>& cells, const std::vector<Observation>& without) {
  double before = bits(without, 0), after = before;
  std::size_t tokens = without.size();
  for (int level = 0; level < kMixLevels; ++level) {
    std::printf("    {");
    for (int row = 0; row < CopyMixer::kLengths; ++row) {
      std::printf("%s{", row == 0 ? "" : ", ");
      for (int kind = 0; kind < CopyMixer::kKinds; ++kind) {
        Cell& cell = cells[static_cast<std::size_t>(
            (level * CopyMixer::kLengths + row) * CopyMixer::kKinds + kind)];
        cell.weight = fit(cell.fitted);
        std::printf("%s%.2ff", kind == 0 ? "" : ", ", cell.weight);
        before += bits(cell.held, 0);
        after += bits(cell.held, cell.weight);
        tokens += cell.held.size();
      }
      std::printf("}");
    }
    std::printf("},\n");
  }
  std::printf("held-out tokens: %zu, bits a token: model %.3f, mixed %.3f\n", tokens,
              before / static_cast<double>(tokens), after / static_cast<double>(tokens));
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = curlew::bench::read_arguments(
      argc, argv, "fit_mix CASES.jsonl MODEL.gguf [--trees DIR] [--limit N]");
  if (!arguments) return 2;
  auto engine = Engine::load({.model = arguments->plain[1]});
  if (!engine) {
    std::fprintf(stderr, "fit_mix: %s\n", engine.error().message().c_str());
    return 2;
  }
  ContinuationCache cache;
  std::vector<Cell> cells(CopyMixer::kCells);
  std::vector<Observation> without;  // held-out tokens of which the text at hand knew nothing
  bool is_held = true;
  const auto take = [&](const json& value) {
    is_held = !is_held;
    for (const Observation& o : observe(**engine, cache, value, arguments->option("trees"))) {
      if (o.cell < 0) {
        if (is_held) without.push_back(o);
        continue;
      }
      Cell& cell = cells[static_cast<std::size_t>(o.cell)];
      (is_held ? cell.held : cell.fitted).push_back(o);
    }
  };
  if (!curlew::bench::for_each_case(arguments->plain[0], *arguments, take)) return 2;
  report(cells, without);
  return 0;
}

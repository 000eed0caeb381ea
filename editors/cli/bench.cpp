// curlew bench: how fast the engine reads prompts and writes tokens, in the terms llama-bench uses.
#include <algorithm>
#include <functional>

#include "editors/cli/engine.h"
#include "editors/cli/json_output.h"
#include "editors/cli/report.h"
#include "kernels/ops.h"
#include "model/files/model_file.h"

namespace curlew::cli {
namespace {

struct BenchCase {
  enum class Kind { kPrompt, kGenerate } kind;
  int tokens, depth;

  std::string name() const {
    std::string out = fmt::format("{}{}", kind == Kind::kPrompt ? "pp" : "tg", tokens);
    return depth > 0 ? fmt::format("{}@d{}", out, depth) : out;
  }
};

struct Rates {
  double median, min, max;  // tokens per second
};

Rates rates_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return {n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2, values.front(),
          values.back()};
}

Expected<Rates> measure(model::Engine& engine, const BenchCase& bench, int repetitions) {
  const auto once = [&] {
    return bench.kind == BenchCase::Kind::kPrompt
               ? engine.time_prefill(bench.tokens, bench.depth, std::stop_token())
               : engine.time_decode(bench.tokens, bench.depth, std::stop_token());
  };
  std::vector<double> per_second;
  for (int i = 0; i <= repetitions; ++i) {  // the first is the warm-up
    auto seconds = once();
    if (!seconds) return tl::unexpected<assist::Error>(std::move(seconds.error()));
    if (i > 0) per_second.push_back(bench.tokens / std::max(*seconds, 1e-9));
  }
  return rates_of(std::move(per_second));
}

// Bytes of weights that one decode step must read: everything but an embedding table that only
// gives one row, and of the experts those that a token uses.
double weight_bytes_per_step(const model::ModelFile& file, const model::ModelConfig& config) {
  const model::ExpertConfig& experts = config.experts;
  double bytes = 0;
  for (const model::ModelTensor& tensor : file.tensors()) {
    if (!config.tied_output && tensor.name == "token_embd.weight") continue;
    const bool is_expert = tensor.name.find("_exps.") != std::string_view::npos;
    bytes += static_cast<double>(tensor.bytes.size()) *
             (is_expert ? static_cast<double>(experts.used) / experts.count : 1.0);
  }
  return bytes;
}

Json row(const model::Engine& engine, const BenchCase& bench, const Rates& rates,
         double weight_bytes, int threads) {
  const model::GeneratorInfo info = engine.info();
  Json out = {
      {"test", bench.name()},
      {"tokens_per_second", {{"median", rates.median}, {"min", rates.min}, {"max", rates.max}}},
      {"ms_per_token", 1000.0 / rates.median}};
  if (bench.kind == BenchCase::Kind::kGenerate) {
    const double positions = bench.depth + bench.tokens / 2;
    const double bytes =
        weight_bytes + positions * static_cast<double>(engine.kv_bytes_per_token());
    out["bytes_per_step"] = bytes;
    out["bandwidth_gb_s"] = bytes * rates.median / 1e9;
  } else {
    out["bytes_per_step"] = nullptr;
    out["bandwidth_gb_s"] = nullptr;
  }
  out["device"] = info.device;
  out["threads"] = threads;
  out["model"] = info.model;
  out["type"] = info.weights;
  out["commit"] = CURLEW_COMMIT;
  return out;
}

std::vector<BenchCase> cases_of(const BenchOptions& options) {
  std::vector<BenchCase> out;
  for (const int depth : options.depth) {
    for (const int tokens : options.prompt)
      if (tokens > 0) out.push_back({BenchCase::Kind::kPrompt, tokens, depth});
    for (const int tokens : options.generate)
      if (tokens > 0) out.push_back({BenchCase::Kind::kGenerate, tokens, depth});
  }
  return out;
}

}  // namespace

int run_bench(const CommonOptions& common, const BenchOptions& options) {
  const std::vector<BenchCase> cases = cases_of(options);
  int context_tokens = 0;
  for (const BenchCase& bench : cases)
    context_tokens = std::max(context_tokens, bench.depth + bench.tokens);
  auto engine = open_engine(common, model::KvPrecision::kAuto, context_tokens);
  if (!engine) return report(engine.error());
  auto file = model::ModelFile::open((*engine)->model_path());
  if (!file) return report(file.error());
  const double weight_bytes = weight_bytes_per_step(*file, (*engine)->config());
  const int threads = (*engine)->threads();

  Json list = Json::array();
  std::string table;
  for (const BenchCase& bench : cases) {
    auto rates = measure(**engine, bench, options.repetitions);
    if (!rates) return report(rates.error());
    list.push_back(row(**engine, bench, *rates, weight_bytes, threads));
    table += fmt::format("{:<14} {:>10.1f} tokens/s  ({:.1f} to {:.1f})\n", bench.name(),
                         rates->median, rates->min, rates->max);
  }
  if (common.json) return print(dump(list) + "\n");
  const model::GeneratorInfo info = (*engine)->info();
  return print(fmt::format("{} {} {}\n{}", info.model, info.weights, info.device, table));
}

}  // namespace curlew::cli

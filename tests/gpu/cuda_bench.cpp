// What the card does with a model: decode at two depths, verification of drafts, prefill; each with
// the bytes it moves and its share of the bandwidth measured on the same card in the same run. Then
// what a request sees of it, by way of the engine: the first token of a prompt that is mostly known,
// an edit that copies, and how long a cancelled request goes on. And what the kernels of long prompts
// do by themselves (prompt_kernels.cpp).
//
//   cuda_bench NAME kernels           the kernels of prompts only, which need no model
//   cuda_bench MODEL.gguf NAME [all]  one line a measurement, tab-separated, medians of kRounds:
//   NAME  work  tokens/s  ms/step  GiB/step  GB/s  share of the measured copy bandwidth
//   of kernels: TFLOP/s in place of GB/s, nothing behind it. all: prompts also without cuBLASLt, and
//   with no weights kept as halves
//
// The model's numbers do not matter (tests/bench/models/make_model.cpp writes random ones of real
// shapes); the tokens are arbitrary. A step is timed from its tokens on the host to its logits on
// the host, as the engine takes it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <thread>

#include "model/constrain/grammar.h"
#include "model/cuda/cards.h"
#include "model/cuda/cuda_network.h"
#include "model/decode/engine.h"
#include "tests/gpu/prompt_kernels.h"

namespace curlew::model {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;
constexpr int kStepsPerRound = 50;
constexpr int kContextTokens = 8192 + 512;
constexpr std::size_t kCopyBytes = std::size_t{1} << 30;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// GB/s of a copy within the card, counting bytes read and written.
Expected<double> copy_bandwidth() {
  Expected<Stream> stream = Stream::make();
  if (!stream) return std::move(stream.error()).pass();
  Expected<DeviceMemory> a = take_device_memory(kCopyBytes, "a copy");
  Expected<DeviceMemory> b = take_device_memory(kCopyBytes, "a copy");
  if (!a || !b) return fail(Errc::kOutOfMemory, "no device memory to measure with");
  std::vector<double> ms;
  cudaMemsetAsync(a->data(), 1, kCopyBytes, *stream);
  for (int i = 0; i < 2 * kRounds; ++i) {
    cudaStreamSynchronize(*stream);
    const auto start = Clock::now();
    cudaMemcpyAsync(b->data(), a->data(), kCopyBytes, cudaMemcpyDeviceToDevice, *stream);
    const cudaError_t error = cudaStreamSynchronize(*stream);
    if (Status s = cuda_status(error, "a copy"); !s) return std::move(s.error()).pass();
    ms.push_back(ms_since(start));
  }
  return 2e-6 * static_cast<double>(kCopyBytes) / median(ms);
}

class Bench {
 public:
  Bench(const ModelFile& file, const ModelConfig& config, CudaNetwork& network, std::string name,
        double copy_gb_per_s)
      : config_(config),
        network_(network),
        name_(std::move(name)),
        copy_gb_per_s_(copy_gb_per_s),
        logits_(static_cast<std::size_t>(CudaNetwork::kRowsMax) *
                static_cast<std::size_t>(config.n_vocab)) {
    // A step reads every matrix once but the embedding, of which it reads rows.
    weight_bytes_ = static_cast<double>(network.memory().weight_bytes);
    if (!config.tied_output)
      weight_bytes_ -= static_cast<double>(file.tensor("token_embd.weight")->bytes.size());
    for (const ModelTensor& tensor : file.tensors())
      if (tensor.name.find("_exps.") != std::string_view::npos)
        expert_bytes_ += static_cast<double>(tensor.bytes.size());
  }

  Status decode(int depth) { return steps("decode", depth, 1); }
  Status verify(int tokens) { return steps("verify", 0, tokens); }

  Status prefill(int tokens, const std::string& way = "") {
    std::vector<double> ms;
    for (int round = 0; round <= kRounds; ++round) {
      KvSequence sequence(network_.kv());
      const auto start = Clock::now();
      if (Status s = extend(sequence, tokens); !s) return s;
      if (round > 0) ms.push_back(ms_since(start));  // the first one warms up
    }
    print(fmt::format("prefill {}{}", tokens, way), tokens / median(ms) * 1e3, median(ms), 0);
    return {};
  }

 private:
  // `tokens` a step, each step from the same depth.
  Status steps(const char* work, int depth, int tokens) {
    std::vector<double> ms;
    KvSequence sequence(network_.kv());
    if (Status s = extend(sequence, depth); !s) return s;
    for (int round = 0; round <= kRounds; ++round) {
      const auto start = Clock::now();
      for (int i = 0; i < kStepsPerRound; ++i) {
        if (Status s = step(sequence, tokens, LogitRows::kAll); !s) return s;
        sequence.truncate(depth);
      }
      if (round > 0) ms.push_back(ms_since(start) / kStepsPerRound);  // the first one warms up
    }
    const double kv_bytes = static_cast<double>(network_.kv().bytes()) / network_.kv().capacity() *
                            depth / kernels::kKvBlockTokens;
    print(fmt::format("{} {}, depth {}", work, tokens, depth), tokens / median(ms) * 1e3,
          median(ms), weight_bytes_ - unused_bytes(tokens) + kv_bytes);
    return {};
  }

  // Of experts that no token of a step is sent to, were each sent to others.
  double unused_bytes(int tokens) const {
    const ExpertConfig& e = config_.experts;
    if (e.count == 0) return 0;
    return expert_bytes_ * (1 - std::min(1., double{1} * tokens * e.used / e.count));
  }

  Status extend(KvSequence& sequence, int tokens) {
    for (int done = 0; done < tokens; done += network_.chunk_tokens())
      if (Status s =
              step(sequence, std::min(network_.chunk_tokens(), tokens - done), LogitRows::kNone);
          !s)
        return s;
    return {};
  }

  Status step(KvSequence& sequence, int tokens, LogitRows rows) {
    ids_.resize(static_cast<std::size_t>(tokens));
    std::iota(ids_.begin(), ids_.end(), 1000 + sequence.tokens() % 1000);
    if (!sequence.reserve(tokens)) return fail(Errc::kOutOfMemory, "the KV cache is full");
    const Segment segment = {.ids = ids_, .sequence = &sequence, .rows = rows};
    Expected<bool> ran = network_.forward({&segment, 1}, logits_.data(), [] { return false; });
    if (!ran) return std::move(ran.error()).pass();
    return {};
  }

  void print(const std::string& work, double tokens_per_s, double ms, double bytes) const {
    const double gb_per_s = bytes / ms * 1e-6;
    fmt::print("{}\t{}\t{:.0f}\t{:.3f}\t{:.2f}\t{:.0f}\t{:.0f}%\n", name_, work, tokens_per_s, ms,
               bytes / (1 << 30), gb_per_s, 100 * gb_per_s / copy_gb_per_s_);
    std::fflush(stdout);
  }

  const ModelConfig& config_;
  CudaNetwork& network_;
  const std::string name_;
  const double copy_gb_per_s_;
  double weight_bytes_ = 0, expert_bytes_ = 0;
  std::vector<float> logits_;
  std::vector<TokenId> ids_;
};

// Requests to an engine that has a card to itself.
class RequestBench {
 public:
  RequestBench(Engine& engine, std::string name) : engine_(engine), name_(std::move(name)) {}

  // Of a prompt of `tokens`, all but the last kNewTokens evaluated before.
  Status first_token(int tokens) {
    std::vector<double> ms;
    std::vector<TokenId> prompt = arbitrary(tokens, 0);
    if (Status s = generate(request(prompt, 1)); !s) return s;
    for (int round = 0; round < kRounds; ++round) {
      const std::vector<TokenId> end = arbitrary(kNewTokens, 31 * (round + 1));
      std::ranges::copy(end, prompt.end() - kNewTokens);
      if (Status s = generate(request(prompt, 1)); !s) return s;
      ms.push_back(last_.timings.prefill_ms);
    }
    print(fmt::format("first token, {} of {} new", kNewTokens, tokens), 0, median(ms));
    return {};
  }

  Status decode(int tokens) {
    if (Status s = generate(request(arbitrary(512, 7), tokens)); !s) return s;
    print("decode by requests", tokens, last_.timings.decode_ms);
    return {};
  }

  // An edit that leaves everything as it is: a grammar forces the text, so that with random weights
  // too every draft is accepted.
  Status copying(int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i)
      text += fmt::format("  value[{}] = combine(value[{}], limit);\n", i + 1, i);
    Expected<std::shared_ptr<const Grammar>> grammar = Grammar::one_of(std::vector{text});
    if (!grammar) return fail(Errc::kInternal, "{}", grammar.error().message());
    GenerateRequest r = request(arbitrary(512, 7), 6000);
    r.ignore_end = false;
    r.draft_tokens_max = -1;
    r.grammar = *grammar;
    std::vector<double> ms;
    for (int round = 0; round < kRounds; ++round) {
      if (Status s = generate(r); !s) return s;
      ms.push_back(last_.timings.decode_ms);
    }
    const int tokens = static_cast<int>(last_.tokens.size());
    print(fmt::format("copying, {} tokens a step", tokens / std::max(1, last_.steps)), tokens,
          median(ms));
    return {};
  }

  // From the request to stop, in the middle of a step, to the end of the call.
  Status cancel() {
    std::vector<double> ms;
    for (int round = 0; round < kRounds; ++round) {
      std::stop_source stop;
      Clock::time_point asked;
      std::jthread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200 + round));
        asked = Clock::now();
        stop.request_stop();
      });
      Expected<Generation> g =
          engine_.generate(request(arbitrary(64, 900 + round), 100000), stop.get_token());
      if (!g) return std::move(g.error()).pass();
      const Clock::time_point end = Clock::now();
      canceller.join();
      ms.push_back(std::chrono::duration<double, std::milli>(end - asked).count());
    }
    print("cancel", 0, median(ms));
    return {};
  }

 private:
  static constexpr int kNewTokens = 32;

  std::vector<TokenId> arbitrary(int count, int from) const {
    std::vector<TokenId> ids(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
      ids[static_cast<std::size_t>(i)] = (1000 + 17 * (i + from)) % engine_.config().n_vocab;
    return ids;
  }
  static GenerateRequest request(std::vector<TokenId> prompt, int tokens) {
    return {.prompt = std::move(prompt),
            .new_tokens_max = tokens,
            .ignore_end = true,
            .draft_tokens_max = 0};
  }
  Status generate(const GenerateRequest& r) {
    Expected<Generation> g = engine_.generate(r, {});
    if (!g) return std::move(g.error()).pass();
    last_ = std::move(*g);
    return {};
  }
  void print(const std::string& work, int tokens, double ms) const {
    fmt::print("{}\t{}\t{}\t{:.3f}\n", name_, work,
               tokens > 0 ? fmt::format("{:.0f}", tokens / ms * 1e3) : "", ms);
    std::fflush(stdout);
  }

  Engine& engine_;
  const std::string name_;
  Generation last_;
};

Status run_requests(const char* path, const char* name) {
  Expected<std::unique_ptr<Engine>> engine = Engine::load({.model = path,
                                                           .device = Device::kCuda,
                                                           .cards = &cuda_cards(),
                                                           .context_tokens = kContextTokens});
  if (!engine) return std::move(engine.error()).pass();
  RequestBench bench(**engine, name);
  if (Status s = bench.first_token(4096); !s) return s;
  if (Status s = bench.decode(1000); !s) return s;
  if (Status s = bench.copying(200); !s) return s;
  return bench.cancel();
}

// The same prompts by our own products alone, and with no weights kept.
Status prompts_without_library(const ModelFile& file, const ModelConfig& config, int context,
                               const char* name, double bandwidth) {
  for (const char* what : {"CURLEW_CUDA_LIBRARY", "CURLEW_CUDA_KEEP"}) {
    setenv(what, "0", 1);
    Expected<std::unique_ptr<CudaNetwork>> network = CudaNetwork::create(
        file, config, {.kv_blocks = kv_blocks_for(context) + 2, .context_tokens = context});
    unsetenv(what);
    if (!network) return std::move(network.error()).pass();
    Bench bench(file, config, **network, name, bandwidth);
    const std::string way = what[12] == 'L' ? "own" : "none kept";
    for (const int tokens : {512, 2048})
      if (Status s = bench.prefill(tokens, ", " + way); !s) return s;
  }
  return {};
}

Status run(const char* path, const char* name, bool wants_all_ways) {
  Expected<double> bandwidth = copy_bandwidth();
  if (!bandwidth) return std::move(bandwidth.error()).pass();
  fmt::print("{}\tcopy within the card\t\t\t\t{:.0f}\t100%\n", name, *bandwidth);
  Expected<ModelFile> file = ModelFile::open(path);
  if (!file) return std::move(file.error()).pass();
  Expected<ModelConfig> config = read_config(*file);
  if (!config) return std::move(config.error()).pass();
  const int context = std::min(kContextTokens, config->context_tokens);
  Expected<std::unique_ptr<CudaNetwork>> network = CudaNetwork::create(
      *file, *config, {.kv_blocks = kv_blocks_for(context) + 2, .context_tokens = context});
  if (!network) return std::move(network.error()).pass();

  Bench bench(*file, *config, **network, name, *bandwidth);
  for (const int depth : {0, 4096})
    if (depth < context)
      if (Status s = bench.decode(depth); !s) return s;
  for (const int tokens : {2, 4, 8, 32, 64})
    if (Status s = bench.verify(tokens); !s) return s;
  for (const int tokens : {128, 512, 1024, 2048, 8192})
    if (tokens <= context)
      if (Status s = bench.prefill(tokens); !s) return s;
  if (!wants_all_ways) return {};
  network->reset();
  return prompts_without_library(*file, *config, context, name, *bandwidth);
}

}  // namespace
}  // namespace curlew::model

int main(int argc, char** argv) {
  using namespace curlew::model;
  const std::string_view last = argc > 2 ? argv[argc - 1] : "";
  if (argc < 3 || argc > 4 || (argc == 4 && last != "all")) {
    fmt::print(stderr, "usage: cuda_bench MODEL.gguf NAME [all], or cuda_bench NAME kernels\n");
    return 2;
  }
  Status done;
  if (argc == 3 && last == "kernels") {
    done = measure_prompt_kernels(argv[1]);
  } else {
    done = run(argv[1], argv[2], argc == 4);
    if (done) done = run_requests(argv[1], argv[2]);
  }
  if (!done) fmt::print(stderr, "cuda_bench: {}\n", done.error().message());
  return done ? 0 : 1;
}

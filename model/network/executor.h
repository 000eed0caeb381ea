// Who does a network's arithmetic: this processor (cpu_executor.h) or a card (model/cuda). What
// model/decode is built on knows neither; it evaluates segments and reads logits.
//
// Narrow on purpose: one step, the memory of the past, adapters, and facts to show. Whatever a
// device can do better inside a step is its own affair. docs/adr/0007-executors.md says why this is
// the place to cut.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "kernels/ops.h"
#include "model/error.h"
#include "model/files/adapter_file.h"
#include "model/files/model_file.h"
#include "model/network/architecture.h"
#include "model/network/kv_cache.h"
#include "model/network/segment.h"

namespace curlew::model {

// A low-rank adapter, made ready for one executor.
class PlacedAdapter {
 public:
  virtual ~PlacedAdapter() = default;
  virtual const AdapterFile& file() const = 0;
  virtual std::size_t bytes() const = 0;  // beside the mapped file
};

// Holds the weights, the keys and values and the working memory of one network on one device, all
// taken when it is made. Not thread-safe but for name(), memory() and place().
class Executor {
 public:
  Executor() = default;
  virtual ~Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // The pool whose sequences it evaluates. Sequences do not outlive the executor.
  virtual KvPool& kv() = 0;

  // Appends every segment's ids to its sequence; no two segments share a sequence, and all ids
  // together are at most chunk_tokens().
  //   logits  [rows, n_vocab], the rows that the segments ask for without picks, in their order
  // False when the check said so: the sequences are then as they were. An Error is a fault of the
  // device: nothing that the executor holds is worth anything any more, and it is to be destroyed.
  virtual Expected<bool> forward(std::span<const Segment> segments, float* logits,
                                 const StopCheck& should_stop) = 0;
  virtual int chunk_tokens() const = 0;
  // Whether segments may have picks. Where logits are at hand anyway there is nothing to be had.
  virtual bool can_pick() const = 0;

  // What place() gives is for use() of the same executor. Null: no adapter from the next step on.
  virtual Expected<std::unique_ptr<PlacedAdapter>> place(AdapterFile file) const = 0;
  virtual void use(PlacedAdapter* adapter) = 0;

  struct Memory {
    std::size_t weight_bytes = 0;  // beside the mapped file
    std::size_t kv_bytes = 0, scratch_bytes = 0;
  };
  virtual Memory memory() const = 0;
  virtual std::string name() const = 0;  // "cpu: 2 threads, avx512-vnni"
};

struct ExecutorOptions {
  kernels::KvType kv_type = kernels::KvType::kF16;
  int kv_blocks = 0;       // of the pool; a block is kernels::kKvBlockTokens positions
  int kv_blocks_min = 0;   // what it may shrink to where memory is short; 0: to nothing less
  int context_tokens = 0;  // the longest sequence it will see
  std::function<void(float fraction)> on_progress;  // while loading; may be empty
};

// The cards of this machine, where the build knows how to use any (model/cuda/cards.h). Thread-safe.
class Cards {
 public:
  virtual ~Cards() = default;

  // The card that open() would take, in words: "NVIDIA H100 80GB HBM3 (sm_90), 78 of 79 GiB free".
  // Errors: kNotFound, saying what is missing: a card, a driver, a newer driver.
  virtual Expected<std::string> find() const = 0;

  // Loads the network onto the card. Errors beside those of find(): kUnsupported for what no card
  // runs yet, kOutOfMemory with the numbers. `file` and `config` outlive the executor.
  virtual Expected<std::unique_ptr<Executor>> open(const ModelFile& file, const ModelConfig& config,
                                                   const ExecutorOptions& options) const = 0;
};

}  // namespace curlew::model

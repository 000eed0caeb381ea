// What of a loaded model takes a device's memory, and its comings and goings.
//
// An executor, the tree over its cache and the stepper that drives both are a Runtime. There is at
// most one. It is started at load; given back when nobody needs it, and started again by the next
// who does; and replaced after a fault of the device, which ends those who were in it with an error
// and nobody else. Where the device is for us to choose and the card does not do (there is none, the
// network does not fit or is not for cards, it failed too often), it is this machine's processor,
// and facts() says why.
//
// Private to model/decode.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "model/decode/engine.h"
#include "model/decode/prefix_store.h"
#include "model/decode/prefix_tree.h"
#include "model/decode/stepper.h"
#include "model/network/executor.h"

namespace curlew::model {

struct Runtime {
  Runtime(std::unique_ptr<Executor> made, Arithmetic of, int n_vocab)
      : executor(std::move(made)),
        arithmetic(of),
        tree(executor->kv()),
        stepper(*executor, tree, n_vocab) {}

  const std::unique_ptr<Executor> executor;
  const Arithmetic arithmetic;
  // These are the stepper's, or of those it lets in between its steps.
  std::unique_ptr<PlacedAdapter> adapter;
  PrefixTree tree;
  std::uint64_t prefix_identity = 0;
  Stepper stepper;  // last: its thread uses all of the above
};

class RuntimeKeeper {
 public:
  struct Options {
    Device device = Device::kAuto;
    const Cards* cards = nullptr;
    std::chrono::milliseconds card_idle_max{0};  // 0: a card is kept
    int threads = 1;
    ExecutorOptions executor;
    std::filesystem::path adapter, prefix_file;
    std::size_t prefix_file_bytes_max = 0;
  };
  // Faults of a card after which it is left alone.
  static constexpr int kFaultsMax = 3;

  // What it refers to must outlive it. Starts nothing yet.
  RuntimeKeeper(const ModelFile& file, const ModelConfig& config, Options options);
  ~RuntimeKeeper();  // nobody uses a runtime

  // The runtime, started if need be: then it takes as long as loading does. Thread-safe, as is all
  // of this.
  Expected<std::shared_ptr<Runtime>> get();

  // Gives a card back, unless somebody uses it; what it had evaluated goes into the prefix file,
  // where there is one. False: there was nothing to give back, or it is in use.
  bool give_back();

  // As Engine says.
  Status use_adapter(const std::filesystem::path& path);
  Status store_prefixes();
  void clear_cache();
  // Of the first start.
  const Expected<int>& restored_tokens() const { return restored_tokens_; }

  struct Facts {
    std::string device, why_no_card;
    Executor::Memory memory;  // zero while there is no runtime
    std::string adapter;      // "": none in use
    std::size_t adapter_bytes = 0;
  };
  Facts facts() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Adapted = Expected<std::unique_ptr<PlacedAdapter>>;

  Expected<std::shared_ptr<Runtime>> start();
  Expected<std::unique_ptr<Runtime>> open();
  Expected<std::unique_ptr<Executor>> open_card(const ExecutorOptions& wanted) const;
  Expected<std::unique_ptr<Runtime>> furnish(std::unique_ptr<Executor> executor, Arithmetic of);
  Adapted open_adapter(const std::filesystem::path& path, const Executor& executor) const;
  std::uint64_t identity(const Runtime& runtime, const PlacedAdapter* adapter) const;
  Status store(Runtime& runtime) const;
  void release();
  std::shared_ptr<Runtime> current();
  void watch_idleness(const std::stop_token& quit);

  const ModelFile& file_;
  const ModelConfig& config_;
  const Options options_;

  std::mutex mutex_;  // held while a runtime is started: others who need it wait for it
  std::shared_ptr<Runtime> runtime_;
  std::chrono::steady_clock::time_point last_use_;
  int faults_ = 0;
  std::optional<Error> last_fault_;
  bool was_started_ = false;
  Expected<int> restored_tokens_ = 0;  // never changes after the first start

  mutable std::mutex facts_mutex_;  // never held while another is taken
  Facts facts_;
  std::filesystem::path adapter_path_;  // guarded by facts_mutex_

  std::mutex gone_mutex_;
  std::condition_variable gone_;
  int alive_ = 0;  // guarded by gone_mutex_: runtimes that were not destroyed yet

  std::condition_variable_any idle_;
  std::jthread watch_;  // last: it uses all of the above. Only where a card may be given back.
};

}  // namespace curlew::model

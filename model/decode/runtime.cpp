#include "model/decode/runtime.h"

#include <new>

#include "model/decode/prefix_store.h"
#include "model/network/cpu_executor.h"

namespace curlew::model {

using Clock = std::chrono::steady_clock;

RuntimeKeeper::RuntimeKeeper(const ModelFile& file, const ModelConfig& config, Options options)
    : file_(file),
      config_(config),
      options_(std::move(options)),
      last_use_(Clock::now()),
      adapter_path_(options_.adapter) {
  if (options_.card_idle_max.count() > 0 && options_.device != Device::kCpu)
    watch_ = std::jthread([this](const std::stop_token& quit) { watch_idleness(quit); });
}

RuntimeKeeper::~RuntimeKeeper() {
  watch_ = {};
  release();
}

Expected<std::shared_ptr<Runtime>> RuntimeKeeper::get() {
  Lock lock(mutex_);
  last_use_ = Clock::now();
  if (runtime_) {
    const std::optional<Error> fault = runtime_->stepper.fault();
    if (!fault) return runtime_;
    ++faults_;
    last_fault_ = fault;
    release();
  }
  return start();
}

// With mutex_ held.
Expected<std::shared_ptr<Runtime>> RuntimeKeeper::start() try {
  Expected<std::unique_ptr<Runtime>> made = open();
  if (!made) return std::move(made.error()).pass();
  {
    std::lock_guard gone_lock(gone_mutex_);
    ++alive_;
  }
  runtime_ = std::shared_ptr<Runtime>(made->release(), [this](Runtime* runtime) {
    delete runtime;
    std::lock_guard gone_lock(gone_mutex_);
    --alive_;
    gone_.notify_all();
  });
  was_started_ = true;
  idle_.notify_all();
  return runtime_;
} catch (const std::bad_alloc&) {
  return fail(Errc::kOutOfMemory, "not enough memory");
}

// On the card where that is wanted and can be, else here.
Expected<std::unique_ptr<Runtime>> RuntimeKeeper::open() {
  ExecutorOptions wanted = options_.executor;
  if (was_started_) wanted.on_progress = nullptr;  // who loaded the engine waits no more
  std::string why_no_card;
  Expected<std::unique_ptr<Runtime>> runtime = nullptr;
  if (options_.device != Device::kCpu) {
    Expected<std::unique_ptr<Executor>> card = open_card(wanted);
    runtime = card ? furnish(std::move(*card), Arithmetic::kCard)
                   : Expected<std::unique_ptr<Runtime>>(std::move(card.error()).pass());
    if (!runtime && options_.device == Device::kCuda)
      return std::move(runtime.error()).during("device 'cuda'");
    if (!runtime) why_no_card = runtime.error().message();
  }
  if (!runtime || *runtime == nullptr) {
    Expected<std::unique_ptr<Executor>> cpu =
        CpuExecutor::open(file_, config_, wanted, options_.threads);
    if (!cpu) return std::move(cpu.error()).pass();
    runtime = furnish(std::move(*cpu), Arithmetic::kCpu);
  }
  if (!runtime) return runtime;
  const Executor& executor = *(*runtime)->executor;
  std::lock_guard lock(facts_mutex_);
  facts_.device = executor.name();
  facts_.why_no_card = std::move(why_no_card);
  facts_.memory = executor.memory();
  return runtime;
}

Expected<std::unique_ptr<Executor>> RuntimeKeeper::open_card(const ExecutorOptions& wanted) const {
  if (options_.cards == nullptr)
    return fail(Errc::kUnsupported, "this build has no engine for cards");
  if (faults_ >= kFaultsMax)
    return fail(Errc::kInternal, "the card failed {} times, the last time with: {}", faults_,
                last_fault_->message());
  return options_.cards->open(file_, config_, wanted);
}

// With its adapter and what the prefix file holds.
Expected<std::unique_ptr<Runtime>> RuntimeKeeper::furnish(std::unique_ptr<Executor> executor,
                                                          Arithmetic arithmetic) {
  std::filesystem::path path;
  {
    std::lock_guard lock(facts_mutex_);
    path = adapter_path_;
  }
  auto r = std::make_unique<Runtime>(std::move(executor), arithmetic, config_.n_vocab);
  Adapted adapter = open_adapter(path, *r->executor);
  if (!adapter) return std::move(adapter.error()).pass();
  r->adapter = std::move(*adapter);
  r->executor->use(r->adapter.get());
  if (!options_.prefix_file.empty()) {
    r->prefix_identity = identity(*r, r->adapter.get());
    Expected<int> tokens =
        restore_prefixes(options_.prefix_file, r->tree, r->executor->kv(), r->prefix_identity);
    if (!was_started_) restored_tokens_ = std::move(tokens);
  }
  std::lock_guard lock(facts_mutex_);
  facts_.adapter = r->adapter ? r->adapter->file().name() : "";
  facts_.adapter_bytes = r->adapter ? r->adapter->bytes() : 0;
  return r;
}

RuntimeKeeper::Adapted RuntimeKeeper::open_adapter(const std::filesystem::path& path,
                                                   const Executor& executor) const {
  if (path.empty()) return nullptr;
  Expected<AdapterFile> opened = AdapterFile::open(path, file_);
  if (!opened) return std::move(opened.error()).pass();
  return executor.place(std::move(*opened));
}

std::uint64_t RuntimeKeeper::identity(const Runtime& runtime, const PlacedAdapter* adapter) const {
  const auto parts = adapter != nullptr ? std::span<const LowRank>(adapter->file().parts())
                                        : std::span<const LowRank>();
  return prefix_identity(file_, kv_shape(config_, options_.executor.kv_type), parts,
                         runtime.arithmetic);
}

// With mutex_ held. Returns when the runtime's memory is free: whoever was in it is on his way out.
void RuntimeKeeper::release() {
  runtime_.reset();
  Lock lock(gone_mutex_);
  gone_.wait(lock, [&] { return alive_ == 0; });
  std::lock_guard facts_lock(facts_mutex_);
  facts_.memory = {};
}

bool RuntimeKeeper::give_back() {
  std::lock_guard lock(mutex_);
  if (!runtime_ || runtime_->arithmetic == Arithmetic::kCpu || runtime_.use_count() > 1)
    return false;
  (void)store(*runtime_);  // a cache: what cannot be kept is evaluated again
  release();
  return true;
}

// Without starting one.
std::shared_ptr<Runtime> RuntimeKeeper::current() {
  std::lock_guard lock(mutex_);
  return runtime_;
}

Status RuntimeKeeper::use_adapter(const std::filesystem::path& path) {
  Expected<std::shared_ptr<Runtime>> got = get();
  if (!got) return std::move(got.error()).pass();
  Runtime& r = **got;
  Adapted next = open_adapter(path, *r.executor);
  if (!next) return std::move(next.error()).pass();
  const std::uint64_t id = options_.prefix_file.empty() ? 0 : identity(r, next->get());
  r.stepper.change_network([&] {
    r.executor->use(next->get());
    r.adapter.swap(*next);
    r.prefix_identity = id;
    std::lock_guard lock(facts_mutex_);
    adapter_path_ = path;
    facts_.adapter = r.adapter ? r.adapter->file().name() : "";
    facts_.adapter_bytes = r.adapter ? r.adapter->bytes() : 0;
  });
  return {};
}

Status RuntimeKeeper::store_prefixes() {
  const std::shared_ptr<Runtime> runtime = current();
  return runtime ? store(*runtime) : Status{};
}

void RuntimeKeeper::clear_cache() {
  if (const std::shared_ptr<Runtime> runtime = current())
    runtime->stepper.between_steps([&] { runtime->tree.clear(); });
}

Status RuntimeKeeper::store(Runtime& runtime) const {
  if (options_.prefix_file.empty() || runtime.stepper.fault()) return {};
  Status done;
  runtime.stepper.between_steps([&] {
    done = save_prefixes(options_.prefix_file, runtime.tree, runtime.executor->kv(),
                         runtime.prefix_identity, options_.prefix_file_bytes_max);
  });
  return done;
}

RuntimeKeeper::Facts RuntimeKeeper::facts() const {
  std::lock_guard lock(facts_mutex_);
  return facts_;
}

// Looks a few times within the time allowed, so that the end of a long use is seen roughly.
void RuntimeKeeper::watch_idleness(const std::stop_token& quit) {
  constexpr int kLooks = 4;
  while (!quit.stop_requested()) {
    bool is_idle = false;
    {
      Lock lock(mutex_);
      idle_.wait(lock, quit, [&] { return runtime_ && runtime_->arithmetic == Arithmetic::kCard; });
      idle_.wait_for(lock, quit, options_.card_idle_max / kLooks, [] { return false; });
      if (quit.stop_requested()) return;
      if (runtime_.use_count() > 1) last_use_ = Clock::now();
      is_idle = Clock::now() - last_use_ >= options_.card_idle_max;
    }
    if (is_idle) give_back();
  }
}

}  // namespace curlew::model

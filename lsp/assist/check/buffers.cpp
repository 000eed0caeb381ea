#include "lsp/assist/check/buffers.h"

namespace curlew::assist {
namespace {

class BuffersChecker final : public Checker {
 public:
  BuffersChecker(Checker& base, Changes buffers) : base_(base), buffers_(std::move(buffers)) {}
  BuffersChecker(std::unique_ptr<Checker> base, Changes buffers)
      : own_(std::move(base)), base_(*own_), buffers_(std::move(buffers)) {}

  std::unique_ptr<Checker> another() override {
    std::unique_ptr<Checker> other = base_.another();
    return other ? std::make_unique<BuffersChecker>(std::move(other), buffers_) : nullptr;
  }

  Expected<std::string> text(const std::string& path) override {
    if (const auto open = buffers_.find(path); open != buffers_.end()) return open->second;
    return base_.text(path);
  }
  void limit_runs(std::chrono::milliseconds wall) override { base_.limit_runs(wall); }
  bool focus_on(const Diagnostic* failure) override { return base_.focus_on(failure); }
  Expected<CheckResult> check(const Changes& changes, std::stop_token stop) override {
    return base_.check(on_buffers(changes), std::move(stop));
  }
  bool can_trace() const override { return base_.can_trace(); }
  bool can_rehearse() const override { return base_.can_rehearse(); }
  bool can_vary() const override { return base_.can_vary(); }
  bool varies_scripts() const override { return base_.varies_scripts(); }
  Expected<std::vector<std::string>> compiled(const Changes& changes,
                                              std::stop_token stop) override {
    return base_.compiled(on_buffers(changes), std::move(stop));
  }
  Expected<std::vector<TestTrace>> trace(const Changes& changes,
                                         const std::vector<std::string>& failing,
                                         std::chrono::milliseconds limit,
                                         std::stop_token stop) override {
    return base_.trace(on_buffers(changes), failing, limit, std::move(stop));
  }
  Expected<std::vector<Rehearsed>> rehearse(const Changes& before, std::span<const Changes> changes,
                                            const std::vector<std::string>& tests,
                                            std::chrono::milliseconds limit,
                                            std::stop_token stop) override {
    std::vector<Changes> all;
    for (const Changes& each : changes) all.push_back(on_buffers(each));
    return base_.rehearse(on_buffers(before), all, tests, limit, std::move(stop));
  }
  Expected<CheckResult> check_afresh(const Changes& changes, std::stop_token stop) override {
    return base_.check_afresh(on_buffers(changes), std::move(stop));
  }

 private:
  Changes on_buffers(const Changes& changes) const {
    Changes all = changes;
    all.insert(buffers_.begin(), buffers_.end());  // keeps what is there
    return all;
  }

  const std::unique_ptr<Checker> own_;  // of one made by another()
  Checker& base_;
  const Changes buffers_;
};

}  // namespace

Expected<std::unique_ptr<Checker>> make_buffers_checker(Checker& base, const Changes& buffers) {
  Changes differing;
  for (const auto& [path, text] : buffers) {
    const Expected<std::string> on_disk = base.text(path);
    if (!on_disk) {
      if (on_disk.error().kind() == Errc::kNotFound) continue;
      return tl::unexpected<Error>(on_disk.error());
    }
    if (*on_disk != text) differing[path] = text;
  }
  return std::make_unique<BuffersChecker>(base, std::move(differing));
}

}  // namespace curlew::assist

#include "lsp/assist/check/check_files.h"

#include <algorithm>

namespace curlew::assist {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kTitlesNamedMax = 3;

class FilesChecker {
 public:
  FilesChecker(const FilesCheckRequest& request, std::stop_token stop)
      : request_(request), stop_(std::move(stop)), began_(Clock::now()) {}

  Expected<FilesCheck> run() {
    if (Status found = add(request_.path); !found) return std::move(found.error()).pass();
    for (const auto& [path, text] : request_.after)
      if (path != request_.path)
        if (Status found = add(path); !found) leave(path, found.error().message());
    if (!request_.may_run && !checks_.empty()) {
      out_.said = fmt::format("{} is not run: the workspace is not trusted (curlew trust)",
                              checks_.front().title);
      return std::move(out_);
    }
    for (std::size_t i = 0; i < checks_.size(); ++i)
      if (Status ran = run_one(i); !ran) return std::move(ran.error()).pass();
    if (out_.passed) out_.said = titles();
    if (out_.said.empty()) out_.said = "there is no check for such files";
    return std::move(out_);
  }

 private:
  void leave(const std::string& path, const std::string& why) {
    out_.unchecked.push_back(path + ": " + why);
  }

  Status add(const std::string& path) {
    auto check = find_check(request_.root, path, request_.rules);
    if (!check) return std::move(check.error()).pass();
    if (!*check) {
      leave(path, "there is no check for such files");
      return {};
    }
    const auto known = std::ranges::find(checks_, **check);
    const auto idx = static_cast<std::size_t>(known - checks_.begin());
    if (known == checks_.end()) {
      checks_.push_back(std::move(**check));
      files_.emplace_back();
    }
    files_[idx].push_back(path);
    return {};
  }

  void leave_all(std::size_t idx, const std::string& why) {
    for (const std::string& path : files_[idx]) leave(path, why);
  }

  Status run_one(std::size_t idx) {
    if (ran_.size() == kFileChecksMax) {
      leave_all(idx, fmt::format("{} checks are run at most", kFileChecksMax));
      return {};
    }
    if (Clock::now() - began_ > request_.budget) {
      leave_all(idx, "there was no time left");
      return {};
    }
    auto checked = check_edit(request_.root, checks_[idx], request_.buffers, request_.after, stop_);
    if (!checked) {
      if (checked.error().kind() == Errc::kCancelled) return std::move(checked.error()).pass();
      leave_all(idx, checked.error().message());
      if (!out_.passed && out_.said.empty()) out_.said = checked.error().message();
      return {};
    }
    ran_.push_back(checks_[idx].title);
    out_.passed = out_.passed.value_or(true) && checked->passed;
    for (Diagnostic& complaint : checked->fresh) {
      const bool is_known = std::ranges::any_of(out_.fresh, [&](const Diagnostic& other) {
        return other.place.path == complaint.place.path &&
               other.place.line == complaint.place.line && other.message == complaint.message;
      });
      if (!is_known) out_.fresh.push_back(std::move(complaint));
    }
    return {};
  }

  std::string titles() const {
    std::vector<std::string> different;
    for (const std::string& title : ran_)
      if (std::ranges::find(different, title) == different.end()) different.push_back(title);
    std::string all;
    for (std::size_t i = 0; i < std::min(different.size(), kTitlesNamedMax); ++i)
      all += (i == 0 ? "" : ", ") + different[i];
    if (ran_.size() > 1)
      all += fmt::format(" ({} files)", request_.after.size() - out_.unchecked.size());
    return all;
  }

  const FilesCheckRequest& request_;
  const std::stop_token stop_;
  const Clock::time_point began_;
  std::vector<CheckCommand> checks_;
  std::vector<std::vector<std::string>> files_;  // of each
  std::vector<std::string> ran_;                 // titles
  FilesCheck out_;
};

}  // namespace

Expected<FilesCheck> check_files(const FilesCheckRequest& request, std::stop_token stop) {
  return FilesChecker(request, std::move(stop)).run();
}

}  // namespace curlew::assist

#include "lsp/assist/check/check_edit.h"

#include <algorithm>

#include "lsp/assist/check/buffers.h"

namespace curlew::assist {

Expected<EditCheck> check_edit(const std::filesystem::path& root, const CheckCommand& check,
                               const Changes& buffers, const Changes& after, std::stop_token stop) {
  auto on_disk =
      make_sandbox_checker({.workspace = root, .readable = check.readable}, check.command);
  if (!on_disk) return std::move(on_disk.error()).pass();
  auto checker = make_buffers_checker(**on_disk, buffers);
  if (!checker) return std::move(checker.error()).pass();
  const Expected<CheckResult> before = (*checker)->check({}, stop);
  if (!before) return tl::unexpected<Error>(before.error());
  Expected<CheckResult> now = (*checker)->check(after, stop);
  if (!now) return std::move(now.error()).pass();
  const auto count = [](const std::vector<Diagnostic>& all, const Diagnostic& one) {
    return std::ranges::count_if(all, [&](const Diagnostic& d) { return same_complaint(d, one); });
  };
  EditCheck result;
  for (Diagnostic& diagnostic : now->diagnostics)
    if (count(now->diagnostics, diagnostic) > count(before->diagnostics, diagnostic))
      result.fresh.push_back(diagnostic);
  // A check that fails without naming a reason, where it did not fail before, is no pass either.
  result.passed = result.fresh.empty() && (now->passed() || !before->passed()) &&
                  now->end == sandbox::CommandEnd::kExited;
  return result;
}

}  // namespace curlew::assist

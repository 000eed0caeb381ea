#include "lsp/assist/check/check_edit.h"

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
  const Expected<CheckResult> now = (*checker)->check(after, stop);
  if (!now) return tl::unexpected<Error>(now.error());
  EditCheck result;
  result.fresh = new_complaints(before->diagnostics, now->diagnostics);
  // A check that fails without naming a reason, where it did not fail before, is no pass either.
  result.passed = result.fresh.empty() && (now->passed() || !before->passed()) &&
                  now->end == sandbox::CommandEnd::kExited;
  return result;
}

}  // namespace curlew::assist

// Errors of the sandbox: values, never exceptions.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace curlew::sandbox {

enum class Errc {
  kInvalidInput,  // a path that leads out of the workspace, an empty command
  kNotFound,
  kUnavailable,  // this machine has no way to isolate a command
  kIo,
  kCancelled,
};

class [[nodiscard]] Error {
 public:
  Error(Errc kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  Errc kind() const { return kind_; }
  const std::string& message() const { return message_; }

  tl::unexpected<Error> during(std::string_view what) && {
    message_ = fmt::format("{}: {}", what, message_);
    return tl::unexpected<Error>(std::move(*this));
  }
  tl::unexpected<Error> pass() && { return tl::unexpected<Error>(std::move(*this)); }

 private:
  Errc kind_;
  std::string message_;
};

template <class T>
using Expected = tl::expected<T, Error>;
using Status = Expected<void>;

template <class... Args>
tl::unexpected<Error> fail(Errc kind, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error(kind, fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace curlew::sandbox

// Errors of the indexer wing: values, never exceptions.
//
//   Expected<Store> s = Store::open(path);
//   if (!s) return std::move(s.error()).during("open index");   // on the way up: say what *you*
//   were doing return fail(Errc::kCorrupt, "{}: written by format {}", path, version);
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace curlew::indexer {

enum class Errc {
  kInvalidInput,  // the caller asked for something that makes no sense
  kNotFound,
  kCorrupt,  // bytes from outside that break their format's rules
  kIo,
  kCancelled,
  kInternal,
};

class [[nodiscard]] Error {
 public:
  Error(Errc kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  Errc kind() const { return kind_; }
  const std::string& message() const { return message_; }

  // Prefixes the message with what the caller was doing, and hands the error on.
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

}  // namespace curlew::indexer
